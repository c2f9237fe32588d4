/// \file
/// An optimizer's state for a model, and how it moves the model along a gradient of the same type.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../../models/parameters.hpp"
#include "../../optimizers/optimizer.hpp"

namespace harmonium {

/// Moments, each of the model's type, and a count of steps.
template <class Model>
class OptimizerState {
 public:
  OptimizerState() = default;
  /// All moments are zero.
  template <class Policy>
  OptimizerState(const Model& model, const Policy& optimizer)
      : moments_(static_cast<std::size_t>(
                     detail::visit_policy([](const auto& o) { return o.moments; }, optimizer)),
                 zeros_like(model)) {}

  /// One step uphill by the optimizer's rule. Weights shrink by the fraction `weight_decay` times the step
  /// size (`step_size_at`), and an L1 penalty sets them to exactly 0 where the gradient is not stronger.
  /// `rate_share` multiplies the rate.
  template <class Policy>
  void step(const typename Model::Backend& on, const Policy& optimizer, double progress, double weight_decay,
            double l1, const Model& gradient, Model& model, double rate_share = 1) {
    using T = ScalarOf<typename Model::Backend>;
    ++steps_;
    const double size = weight_decay > 0 || l1 > 0 ? rate_share * step_size_at(optimizer, progress) : 0;
    const T keep = static_cast<T>(std::max(0.0, 1 - size * weight_decay));
    detail::visit_policy(
        [&]<class O>(const O& o) {
          auto rule = o.template rule<T>(steps_ - forgotten_at_.value_or(0), progress);
          if constexpr (requires { rule.rate; }) rule.rate *= static_cast<T>(rate_share);
          const auto move = [&](const ParameterName&, Role role, auto w, auto g, auto... m) {
            const detail::DecayingRule<decltype(rule), T> decaying{rule, role == Role::weight ? keep : T(1)};
            if (role == Role::weight && l1 > 0) {
              on.update(detail::ShrinkingRule<decltype(rule), T>{decaying, static_cast<T>(l1),
                                                                 static_cast<T>(size)},
                        w, g, m...);
            } else {
              on.update(decaying, w, g, m...);
            }
          };
          [&]<std::size_t... I>(std::index_sequence<I...>) {
            for_each_parameter(move, model, gradient, moments_[I]...);
          }
          (std::make_index_sequence<static_cast<std::size_t>(O::moments)>{});
        },
        optimizer);
  }
  /// Calls f(power, moment) for each moment of an optimizer that says how they depend on a parameter's unit
  /// of measurement (`moment_powers`, see optimizers/optimizer.hpp).
  template <class Policy, class F>
  void for_each_moment(const Policy& optimizer, const F& f) {
    detail::visit_policy(
        [&]<class O>(const O&) {
          if constexpr (requires { O::moment_powers[0]; })
            for (std::size_t i = 0; i < moments_.size(); ++i) f(O::moment_powers[i], moments_[i]);
        },
        optimizer);
  }
  /// Restarts: moments are 0, and the optimizer's rule counts its steps from here.
  void forget(const typename Model::Backend& on) {
    for (Model& moment : moments_) set_zero(on, moment);
    forgotten_at_ = steps_;
  }
  /// Number of steps taken.
  std::uint64_t steps() const { return steps_; }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("steps", steps_);
    for (std::size_t i = 0; i < moments_.size(); ++i) f("moments." + std::to_string(i), moments_[i]);
  }
  /// The step at which it restarted, if it has, which only trainers that may refuse an update need to save.
  std::optional<std::uint64_t>& forgotten_at() { return forgotten_at_; }

 private:
  std::vector<Model> moments_;
  std::uint64_t steps_ = 0;
  std::optional<std::uint64_t> forgotten_at_;
};

}  // namespace harmonium
