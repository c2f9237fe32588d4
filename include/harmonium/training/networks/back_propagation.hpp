/// \file
/// Back-propagation (Rumelhart, Hinton and Williams, 1986) through layers of units: the derivative of a
/// unit's mean with respect to its field is its variance, and that of the head's log likelihood with respect
/// to its field is target minus mean, for units of any type.
#pragma once

#include "../../core/variant.hpp"
#include "../../inference/networks/forward.hpp"
#include "../fine_tuning_options.hpp"

namespace harmonium {

/// The gradient of minus the loss of targets (outputs x n) for samples x (inputs x n), each weighted by its
/// share (1 x n; 1 / n for the mean). The activations are those of `forward` for x, and are overwritten.
/// `before(i, error)` may change the error propagated to the outputs of hidden layer i. Shape parameters get
/// no gradient.
template <class Units, class B, class Head, class Before = LeaveOutputs>
void backward(const B& on, const Network<Units, B, Head>& network, ConstViewOf<B> x, ConstViewOf<B> targets,
              Activations<B>& activations, ConstViewOf<B> shares, ConstViewOf<B> ones,
              Network<Units, B, Head>& gradient, Loss loss = Loss::likelihood, Before before = {}) {
  const Index n = x.cols;
  const auto below = [&](std::size_t i) {
    return i == 0 ? x : ConstViewOf<B>(view_of(activations.layers[i - 1].mean).columns(0, n));
  };
  const auto error_of = [&](Index rows) {
    return view_of(activations.error).rows_from(0, rows).columns(0, n);
  };
  const auto collect = [&](ConstViewOf<B> inputs, ConstViewOf<B> delta, auto& dense_gradient) {
    on.multiply(Op::plain, Op::transposed, 1, inputs, delta, 0, dense_gradient.weights);
    set_zero(on, dense_gradient.layer);
    add_bias_statistics(on, delta, ones, dense_gradient.layer);
  };
  const auto delta = view_of(activations.head.mean).columns(0, n);
  on.update(SubtractFrom{}, delta, targets);
  if (loss == Loss::squared_error) {
    const auto difference = error_of(delta.rows);
    on.copy(delta, difference);
    backpropagate(on, network.head.layer, ConstViewOf<B>(activations.head.input).columns(0, n), difference,
                  delta);
  }
  on.scale_columns(delta, shares);
  collect(below(network.layers.size()), delta, gradient.head);
  ConstViewOf<B> weights_above = network.head.weights, delta_above = delta;
  for (std::size_t i = network.layers.size(); i-- > 0;)
    detail::visit_variant(
        [&]<class D>(const D& dense) {
          auto& memory = activations.layers[i];
          const auto error = error_of(dense.layer.rows());
          const auto own =
              view_of(memory.mean).columns(0, n);  // the means are no longer needed; delta overwrites them
          on.multiply(Op::plain, Op::plain, 1, weights_above, delta_above, 0, error);
          before(i, error);
          backpropagate(on, dense.layer, view_of(memory.input).columns(0, n), error, own);
          collect(below(i), own, std::get<D>(gradient.layers[i]));
          weights_above = dense.weights;
          delta_above = own;
        },
        network.layers[i]);
}

/// out (inputs x n) = the error that `backward` would propagate to the inputs of its n samples: the gradient
/// of minus the loss with respect to each of them. Call it after `backward`, with the same activations.
template <class Units, class B, class Head>
void set_input_gradient(const B& on, const Network<Units, B, Head>& network,
                        const Activations<B>& activations, ViewOf<B> out) {
  const auto bring_back = [&](const auto& dense, const auto& memory) {
    on.multiply(Op::plain, Op::plain, 1, dense.weights, ConstViewOf<B>(memory.mean).columns(0, out.cols), 0,
                out);
  };
  if (network.layers.empty()) {
    bring_back(network.head, activations.head);
  } else {
    detail::visit_variant([&](const auto& dense) { bring_back(dense, activations.layers[0]); },
                          network.layers[0]);
  }
}

}  // namespace harmonium
