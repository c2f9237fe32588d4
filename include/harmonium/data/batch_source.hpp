/// \file
/// Where batches come from: anything that can fill a block of columns with samples, given their indices.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/host_matrix.hpp"
#include "../core/permutation.hpp"
#include "../core/view.hpp"
#include "reading.hpp"

namespace harmonium {

/// The data of one training step. Fields that a trainer does not need stay empty.
template <class T, class Memory = HostMemory>
struct Batch {
  View<const T, Memory> values;          ///< rows x n, one sample per column
  std::span<const int> labels = {};      ///< n classes, starting from 0
  std::span<const double> weights = {};  ///< the weight of each sample; if empty, all are 1
  View<const T, Memory> known = {};      ///< rows x n: 1 where a number is known, else 0; if empty, all are
  View<const T, Memory> targets = {};    ///< target outputs, outputs x n
};

/// Samples by their index, for backend `B`.
///
/// - `rows()`, `size()`: numbers per sample, number of samples
/// - `fill(on, columns, out)`: out(:, i) = sample columns[i]; out is rows() x columns.size()
/// - `labels()`: a class for each sample, or empty
/// - `weights()`, optional: the weight of each sample; if empty, all are equal
/// - `fill_known(on, columns, out)`, optional: 1 where a number is known, else 0 (data/missing.hpp)
/// - `is_sparse()` and `for_each_entry(sample, f)`, optional: are most numbers zero, so that calling f(row,
///   number) for the others of a sample is worth while?
/// - `target_rows()` and `fill_targets(on, columns, out)`, optional: how many numbers a sample's target has,
///   and out(:, i) = the target of sample columns[i]
/// - `reading()`, optional: which samples lie together, so that their order is shuffled in blocks
///   (data/reading.hpp)
/// - `byte_scale()`, optional: if all numbers are bytes times a factor, that factor; else nothing
template <class S, class B>
concept BatchSource = requires(const S& source, const B& on, std::span<const Index> columns,
                               View<typename B::Scalar, typename B::Memory> out) {
  { source.rows() } -> std::convertible_to<Index>;
  { source.size() } -> std::convertible_to<Index>;
  source.fill(on, columns, out);
  { source.labels() } -> std::convertible_to<std::span<const int>>;
};

/// A matrix that is already in the backend's memory, one sample per column; the matrix must outlive the
/// source.
template <class T, class Memory = HostMemory>
struct MatrixSource {
  View<const T, Memory> values;                 ///< rows x size
  std::span<const double> sample_weights = {};  ///< one per sample, or empty
  /// Numbers per sample.
  Index rows() const { return values.rows; }
  /// Number of samples.
  Index size() const { return values.cols; }
  /// out(:, i) = sample columns[i]
  template <class B>
  void fill(const B& on, std::span<const Index> columns, View<T, Memory> out) const {
    on.gather(values, columns, T(1), out);
  }
  /// There are no labels.
  std::span<const int> labels() const { return {}; }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return sample_weights; }
};

/// The weights of a source's samples; empty if all are equal.
template <class Source>
std::span<const double> weights_of(const Source& source) {
  if constexpr (requires { source.weights(); }) {
    return source.weights();
  } else {
    return {};
  }
}

/// Numbers per target; 0 if the source has no targets.
template <class Source>
Index target_rows_of(const Source& source) {
  if constexpr (requires { source.target_rows(); }) {
    return source.target_rows();
  } else {
    return 0;
  }
}

namespace detail {
/// \throws DataError unless there are weights for all samples or none, finite and not negative
inline void check_batch_weights(const char* caller, std::span<const double> weights, Index samples) {
  check<DataError>(weights.empty() || static_cast<Index>(weights.size()) == samples, caller, ": ",
                   weights.size(), " weights for ", samples, " samples");
  for (std::size_t i = 0; i < weights.size(); ++i)
    check<DataError>(weights[i] >= 0 && weights[i] <= 1e30, caller, ": weight ", i, " is ", weights[i],
                     ", expected a finite number of at least 0");
}

/// The same. \throws DataError also if all weights are zero
inline void check_weights(const char* caller, std::span<const double> weights, Index samples) {
  check_batch_weights(caller, weights, samples);
  check<DataError>(weights.empty() || *std::max_element(weights.begin(), weights.end()) > 0, caller,
                   ": all weights are zero");
}

/// Mean weight of a source's samples; 1 if all are equal.
template <class Source>
double mean_weight(const Source& source) {
  const std::span<const double> weights = weights_of(source);
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return weights.empty() ? 1 : sum / static_cast<double>(weights.size());
}

/// \throws ValueError if a number of these samples is missing, for callers that need all of them. `scratch`
/// is overwritten.
template <class B, class Source>
void check_nothing_missing(const B& on, const char* caller, const Source& source,
                           std::span<const Index> columns,
                           View<typename B::Scalar, typename B::Memory> scratch) {
  if constexpr (requires { source.fill_known(on, columns, scratch); }) {
    source.fill_known(on, columns, scratch);
    HostMatrix<typename B::Scalar> known(scratch.rows, scratch.cols);
    on.download(scratch, View<typename B::Scalar>(known));
    check<ValueError>((known.array() != typename B::Scalar(0)).all(), caller,
                      ": entries are missing in columns ", columns.front(), " to ", columns.back(),
                      "; `fill_in` draws them by an RBM");
  }
}

/// Up to `count` of a source's samples, drawn at random by the seed, in ascending order; none of weight 0.
template <class Source>
std::vector<Index> random_samples(const Source& source, Index count, std::uint64_t seed) {
  const Draws draws{.seed = seed, .stream = Stream::shuffle};  // step 0: epochs are counted from 1
  const std::span<const double> weights = weights_of(source);
  if (std::find(weights.begin(), weights.end(), 0.0) == weights.end())
    return random_subset(source.size(), count, draws);
  std::vector<Index> weighty;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) weighty.push_back(static_cast<Index>(i));
  std::vector<Index> chosen = random_subset(static_cast<Index>(weighty.size()), count, draws);
  for (Index& i : chosen) i = weighty[static_cast<std::size_t>(i)];
  return chosen;
}

/// columns = first, first + 1, ..., `count` of them
inline void set_consecutive(std::vector<Index>& columns, Index first, Index count) {
  columns.resize(static_cast<std::size_t>(count));
  std::iota(columns.begin(), columns.end(), first);
}

/// Calls f(columns) with these indices in order, `block` at a time.
template <class F>
void for_each_block(std::span<const Index> columns, Index block, F f) {
  const auto size = static_cast<Index>(columns.size());
  for (Index first = 0; first < size; first += block)
    f(columns.subspan(static_cast<std::size_t>(first),
                      static_cast<std::size_t>(std::min(block, size - first))));
}

/// Calls f(columns) with the indices of the first `limit` samples in order, `block` at a time.
template <class F>
void for_each_block(Index limit, Index block, F f) {
  std::vector<Index> columns;
  for (Index first = 0; first < limit; first += block) {
    set_consecutive(columns, first, std::min(block, limit - first));
    f(std::span<const Index>(columns));
  }
}
}  // namespace detail

}  // namespace harmonium
