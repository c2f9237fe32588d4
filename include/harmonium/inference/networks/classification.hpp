/// \file
/// Classification by a network: class probabilities, predictions, and how good they are.
#pragma once

#include <span>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "../../data/labels.hpp"
#include "forward.hpp"

namespace harmonium {

namespace detail {
/// The row of a column's largest number; the first one if there are several. A NaN is never the largest.
template <class T>
int largest_row(View<const T> x, Index column) {
  Index best = 0;
  for (Index r = 1; r < x.rows; ++r)
    if (x(r, column) > x(best, column) || x(best, column) != x(best, column)) best = r;
  return static_cast<int>(best);
}
}  // namespace detail

/// Class probabilities for samples of any kind, classes x samples, on the host. \throws as `outputs`
template <class Units, class B, SamplesFor<B> Data>
auto predict_proba(const Network<Units, B>& network, const Data& data,
                   const std::type_identity_t<B>& on = B::all()) {
  using T = ScalarOf<B>;
  const auto& source = source_of<B>(data);
  HostMatrix<T> result(network.classes(), source.size());
  detail::for_each_forward(on, network, source, "predict_proba",
                           [&](Index first, const auto& activations, auto x) {
                             on.download(ConstViewOf<B>(activations.head.mean).columns(0, x.cols),
                                         View<T>(result).columns(first, x.cols));
                           });
  return result;
}

/// The most probable class of each of some samples of any kind. \throws as `outputs`
template <class Units, class B, SamplesFor<B> Data>
std::vector<int> predict(const Network<Units, B>& network, const Data& data,
                         const std::type_identity_t<B>& on = B::all()) {
  const auto p = predict_proba(network, data, on);
  std::vector<int> classes(static_cast<std::size_t>(p.cols()));
  for (Index c = 0; c < p.cols(); ++c)
    classes[static_cast<std::size_t>(c)] = detail::largest_row(View<const ScalarOf<B>>(p), c);
  return classes;
}

/// How good a classifier is on labelled data.
struct Evaluation {
  double error = 0;     ///< share of samples whose most probable class is wrong
  double log_loss = 0;  ///< mean of -log p(label), in nats
};

/// Runs all labelled samples through the network; sample weights are honoured.
/// \throws ShapeError if the data do not have one row per network input
/// \throws DataError if there are no samples, no labels, a label is not a class, or a number is not finite
template <class Units, class B, BatchSource<B> Source>
requires(Network<Units, B>::classifies) Evaluation
    evaluate(const Network<Units, B>& network, const Source& source, const B& on = B::all()) {
  using T = ScalarOf<B>;
  const std::span<const int> labels = source.labels();
  detail::check_samples("evaluate", source.rows(), source.size(), network.input_rows());
  check<DataError>(static_cast<Index>(labels.size()) == source.size(), "evaluate: the data have ",
                   labels.size(), " labels for ", source.size(), " samples");
  const std::span<const double> weights = weights_of(source);
  detail::check_weights("evaluate", weights, source.size());
  double wrong = 0, loss = 0;
  HostMatrix<T> p(network.classes(), detail::most_columns), one_hot(network.classes(), detail::most_columns),
      loss_of(1, detail::most_columns);
  Matrix<B> targets(network.classes(), detail::most_columns), losses(1, detail::most_columns);
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
        on.download(out, View<T>(loss_of).columns(0, n));
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
