/// \file
/// Running a network: its activations for samples, and the cross-entropy of its outputs.
#pragma once

#include <span>
#include <vector>

#include "../../core/variant.hpp"
#include "../../data/batch_source.hpp"
#include "../../models/network.hpp"
#include "../sample_blocks.hpp"

namespace harmonium {

/// Memory for running up to `columns` samples through a network, and back again.
template <class B>
struct Activations {
  /// What one layer receives (W^T x) and outputs.
  struct Pass {
    Matrix<B> input;  ///< rows x columns
    Matrix<B> mean;   ///< rows x columns
  };
  std::vector<Pass> layers;  ///< hidden layers from the bottom up
  Pass head;                 ///< output rows x columns
  Matrix<B> error;           ///< back-propagated from the layer above; rows of the widest layer

  Activations() = default;
  /// Room for up to `columns` samples at once.
  template <class Units, class Head>
  Activations(const Network<Units, B, Head>& network, Index columns) {
    Index widest = network.output_rows();
    const auto make = [&](Index rows) { return Pass{Matrix<B>(rows, columns), Matrix<B>(rows, columns)}; };
    for (const auto& any : network.layers)
      detail::visit_variant(
          [&](const auto& dense) {
            layers.push_back(make(dense.layer.rows()));
            widest = std::max(widest, dense.layer.rows());
          },
          any);
    head = make(network.output_rows());
    error = Matrix<B>(widest, columns);
  }
};

/// What `forward` does to the hidden layers' outputs by default: nothing.
struct LeaveOutputs {
  /// Nothing.
  template <class Out>
  void operator()(std::size_t /*layer*/, Out /*out*/) const {}
};

/// Runs samples (inputs x n) through the network; activations.head.mean then holds the head's means: class
/// probabilities, predictions, reconstructions. `after(i, out)` may change the output of hidden layer i.
template <class Units, class B, class Head, class After = LeaveOutputs>
void forward(const B& on, const Network<Units, B, Head>& network, ConstViewOf<B> x,
             Activations<B>& activations, After after = {}) {
  const auto pass = [&](const auto& dense, auto& memory) {
    const auto out = view_of(memory.mean).columns(0, x.cols);
    mean_output(on, dense, x, view_of(memory.input).columns(0, x.cols), out);
    x = out;
  };
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    detail::visit_variant([&](const auto& dense) { pass(dense, activations.layers[i]); }, network.layers[i]);
    after(i, view_of(activations.layers[i].mean).columns(0, x.cols));
  }
  pass(network.head, activations.head);
}

/// Adds -log p(target) of each column to `out` (1 x n): the log-partition of the head's fields, plus the
/// target's energy, minus target times field. The activations are those of `forward`; targets (outputs x n)
/// are states of the head's units (one-hot columns, numbers), or probabilities of them.
template <class Units, class B, class Head>
void add_cross_entropy(const B& on, const Network<Units, B, Head>& network, const Activations<B>& activations,
                       ConstViewOf<B> targets, ViewOf<B> out) {
  const auto input = ConstViewOf<B>(activations.head.input).columns(0, targets.cols);
  add_log_partition(on, network.head.layer, input, 1, out);
  add_energy(on, network.head.layer, targets, 1, out);
  on.dot_columns(-1, targets, input, out);
}

namespace detail {
/// Runs samples of any kind through the network and calls f(first, activations, x) for each block x of them.
/// \throws as `for_each_sample_block`; ShapeError also if weights do not fit the layers
template <class Units, class B, class Head, class Source, class F>
void for_each_forward(const B& on, const Network<Units, B, Head>& network, const Source& source,
                      const char* caller, F f) {
  check_shapes(caller, network);
  check_samples(caller, source.rows(), source.size(), network.input_rows());
  Activations<B> activations(network, block_of(source.rows(), source.size()));
  for_each_sample_block(on, caller, network.input_rows(), source, [&](Index first, ConstViewOf<B> x) {
    forward(on, network, x, activations);
    f(first, activations, x);
  });
}
}  // namespace detail

}  // namespace harmonium
