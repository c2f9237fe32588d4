/// \file
/// Where the negative phase of contrastive divergence comes from. A policy is a value: options, and
///
/// - `count(batch)`: how many chains there are for a batch of so many samples
/// - `advance(on, model, data, chains, work, steps, draws)`: moves the chains by so many steps
///
/// A policy that remembers more than the chains' states does so in `Policy::Memory<Model>`, made from policy
/// and model, which then has `advance` in its place and `for_each_state(f)` (what it remembers: see
/// training/run/run_state.hpp), and may have `begin(on, model, chains, draws)` (where
/// the chains start), `learned(on, gradient)` (after each update) and `report(metrics)` (after each epoch).
/// If the model says how many there are, the memory has a `count(batch)` of its own; and if they do not count
/// alike, `weigh(on, total, weights)`, which after `advance` sets what each counts, minus `total` in all.
/// With `follows_data = true` chain i belongs to sample i and counts as much as that.
#pragma once

#include <variant>

#include "data_chains.hpp"
#include "exact.hpp"
#include "fast_weights.hpp"
#include "persistent.hpp"
#include "tempered.hpp"

namespace harmonium {

/// The policies that come with the library.
using AnyChains = std::variant<DataChains, Persistent, FastWeights, Tempered, Exact>;

namespace detail {
template <class Policy, class M>
struct ChainsMemory {  // a policy that remembers nothing is its own memory
  using type = Policy;
  static type make(const Policy& policy, const M& /*model*/) { return policy; }
};
template <class Policy, class M>
requires requires { typename Policy::template Memory<M>; }
struct ChainsMemory<Policy, M> {
  using type = typename Policy::template Memory<M>;
  static type make(const Policy& policy, const M& model) { return type(policy, model); }
};
template <class... Policies, class M>
struct ChainsMemory<std::variant<Policies...>, M> {
  using type = std::variant<typename ChainsMemory<Policies, M>::type...>;
  static type make(const std::variant<Policies...>& policy, const M& model) {
    return std::visit([&]<class P>(const P& p) { return type(ChainsMemory<P, M>::make(p, model)); }, policy);
  }
};

template <class Memory>
inline constexpr bool follows_data = false;
template <class Memory>
requires requires { Memory::follows_data; }
inline constexpr bool follows_data<Memory> = Memory::follows_data;
}  // namespace detail

}  // namespace harmonium
