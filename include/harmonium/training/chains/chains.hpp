/// \file
/// Where the negative phase of contrastive divergence comes from. A policy is a value: options, a `name`, and
///
/// function | is
/// ---|---
/// `count(batch)` | the number of chains for a batch of n samples
/// `advance(on, model, data, chains, work, steps, draws)` | moves the chains by `steps` steps
/// `follows_data = true` | optional: chain i belongs to sample i, and has the same weight
/// `may_round = true` | optional: the factors of its products may be rounded (`Precision::mixed`)
///
/// The chains' input is that of the model before the last update: a policy calls `refresh` first.
///
/// A policy with more state than that of the chains keeps it in `Policy::Memory<Model>`, constructed from
/// policy and model, which has `advance` in place of the policy, and
///
/// function | is
/// ---|---
/// `for_each_state(f)` | its state, for resuming (training/run/run_state.hpp)
/// `count(batch)` | optional, in place of the policy's: the model determines the number of chains
/// `begin(on, model, chains, draws)` | optional: where the chains start
/// `weigh(on, total, weights)` | optional: after `advance`, sets the chains' weights, which sum to -total
/// `subtract(on, model, gradient)` | optional: subtracts expectations that it knows without chains
/// `learned(on, gradient)` | optional: receives the gradient (samples minus chains) at each update
/// `refuses(on, model)`, `fallback()` | optional: rejects a model, and replaces it
/// `rate_share()` | optional: a factor of the learning rate
/// `log_z(on, model, chains)` | optional: an estimate of log Z, or nothing, after each epoch
/// `report(metrics)` | optional: adds its metrics, after each epoch
#pragma once

#include <variant>

#include "../../core/variant.hpp"
#include "data_chains.hpp"
#include "exact.hpp"
#include "fast_weights.hpp"
#include "persistent.hpp"
#include "tempered.hpp"
#include "trajectory.hpp"

namespace harmonium {

/// The policies that come with the library. The first is the default: persistent chains with the default
/// rate, which falls, model data better than CD-k at the same cost (examples/guide/defaults.md).
using AnyChains = std::variant<Persistent, DataChains, FastWeights, Tempered, Exact>;

namespace detail {
template <class Policy, class M>
struct ChainsMemory {  // a policy without state is its own memory
  using type = Policy;
  static constexpr bool may_refuse = false, may_know_log_z = false;
  static type make(const Policy& policy, const M& /*model*/) { return policy; }
};
template <class Policy, class M>
requires requires { typename Policy::template Memory<M>; }
struct ChainsMemory<Policy, M> {
  using type = typename Policy::template Memory<M>;
  static constexpr bool may_refuse = requires(type & memory) { memory.fallback(); };
  static constexpr bool may_know_log_z =
      requires(type & memory, const typename M::Backend& on, const M& model, typename M::StateView chains) {
    memory.log_z(on, model, chains);
  };
  static type make(const Policy& policy, const M& model) { return type(policy, model); }
};
template <class... Policies, class M>
struct ChainsMemory<std::variant<Policies...>, M> {
  using type = std::variant<typename ChainsMemory<Policies, M>::type...>;
  static constexpr bool may_refuse = (ChainsMemory<Policies, M>::may_refuse || ...);
  static constexpr bool may_know_log_z = (ChainsMemory<Policies, M>::may_know_log_z || ...);
  static type make(const std::variant<Policies...>& policy, const M& model) {
    return detail::visit_variant(
        [&]<class P>(const P& p) { return type(ChainsMemory<P, M>::make(p, model)); }, policy);
  }
};

template <class Policy>
inline constexpr bool may_round = false;
template <class Policy>
requires requires { Policy::may_round; }
inline constexpr bool may_round<Policy> = Policy::may_round;
template <class Memory>
inline constexpr bool follows_data = false;
template <class Memory>
requires requires { Memory::follows_data; }
inline constexpr bool follows_data<Memory> = Memory::follows_data;
}  // namespace detail

}  // namespace harmonium
