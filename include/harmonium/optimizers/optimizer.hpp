/// \file
/// What an optimizer is. An optimizer is a value: options, the number of `moments` that it stores per
/// parameter, and `rule<T>(step, progress)`, the update of one number. Gradients point uphill.
///
/// It may say `moment_powers`: what each moment is multiplied by, as a power of s, when a parameter is from
/// then on s times what it was because something is measured in another unit: 1 for steps, -1 for gradients,
/// -2 for their squares. Otherwise moments stay what they are.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "../core/error.hpp"
#include "../core/policy.hpp"
#include "adam.hpp"
#include "momentum.hpp"
#include "nesterov.hpp"
#include "sgd.hpp"

namespace harmonium {

/// An optimizer, as described at the top of this file.
template <class O>
concept Optimizer = std::copyable<O> && requires(const O& optimizer) {
  { O::moments } -> std::convertible_to<int>;
  optimizer.template rule<float>(std::uint64_t{1}, 0.5);
  { optimizer.rate.at(0.5) } -> std::convertible_to<double>;
};
static_assert(Optimizer<Momentum> && Optimizer<Adam> && Optimizer<Nesterov> && Optimizer<Sgd>);

/// The optimizers that come with the library.
using AnyOptimizer = std::variant<Momentum, Adam, Nesterov, Sgd>;

namespace detail {
/// The progress as text; empty at the start.
inline std::string when(double progress) {
  return progress == 0 ? "" : " after " + std::to_string(static_cast<int>(100 * progress)) + " % of the run";
}

/// A rule, before which a number goes to `keep` of itself (decoupled weight decay: Loshchilov and Hutter,
/// 2019).
template <class Rule, class T>
struct DecayingRule {
  Rule rule;
  T keep;
  template <class... Moments>
  constexpr void operator()(T& w, T gradient, Moments&... moments) const {
    T moved = w * keep;  // not in place: compilers would read everything again after each write
    rule(moved, gradient, moments...);
    w = moved;
  }
};

/// The same, after which the number goes towards 0, where it stays, by `l1` times how far a gradient of 1
/// would move it (the proximal step of an L1 penalty in the rule's own metric). That is `step`, unless the
/// rule knows better. A rule of its own, since it takes Adam twice the time.
template <class Rule, class T>
struct ShrinkingRule {
  DecayingRule<Rule, T> decaying;
  T l1, step;
  template <class... Moments>
  constexpr void operator()(T& w, T gradient, Moments&... moments) const {
    const Rule& rule = decaying.rule;
    T moved = w;
    decaying(moved, gradient, moments...);
    T threshold = l1 * step;
    if constexpr (requires { rule.step_size(moments...); }) threshold = l1 * rule.step_size(moments...);
    w = moved - (moved > threshold ? threshold : moved < -threshold ? -threshold : moved);
  }
};
}  // namespace detail

/// How far a steady gradient of 1 moves a parameter per update: the rate, unless the optimizer says
/// otherwise. Weights shrink in proportion to it, so that a penalty is weighed against the gradient as its
/// definition says.
template <class Policy>
double step_size_at(const Policy& optimizer, double progress) {
  return detail::visit_policy(
      [&](const auto& o) {
        if constexpr (requires { o.step_size(progress); }) return static_cast<double>(o.step_size(progress));
        return static_cast<double>(o.rate.at(progress));
      },
      optimizer);
}

/// The rate that a policy uses at this progress.
template <class Policy>
double rate_at(const Policy& optimizer, double progress) {
  return detail::visit_policy([&](const auto& o) { return static_cast<double>(o.rate.at(progress)); },
                              optimizer);
}

/// \throws ValueError if the rate or momentum is out of range, at the start of the run or at one of its
/// quarters
template <class Policy>
void check_optimizer(const Policy& optimizer) {
  detail::visit_policy(
      [](const auto& o) {
        for (const double progress : {0.0, 0.25, 0.5, 0.75, 1.0}) {
          const double rate = o.rate.at(progress);
          check<ValueError>(rate >= 0 && rate < 1e6, "optimizer: rate is ", rate, detail::when(progress),
                            ", expected a number of at least 0");
          if constexpr (requires { o.momentum.at(progress); }) {
            const double momentum = o.momentum.at(progress);
            check<ValueError>(momentum >= 0 && momentum < 1, "optimizer: momentum is ", momentum,
                              detail::when(progress), ", expected at least 0 and less than 1");
          }
        }
        if constexpr (requires { o.check(); }) o.check();
      },
      optimizer);
}

}  // namespace harmonium
