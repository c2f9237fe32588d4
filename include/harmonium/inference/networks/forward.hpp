/// \file
/// Running a network: activations, class probabilities, predictions, and how good they are.
#pragma once

#include <span>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "../../data/labels.hpp"
#include "../../models/network.hpp"

namespace harmonium {

/// Memory for running up to `columns` samples through a network, and back.
template <class B>
struct Activations {
  /// What one layer receives (W^T x) and puts out.
  struct Pass {
    Matrix<B> input;  ///< rows x columns
    Matrix<B> mean;   ///< rows x columns
  };
  std::vector<Pass> layers;  ///< hidden layers from the bottom up
  Pass head;                 ///< output rows x columns
  Matrix<B> error;           ///< what comes down from the layer above; rows of the widest layer

  Activations() = default;
  /// Room for so many samples at once.
  template <class Units, class Head>
  Activations(const Network<Units, B, Head>& network, Index columns) {
    Index widest = network.output_rows();
    const auto make = [&](Index rows) { return Pass{Matrix<B>(rows, columns), Matrix<B>(rows, columns)}; };
    for (const auto& any : network.layers)
      std::visit(
          [&](const auto& dense) {
            layers.push_back(make(dense.layer.rows()));
            widest = std::max(widest, dense.layer.rows());
          },
          any);
    head = make(network.output_rows());
    error = Matrix<B>(widest, columns);
  }
};

/// What `forward` does to the hidden layers' outputs unless told otherwise: nothing.
struct LeaveOutputs {
  /// Nothing.
  template <class Out>
  void operator()(std::size_t /*layer*/, Out /*out*/) const {}
};

/// Runs samples (inputs x n) through the network; activations.head.mean then holds the head's means: class
/// probabilities, predictions, reconstructions. `after(i, out)` may change what hidden layer i puts out.
template <class Units, class B, class Head, class After = LeaveOutputs>
void forward(const B& on, const Network<Units, B, Head>& network, ConstViewOf<B> x,
             Activations<B>& activations, After after = {}) {
  const auto pass = [&](const auto& dense, auto& memory) {
    const auto out = view_of(memory.mean).columns(0, x.cols);
    mean_output(on, dense, x, view_of(memory.input).columns(0, x.cols), out);
    x = out;
  };
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    std::visit([&](const auto& dense) { pass(dense, activations.layers[i]); }, network.layers[i]);
    after(i, view_of(activations.layers[i].mean).columns(0, x.cols));
  }
  pass(network.head, activations.head);
}

/// Adds -log p(target) of each column to `out` (1 x n): the log-partition of the head's fields, plus the
/// target's energy, minus target times field. The activations are those of `forward`; targets (outputs x n)
/// are states of the head's units: one-hot, numbers; or probabilities of them.
template <class Units, class B, class Head>
void add_cross_entropy(const B& on, const Network<Units, B, Head>& network, const Activations<B>& activations,
                       ConstViewOf<B> targets, ViewOf<B> out) {
  const auto input = ConstViewOf<B>(activations.head.input).columns(0, targets.cols);
  add_log_partition(on, network.head.layer, input, 1, out);
  add_energy(on, network.head.layer, targets, 1, out);
  on.dot_columns(-1, targets, input, out);
}

namespace detail {
/// The largest number's row, the first if several.
template <class T>
int largest_row(View<const T> x, Index column) {
  Index best = 0;
  for (Index r = 1; r < x.rows; ++r)
    if (x(r, column) > x(best, column)) best = r;
  return static_cast<int>(best);
}
inline constexpr Index forward_block = 500;  // columns at a time, so that memory does not grow with the data

/// Calls f(first, activations, x) for blocks x of a source's samples that were run through the network.
/// \throws ShapeError if they have other rows than the network has inputs \throws DataError if a number is
/// not finite: the most probable class of a NaN would be the first
template <class Units, class B, class Head, class Source, class F>
void for_each_forward(const B& on, const Network<Units, B, Head>& network, const Source& source,
                      const char* caller, F f) {
  check<ShapeError>(source.rows() == network.input_rows(), caller, ": the data have ", source.rows(),
                    " rows, the network has ", network.input_rows(), " inputs");
  const Index block = std::min(forward_block, std::max<Index>(1, source.size()));
  Activations<B> activations(network, block);
  Matrix<B> x(network.input_rows(), block);
  for_each_block(source.size(), block, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const auto batch = view_of(x).columns(0, n);
    source.fill(on, columns, batch);
    check<DataError>(on.sum(NotFiniteBody{}, ConstViewOf<B>(batch)) == 0, caller,
                     ": the data have an infinite number or a NaN in columns ", columns.front(), " to ",
                     columns.back());
    forward(on, network, batch, activations);
    f(columns.front(), activations, ConstViewOf<B>(batch));
  });
}
}  // namespace detail

/// Class probabilities, classes x samples, on the host.
/// \throws ShapeError if the data have other rows than the network has inputs \throws DataError if one of
/// their numbers is not finite
template <class Units, class B, BatchSource<B> Source>
auto predict_proba(const Network<Units, B>& network, const Source& source, const B& on = B::all()) {
  using T = ScalarOf<B>;
  HostMatrix<T> result(network.classes(), source.size());
  detail::for_each_forward(on, network, source, "predict_proba",
                           [&](Index first, const auto& activations, auto x) {
                             on.download(ConstViewOf<B>(activations.head.mean).columns(0, x.cols),
                                         View<T>(result).columns(first, x.cols));
                           });
  return result;
}
/// The same for a matrix of one's own, inputs x samples.
template <class Units, class B>
auto predict_proba(const Network<Units, B>& network, std::type_identity_t<ConstViewOf<B>> x,
                   const B& on = B::all()) {
  return predict_proba(network, MatrixSource<ScalarOf<B>, typename B::Memory>{x}, on);
}

/// The most probable class of each sample.
/// \throws ShapeError if the data have other rows than the network has inputs \throws DataError if one of
/// their numbers is not finite
template <class Units, class B, BatchSource<B> Source>
std::vector<int> predict(const Network<Units, B>& network, const Source& source, const B& on = B::all()) {
  const auto p = predict_proba(network, source, on);
  std::vector<int> classes(static_cast<std::size_t>(p.cols()));
  for (Index c = 0; c < p.cols(); ++c)
    classes[static_cast<std::size_t>(c)] = detail::largest_row(View<const ScalarOf<B>>(p), c);
  return classes;
}
/// The same for a matrix of one's own, inputs x samples.
template <class Units, class B>
std::vector<int> predict(const Network<Units, B>& network, std::type_identity_t<ConstViewOf<B>> x,
                         const B& on = B::all()) {
  return predict(network, MatrixSource<ScalarOf<B>, typename B::Memory>{x}, on);
}

/// How good a classifier is on labelled data.
struct Evaluation {
  double error = 0;     ///< share of samples whose most probable class is wrong
  double log_loss = 0;  ///< mean of -log p(label), in nats
};

/// Runs all labelled samples through the network; those with weights count by them.
/// \throws ShapeError if the data have other rows than the network has inputs
/// \throws DataError if there are no samples, no labels, a label is no class, or a number is not finite
template <class Units, class B, BatchSource<B> Source>
requires(Network<Units, B>::classifies) Evaluation
    evaluate(const Network<Units, B>& network, const Source& source, const B& on = B::all()) {
  using T = ScalarOf<B>;
  const std::span<const int> labels = source.labels();
  check<DataError>(source.size() >= 1, "evaluate: the data have no samples");
  check<DataError>(static_cast<Index>(labels.size()) == source.size(), "evaluate: the data have ",
                   labels.size(), " labels for ", source.size(), " samples");
  const std::span<const double> weights = weights_of(source);
  detail::check_weights("evaluate", weights, source.size());
  double wrong = 0, loss = 0;
  HostMatrix<T> p(network.classes(), detail::forward_block),
      one_hot(network.classes(), detail::forward_block), loss_of(1, detail::forward_block);
  Matrix<B> targets(network.classes(), detail::forward_block), losses(1, detail::forward_block);
  detail::for_each_forward(
      on, network, source, "evaluate", [&](Index first, const auto& activations, auto x) {
        const Index n = x.cols;
        const auto part = labels.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n));
        on.download(ConstViewOf<B>(activations.head.mean).columns(0, n), View<T>(p).columns(0, n));
        write_one_hot(part, View<T>(one_hot).columns(0, n));
        const auto target = view_of(targets).columns(0, n);
        on.upload(View<const T>(one_hot).columns(0, n), target);
        const auto out = view_of(losses).columns(0, n);
        on.fill(out, 0);
        add_cross_entropy(on, network, activations, target, out);
        on.download(ConstViewOf<B>(out), View<T>(loss_of).columns(0, n));
        for (Index i = 0; i < n; ++i) {
          const double weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(first + i)];
          loss += weight * static_cast<double>(loss_of(0, i));
          if (detail::largest_row(View<const T>(p), i) != part[static_cast<std::size_t>(i)]) wrong += weight;
        }
      });
  const double count = detail::mean_weight(source) * static_cast<double>(source.size());
  return {.error = wrong / count, .log_loss = loss / count};
}

}  // namespace harmonium
