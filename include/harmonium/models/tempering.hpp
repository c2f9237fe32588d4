/// \file
/// Tempered models. Only the interaction is scaled, and it is the centered one, (v - mu)^T W (h - lambda). At
/// beta 0, units are independent, with means given by biases and offsets (close to those of the data, as with
/// the base rates of Salakhutdinov and Murray, 2008); beta 1 is the model itself. Products are scaled;
/// weights are never copied.
#pragma once

#include "centering.hpp"

namespace harmonium {

/// A model that can run chains at many temperatures at once. `betas` is 2 x n: each column's beta, and 1 -
/// beta below it.
///
/// - `prepare_tempering(on, model, means)`: called after weights or offsets have changed; computes the
///   offsets' contribution to the layers' inputs
/// - `tempered_transition(on, model, betas, means, state, work, draws)`: one step of every column of the
///   state, in place
/// - `add_interaction(on, model, means, state, work, factor, out)`: out(0, c) += factor * the interaction
///   (minus its energy, up to a constant) between the visible states and the states of the other units drawn
///   in the last step
template <class M>
concept TemperedModel = CenterableModel<M> &&
    requires(const M& model, typename M::StateView state, typename M::Workspace& work,
             const typename M::Backend& on, ConstViewOf<typename M::Backend> betas,
             ViewOf<typename M::Backend> out, ScalarOf<typename M::Backend> s, Draws draws,
             decltype(make_means(std::declval<const M&>()))& means) {
  prepare_tempering(on, model, means);
  tempered_transition(on, model, betas, means, state, work, draws);
  add_interaction(on, model, means, state, work, s, out);
};

namespace detail {
/// input(:, c) = beta * input(:, c) + (1 - beta) * offset_input
template <class B>
void temper(const B& on, ConstViewOf<B> betas, ConstViewOf<B> offset_input, ViewOf<B> input) {
  on.scale_columns(input, betas.rows_from(0, 1));
  on.multiply(Op::plain, Op::plain, 1, offset_input, betas.rows_from(1, 1), 1, input);
}
}  // namespace detail

}  // namespace harmonium
