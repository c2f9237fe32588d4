/// \file
/// The negative phase: chains under any policy, from their start to their metrics. Only this file asks what a
/// policy offers (see chains.hpp for the list).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../core/policy.hpp"
#include "../../inference/autocorrelation.hpp"
#include "../gradient/phase_weights.hpp"
#include "../objective.hpp"
#include "chains.hpp"

namespace harmonium {

/// The chains of a `Model` under a `Policy`, one of several types or a variant of them. Their states are in
/// the caller's memory.
template <class Model, class Policy>
class NegativePhase {
  using B = typename Model::Backend;
  using StateView = typename Model::StateView;
  using Memories = detail::ChainsMemory<Policy, Model>;

 public:
  static constexpr bool may_refuse = Memories::may_refuse;          ///< may a policy reject an update?
  static constexpr bool may_know_log_z = Memories::may_know_log_z;  ///< may a policy estimate log Z?

  /// \throws ValueError if an option of the policy is out of range, or its chains do not suit this model
  NegativePhase(const Policy& policy, const Model& model)
      : policy_(policy), memory_(Memories::make(policy, model)) {}

  /// Number of chains for a batch of n samples.
  Index count(Index n) const {
    return visit([&](const auto& policy, const auto& memory) {
      if constexpr (requires { memory.count(n); }) {
        return memory.count(n);
      } else {
        return policy.count(n);
      }
    });
  }
  /// Does chain i belong to sample i?
  bool follows_data() const {
    return visit([]<class P>(const P&, const auto&) { return detail::follows_data<P>; });
  }

  /// May the products of its steps, and of the statistics, round their factors?
  bool may_round() const {
    return visit([]<class P>(const P&, const auto&) { return detail::may_round<P>; });
  }

  /// Moves the chains by `steps` steps for an update; before the first one they start at samples of the
  /// visible layer. `data` is the batch, up to date with the model.
  void advance(const B& on, const Model& model, const Update& update, StateView data, StateView chains,
               typename Model::Workspace& work, int steps, Draws draws) {
    visit([&]<class P>(const P&, auto& memory) {
      // Not before the first update, so that chains start from the visible biases that `fit` may have set.
      if (update.step == 0) {
        start(on, model, chains, {.seed = draws.seed});
        if constexpr (requires { memory.begin(on, model, chains, draws); })
          memory.begin(on, model, chains, {.seed = draws.seed});
      }
      constexpr bool go_on = !weighs<decltype(memory)> && !detail::follows_data<P>;
      if constexpr (go_on)
        if (update.last_of_epoch) autocorrelation_.remember(on, chains.visible);
      memory.advance(on, model, data, chains, work, steps, draws);
    });
  }
  /// Chains that are not weighted equally set their own weights, which sum to minus `total`.
  void weigh(const B& on, double total, Index chains, detail::PhaseWeights<B>& weights) {
    visit([&](const auto&, auto& memory) {
      if constexpr (weighs<decltype(memory)>) memory.weigh(on, total, weights.overwritten(chains));
    });
  }
  /// A policy may know expectations in closed form, and subtracts them from the gradient.
  void subtract(const B& on, const Model& model, Model& gradient) {
    visit([&](const auto&, auto& memory) {
      if constexpr (requires { memory.subtract(on, model, gradient); }) memory.subtract(on, model, gradient);
    });
  }
  /// Chains may learn from the difference between the phases, too.
  void learned(const B& on, const Model& gradient) {
    visit([&](const auto&, auto& memory) {
      if constexpr (requires { memory.learned(on, gradient); }) memory.learned(on, gradient);
    });
  }
  /// Is the model that an update produced rejected?
  bool refuses(const B& on, const Model& model) requires may_refuse {
    return visit([&](const auto&, auto& memory) {
      if constexpr (requires { memory.refuses(on, model); }) return memory.refuses(on, model);
      return false;
    });
  }
  /// The model that then replaces it.
  const Model& fallback() const requires may_refuse {
    const Model* model = nullptr;
    visit([&](const auto&, const auto& memory) {
      if constexpr (requires { memory.fallback(); }) model = &memory.fallback();
    });
    return *model;
  }

  /// The factor by which the policy reduces the learning rate.
  double rate_share() const {
    return visit([](const auto&, const auto& memory) {
      if constexpr (requires { memory.rate_share(); }) return memory.rate_share();
      return 1.0;
    });
  }
  /// The policy's estimate of log Z, from the chains of the last update.
  std::optional<LogZEstimate> log_z(const B& on, const Model& model,
                                    StateView chains) requires may_know_log_z {
    return visit([&](const auto&, auto& memory) -> std::optional<LogZEstimate> {
      if constexpr (requires { memory.log_z(on, model, chains); }) return memory.log_z(on, model, chains);
      return {};
    });
  }

  /// After an epoch: `chain_autocorrelation` for chains that persist, and the policy's own metrics.
  void report(const B& on, ConstViewOf<B> visible,
              std::vector<std::pair<std::string, double>>& metrics) const {
    if (const Index moved = autocorrelation_.chains(); moved > 0)
      metrics.emplace_back("chain_autocorrelation", autocorrelation_.of(on, visible.columns(0, moved)));
    visit([&](const auto&, const auto& memory) {
      if constexpr (requires { memory.report(metrics); }) memory.report(metrics);
    });
  }

  /// The policy's state (a variant, if the policy is one), such as the ladder of `Tempered`.
  const typename Memories::type& memory() const { return memory_; }

  /// Its state, including the chains' states, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f, StateView chains) {
    visit([&]<class P>(const P&, auto& memory) {
      if constexpr (!detail::follows_data<P>) f("chains", chains);
      if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(memory)>, P>) {
        static_assert(
            requires { memory.for_each_state(f); },
            "chains with a memory must list its state: for_each_state(f), see "
            "training/run/run_state.hpp");
        f(P::name, memory);
      }
    });
  }

 private:
  template <class Memory>
  static constexpr bool weighs = requires(std::remove_reference_t<Memory>& memory, const B& on,
                                          ViewOf<B> out) {
    memory.weigh(on, 1.0, out);
  };

  // f(policy, its memory)
  template <class F>
  decltype(auto) visit(F&& f) {
    return visit_both(*this, std::forward<F>(f));
  }
  template <class F>
  decltype(auto) visit(F&& f) const {
    return visit_both(*this, std::forward<F>(f));
  }
  template <class Self, class F>
  static decltype(auto) visit_both(Self& self, F&& f) {
    return detail::visit_policy(
        [&]<class P>(const P& policy) -> decltype(auto) {
          if constexpr (detail::is_variant<Policy>) {
            using Memory = typename detail::ChainsMemory<P, Model>::type;
            return f(policy, *std::get_if<Memory>(&self.memory_));
          } else {
            return f(policy, self.memory_);
          }
        },
        self.policy_);
  }

  Policy policy_;
  typename Memories::type memory_;
  Autocorrelation<B> autocorrelation_;
};

}  // namespace harmonium
