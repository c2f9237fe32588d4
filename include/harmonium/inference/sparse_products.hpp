/// \file
/// Products of sparse samples with weights, number by number.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include "../backend/backend.hpp"
#include "../core/error.hpp"
#include "../core/host_matrix.hpp"

namespace harmonium::detail {

/// A source that can say of its samples which numbers are not zero.
template <class Source>
concept EntrySource = requires(const Source& source) {
  { source.is_sparse() } -> std::same_as<bool>;
  source.for_each_entry(Index(0), [](Index, double) {});
};

/// The share of numbers that are not zero up to which the products of sparse samples with weights are faster
/// than those of dense blocks: see the measurements in the guide (sparse.md).
inline constexpr double most_sparse = 0.02;

/// Is it worth while to multiply a source's samples with weights number by number? From 500 samples on, since
/// the weights are transposed for it.
template <EntrySource Source>
bool sparse_pays(const Source& source) {
  if (!source.is_sparse() || source.size() < 500) return false;
  double numbers = 0;
  for (Index c = 0; c < source.size(); ++c) source.for_each_entry(c, [&](Index, double) { ++numbers; });
  return numbers <= most_sparse * static_cast<double>(source.rows()) * static_cast<double>(source.size());
}

/// W^T v of sparse samples, H x n, number by number in the order in which they are stored: the same for any
/// number of threads. \throws DataError if a number is not finite
template <class B, EntrySource Source>
void set_sparse_inputs(const B& on, const char* caller, const Matrix<B>& weights, const Source& source,
                       Matrix<B>& input) {
  using T = ScalarOf<B>;
  const HostMatrix<T> rows = weights.transpose();  // so that those of a sample's numbers are contiguous
  constexpr Index together = 64;                   // samples in a piece
  for (Index c = 0; c < source.size(); ++c)
    source.for_each_entry(c, [&](Index r, double x) {
      check<DataError>(std::isfinite(x), caller, ": the data have ", x, " in row ", r, " of column ", c,
                       ", expected a finite number");
    });
  on.for_each_piece((source.size() + together - 1) / together, [&](Index piece) {
    const Index end = std::min(source.size(), (piece + 1) * together);
    for (Index c = piece * together; c < end; ++c) {
      input.col(c).setZero();
      source.for_each_entry(c, [&](Index r, double x) { input.col(c) += static_cast<T>(x) * rows.col(r); });
    }
  });
}

}  // namespace harmonium::detail
