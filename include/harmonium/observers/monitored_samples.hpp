/// \file
/// The samples that a monitor looks at, and means over them with their standard errors.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../core/host_matrix.hpp"
#include "../data/samples.hpp"
#include "../inference/clamped.hpp"
#include "../models/layer_data.hpp"
#include "../training/contrastive_divergence_options.hpp"
#include "../training/gradient/missing_entries.hpp"
#include "../training/run/first_pass.hpp"

namespace harmonium::detail {

/// A weighted mean over samples, and how sure it is.
struct SampleMean {
  double mean = 0;
  double error = 0;  ///< standard error; infinite for a single sample
  Index samples = 0;
  /// \param weights one per number
  SampleMean(const Eigen::VectorXd& numbers, const Eigen::VectorXd& weights) : samples(numbers.size()) {
    const double total = weights.sum(), n = static_cast<double>(samples);
    mean = numbers.dot(weights) / total;
    const Eigen::ArrayXd parts = (numbers.array() - mean) * weights.array() / total;
    error =
        samples > 1 ? std::sqrt(parts.square().sum() * n / (n - 1)) : std::numeric_limits<double>::infinity();
  }
  /// Is it above `other` beyond doubt? By three standard errors, and by more of a few samples: about what
  /// Student's distribution says at the same probability.
  bool above(double other) const {
    return mean - other > 3 * (1 + 4.0 / static_cast<double>(samples - 1)) * error;
  }
};

/// Samples of a source, drawn at random.
template <class B>
struct MonitoredSamples {
  Matrix<B> values;         ///< rows x n; where a number is missing, what stands in for it
  Mask known;               ///< rows x n; empty if all are
  Eigen::VectorXd weights;  ///< of each sample

  /// Number of samples.
  Index size() const { return values.cols(); }
  /// Is a number known?
  bool is_known(Index r, Index c) const { return known.size() == 0 || known(r, c); }
};

/// Draws up to `count` samples that fit a layer. \throws ShapeError, DataError if they do not \throws
/// ValueError if of a grouped unit some rows are known and others not
template <class B, class L, class Source>
MonitoredSamples<B> draw_samples(const B& on, const char* data, const L& layer, const Source& source,
                                 Index count, std::uint64_t seed) {
  using T = ScalarOf<B>;
  check_samples("Monitor", source.rows(), source.size(), layer.rows(), data);
  const std::string what = std::string("Monitor: ") + data;
  check_weights(what.c_str(), weights_of(source), source.size());
  const std::vector<Index> columns = random_samples(source, count, seed);
  const auto n = static_cast<Index>(columns.size());
  MonitoredSamples<B> taken{Matrix<B>(source.rows(), n), {}, Eigen::VectorXd::Ones(n)};
  HostMatrix<T> host(source.rows(), n);
  if constexpr (SourceWithMissing<Source, B>) {
    source.fill_known(on, columns, view_of(taken.values));
    on.download(taken.values, View<T>(host));
    taken.known = host.array() != T(0);
    for (Index c = 0; c < n; ++c)
      check_whole_units(what.c_str(), layer, View<const bool>(taken.known).columns(c, 1), 0,
                        columns[static_cast<std::size_t>(c)]);
    if (taken.known.all()) taken.known.resize(0, 0);
  }
  source.fill(on, columns, view_of(taken.values));
  on.download(taken.values, View<T>(host));
  const auto [row, column] = find_unacceptable(layer, View<const T>(host));
  if (row >= 0)
    check<DataError>(false, what, " have ", host(row, column), " in row ", row, " of column ",
                     columns[static_cast<std::size_t>(column)], "; ", accepted_values(layer, row));
  const std::span<const double> weights = weights_of(source);
  for (Index c = 0; c < n && !weights.empty(); ++c)
    taken.weights(c) = weights[static_cast<std::size_t>(columns[static_cast<std::size_t>(c)])];
  return taken;
}

/// Means and variances of the known numbers of each row.
template <class B>
RowMoments moments_of(const B& on, const MonitoredSamples<B>& samples) {
  using T = ScalarOf<B>;
  HostMatrix<T> host(samples.values.rows(), samples.size());
  on.download(samples.values, View<T>(host));
  RowMoments moments(host.rows());
  for (Index c = 0; c < host.cols(); ++c)
    for (Index r = 0; r < host.rows(); ++r)
      if (samples.is_known(r, c)) moments.add(r, static_cast<double>(host(r, c)), samples.weights(c));
  return moments;
}

/// Draws what is missing of samples, given the known numbers: with the same draws whenever it is called. Or
/// leaves it out.
template <class Model>
class Completion {
  using B = typename Model::Backend;

 public:
  /// The samples; what is missing, by the model as it is. \throws ValueError if the model cannot draw it
  Matrix<B> operator()(const B& on, const Model& model, const MonitoredSamples<B>& samples, Missing missing,
                       std::uint64_t seed) {
    Matrix<B> v = samples.values;
    if (samples.known.size() == 0) return v;
    using T = ScalarOf<B>;
    const Index n = samples.size();
    auto state = make_state(model, n);
    auto work = make_workspace(model, n);
    const auto all = state.columns(0, n);
    on.copy(ConstViewOf<B>(view_of(v)), all.visible);
    const HostMatrix<T> known = samples.known.template cast<T>();
    on.upload(View<const T>(known), missing_.known(v.rows(), n, n));
    if (missing == Missing::left_out) {
      missing_.leave_out(on, all.visible);
    } else {
      missing_.draw(on, model, all, work, 10, {.seed = seed, .stream = Stream::clamped});
    }
    on.copy(ConstViewOf<B>(all.visible), view_of(v));
    return v;
  }

 private:
  MissingEntries<Model> missing_;
};

}  // namespace harmonium::detail
