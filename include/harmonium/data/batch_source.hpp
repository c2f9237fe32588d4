/// \file
/// Where batches come from: anything that can fill a block of columns with the samples of given numbers.
#pragma once

#include <algorithm>
#include <concepts>
#include <span>
#include <vector>

#include "../core/view.hpp"

namespace harmonium {

/// What one step learns from. Fields that a trainer does not need stay empty.
template <class T, class Memory = HostMemory>
struct Batch {
  View<const T, Memory> values;      ///< rows x n, a sample a column
  std::span<const int> labels = {};  ///< n classes, counted from 0
};

/// Samples by their number, for backend `B`.
///
/// function | does
/// ---|---
/// `rows()`, `size()` | numbers in a sample, samples
/// `fill(on, columns, out)` | out(:, i) = sample columns[i]; out is rows() x columns.size()
/// `labels()` | a class for each sample, or nothing
template <class S, class B>
concept BatchSource = requires(const S& source, const B& on, std::span<const Index> columns,
                               View<typename B::Scalar, typename B::Memory> out) {
  { source.rows() } -> std::convertible_to<Index>;
  { source.size() } -> std::convertible_to<Index>;
  source.fill(on, columns, out);
  { source.labels() } -> std::convertible_to<std::span<const int>>;
};

/// A matrix that lies in the backend's memory already, a sample a column; the view must outlive the source.
template <class T, class Memory = HostMemory>
struct MatrixSource {
  View<const T, Memory> values;  ///< rows x size
  Index rows() const { return values.rows; }
  Index size() const { return values.cols; }
  template <class B>
  void fill(const B& on, std::span<const Index> columns, View<T, Memory> out) const {
    on.gather(values, columns, T(1), out);
  }
  std::span<const int> labels() const { return {}; }
};

namespace detail {
/// Calls f(columns) with the numbers of the first `limit` samples in order, `block` at a time.
template <class F>
void for_each_block(Index limit, Index block, F f) {
  std::vector<Index> columns;
  for (Index first = 0; first < limit; first += block) {
    columns.resize(static_cast<std::size_t>(std::min(block, limit - first)));
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = first + static_cast<Index>(i);
    f(std::span<const Index>(columns));
  }
}
}  // namespace detail

}  // namespace harmonium
