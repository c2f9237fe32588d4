/// \file
/// What contrastive divergence requires of a model.
#pragma once

#include "layer_data.hpp"

namespace harmonium {

/// A model with an energy over visible states, a Markov chain that leaves its distribution unchanged, and
/// gradients. It is a value with a walk over its parameters (models/parameters.hpp) and a member `visible`, a
/// layer (models/layer.hpp).
///
/// A *state* holds visible states, one per column, together with the input of the layer above (W^T v for an
/// RBM), so that transition, statistics and free energy share that product. `StateView` is a block of its
/// columns; `columns(first, count)` gives one of either, and its `visible` is a view of the visible states.
///
/// - `make_state(model, n)`, `make_workspace(model, n)`: memory for n columns
/// - `refresh(on, model, state)`: updates the rest of a state after its visible states were set
/// - `start(on, model, state, draws)`: draws visible states from the visible layer at zero input
/// - `transition(on, model, from, to, work, draws)`: to = one step of the chain from `from`; both may be the
///   same columns
/// - `set_statistics(on, model, state, weights, keep, gradient, work)`: gradient = keep * gradient + sum
///   over columns of weights(0, c) * E[d(-energy)/d(parameters)]
/// - `add_free_energy(on, model, state, factor, out)`: out(0, c) += factor * free energy
/// - `reconstruct(on, model, state, work, out)`: out = the visible means after one mean-field step
///
/// Optional: `set_sampled_statistics` (see `SamplesStatistics`), centering (`CenterableModel`), tempering
/// (`TemperedModel`), `cancel_input(on, model, v)`, which takes from the biases what units receive at one
/// visible state v, and, to support resuming, `for_each_state(f)` of a `StateView`: f(name, view) for each of
/// its matrices.
template <class M>
concept EnergyModel = std::copyable<M> && requires {
  typename M::Backend;
  typename M::State;
  typename M::StateView;
  typename M::Workspace;
} && requires(const M& model, M& gradient, typename M::State& states, typename M::StateView state,
              typename M::Workspace& work, const typename M::Backend& on, ConstViewOf<typename M::Backend> in,
              ViewOf<typename M::Backend> out, View<const ScalarOf<typename M::Backend>> host,
              ScalarOf<typename M::Backend> s, Draws draws) {
  { make_state(model, Index(1)) } -> std::same_as<typename M::State>;
  { make_workspace(model, Index(1)) } -> std::same_as<typename M::Workspace>;
  { states.columns(Index(0), Index(1)) } -> std::same_as<typename M::StateView>;
  { state.columns(Index(0), Index(1)) } -> std::same_as<typename M::StateView>;
  { state.visible } -> std::convertible_to<ViewOf<typename M::Backend>>;
  { model.visible.rows() } -> std::same_as<Index>;
  find_unacceptable(model.visible, host);
  fit(gradient.visible, host, host, Index(1));
  refresh(on, model, state);
  start(on, model, state, draws);
  transition(on, model, state, state, work, draws);
  set_statistics(on, model, state, in, s, gradient, work);
  add_free_energy(on, model, state, s, out);
  reconstruct(on, model, state, work, out);
  for_each_parameter([](const ParameterName&, Role, auto, auto) {}, gradient, model);
};

/// A model whose statistics can also be those of drawn hidden states:
/// `set_sampled_statistics(on, model, state, weights, keep, gradient, work, draws)`.
template <class M>
concept SamplesStatistics = EnergyModel<M> &&
    requires(const M& model, M& gradient, typename M::StateView state, typename M::Workspace& work,
             const typename M::Backend& on, ConstViewOf<typename M::Backend> in,
             ScalarOf<typename M::Backend> s, Draws draws) {
  set_sampled_statistics(on, model, state, in, s, gradient, work, draws);
};

namespace detail {
/// Zeroes a state, so that uninitialized memory is never read before chains start.
template <class B, class StateView>
void clear_state(const B& on, StateView state) {
  if constexpr (requires { state.for_each_state([](const char*, ViewOf<B>) {}); })
    state.for_each_state([&](const char*, ViewOf<B> x) { on.fill(x, 0); });
}
}  // namespace detail

}  // namespace harmonium
