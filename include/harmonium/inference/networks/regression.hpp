/// \file
/// Networks whose outputs are numbers: predictions of a regression, reconstructions of an autoencoder, and
/// how far they are from their targets.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "forward.hpp"

namespace harmonium {

/// The head's means for samples of any kind, outputs x samples, on the host. \throws ShapeError if the data
/// do not have one row per network input, or weights do not fit the layers \throws DataError if there are no
/// samples, or a number is not finite \throws ValueError if one is missing
template <class Units, class B, class Head, SamplesFor<B> Data>
auto outputs(const Network<Units, B, Head>& network, const Data& data,
             const std::type_identity_t<B>& on = B::all()) {
  using T = ScalarOf<B>;
  const auto& source = source_of<B>(data);
  HostMatrix<T> result(network.output_rows(), source.size());
  detail::for_each_forward(on, network, source, "outputs", [&](Index first, const auto& activations, auto x) {
    on.download(ConstViewOf<B>(activations.head.mean).columns(0, x.cols),
                View<T>(result).columns(first, x.cols));
  });
  return result;
}

/// Adds factor times the squared distance of each output from its target (outputs x n) to `out` (1 x n). The
/// activations are those of `forward`; their `error` is overwritten.
template <class B>
void add_squared_error(const B& on, Activations<B>& activations, ConstViewOf<B> targets, ScalarOf<B> factor,
                       ViewOf<B> out) {
  const auto far = view_of(activations.error).rows_from(0, targets.rows).columns(0, targets.cols);
  on.copy(targets, far);
  on.update(Subtract{}, far, ConstViewOf<B>(activations.head.mean).columns(0, targets.cols));
  on.dot_columns(factor, far, far, out);
}

/// How close a network's outputs are to their targets.
struct OutputEvaluation {
  double loss = 0;           ///< mean of -log p(target), in nats; p is a density if outputs are real
  double squared_error = 0;  ///< mean over samples of the squared distance between outputs and targets
};

namespace detail {
/// \throws DataError if a source has no targets for a network that needs them \throws ShapeError if they do
/// not have one row per network output
template <class Model, class Source>
void check_target_rows(const char* caller, const Model& network, const Source& source) {
  if constexpr (!Model::reconstructs) {
    const Index rows = target_rows_of(source);
    check<DataError>(rows > 0, caller,
                     ": the data have no targets; a network without a softmax head learns from "
                     "targets, not from labels");
    check<ShapeError>(rows == network.output_rows(), caller, ": the targets have ", rows,
                      " rows, the network has ", network.output_rows(), " outputs");
  }
}

/// The targets of some samples x; those of an autoencoder are the samples.
template <class Model, class Source, class B = typename Model::Backend>
void fill_targets(const B& on, const Model& /*network*/, const Source& source, std::span<const Index> columns,
                  ConstViewOf<B> x, ViewOf<B> out) {
  if constexpr (Model::reconstructs) {
    on.copy(x, out);
  } else if constexpr (requires { source.fill_targets(on, columns, out); }) {
    source.fill_targets(on, columns, out);
  }
}
}  // namespace detail

/// Runs all samples through a network for regression, or an autoencoder, whose targets are its inputs, so
/// that a matrix will do; sample weights are honoured. \throws ShapeError if the data or their targets do not
/// have one row per network input or output \throws DataError if there are no samples, no targets where they
/// are needed, or a number is not finite
template <class Units, class B, class Head, SamplesFor<B> Data>
requires(!Network<Units, B, Head>::classifies) OutputEvaluation
    evaluate(const Network<Units, B, Head>& network, const Data& data,
             const std::type_identity_t<B>& on = B::all()) {
  using T = ScalarOf<B>;
  const auto& source = source_of<B>(data);
  detail::check_samples("evaluate", source.rows(), source.size(), network.input_rows());
  detail::check_target_rows("evaluate", network, source);
  const std::span<const double> weights = weights_of(source);
  detail::check_weights("evaluate", weights, source.size());
  OutputEvaluation result;
  Matrix<B> targets(network.output_rows(), detail::most_columns), sums(1, detail::most_columns);
  HostMatrix<T> host(1, detail::most_columns);
  std::vector<Index> columns;
  detail::for_each_forward(on, network, source, "evaluate", [&](Index first, auto& activations, auto x) {
    detail::set_consecutive(columns, first, x.cols);
    const auto target = view_of(targets).columns(0, x.cols), out = view_of(sums).columns(0, x.cols);
    detail::fill_targets(on, network, source, std::span<const Index>(columns), x, target);
    const auto weighted_sum = [&] {
      const auto row = View<T>(host).columns(0, x.cols);
      on.download(out, row);
      double sum = 0;
      for (Index i = 0; i < x.cols; ++i)
        sum += (weights.empty() ? 1 : weights[static_cast<std::size_t>(first + i)]) *
               static_cast<double>(row(0, i));
      return sum;
    };
    on.fill(out, 0);
    add_cross_entropy(on, network, activations, ConstViewOf<B>(target), out);
    result.loss += weighted_sum();
    on.fill(out, 0);
    add_squared_error(on, activations, ConstViewOf<B>(target), T(1), out);
    result.squared_error += weighted_sum();
  });
  const double count = detail::mean_weight(source) * static_cast<double>(source.size());
  return {.loss = result.loss / count, .squared_error = result.squared_error / count};
}

}  // namespace harmonium
