/// \file
/// Samples of which most numbers are zero: Eigen's sparse matrices as they are, one sample per column.
/// Batches are made dense one at a time; the data never are.
#pragma once

#include <Eigen/SparseCore>
#include <algorithm>
#include <concepts>
#include <span>
#include <type_traits>

#include "../core/view.hpp"
#include "host_block.hpp"

namespace harmonium {

namespace detail {
template <class M>
inline constexpr bool is_sparse = false;
template <class M>
requires requires {
  typename M::StorageIndex;
  requires std::derived_from<M, Eigen::SparseMatrixBase<M>>;
}
inline constexpr bool is_sparse<M> = true;
}  // namespace detail

/// A sparse matrix whose columns can be walked through: an `Eigen::SparseMatrix`, `Map` or `Ref` that is not
/// row-major.
template <class M>
concept SparseColumns =
    detail::is_sparse<M> && std::derived_from<M, Eigen::SparseCompressedBase<M>> && !M::IsRowMajor;

namespace detail {

/// Calls f(row, number) for each stored number of a column.
template <SparseColumns M, class F>
void for_each_stored(const M& values, Index column, F f) {
  for (typename Eigen::SparseCompressedBase<M>::InnerIterator it(values, column); it; ++it)
    f(static_cast<Index>(it.index()), it.value());
}

/// out(:, i) = scale * values(:, columns[i]), dense
template <class B, SparseColumns M>
void gather_sparse(const B& on, const M& values, std::span<const Index> columns, typename B::Scalar scale,
                   View<typename B::Scalar, typename B::Memory> out) {
  using T = typename B::Scalar;
  write_block(on, out, [&](View<T> to) {
    for (Index i = 0; i < to.cols; ++i) {
      std::fill_n(to.column(i), to.rows, T(0));
      for_each_stored(values, columns[static_cast<std::size_t>(i)],
                      [&](Index row, auto x) { to(row, i) = static_cast<T>(x) * scale; });
    }
  });
}

/// A matrix from its compressed columns: column i has the numbers begins[i] to begins[i + 1] - 1. Eigen's own
/// conversion would take memory for twice as many numbers as there are rows or columns.
inline Eigen::SparseMatrix<float> from_compressed(Index rows, std::span<const int> begins,
                                                  std::span<const int> indices,
                                                  std::span<const float> values) {
  Eigen::SparseMatrix<float> matrix(rows, static_cast<Index>(begins.size()) - 1);
  matrix.resizeNonZeros(static_cast<Index>(values.size()));
  std::copy(begins.begin(), begins.end(), matrix.outerIndexPtr());
  std::copy(indices.begin(), indices.end(), matrix.innerIndexPtr());
  std::copy(values.begin(), values.end(), matrix.valuePtr());
  return matrix;
}

/// A matrix with the numbers of another one, which is empty afterwards: Eigen 3.4 would copy them.
template <class T>
Eigen::SparseMatrix<T> taken(Eigen::SparseMatrix<T>& from) {
  Eigen::SparseMatrix<T> matrix;
  matrix.swap(from);
  return matrix;
}

/// The given columns, in the given order.
template <class T>
Eigen::SparseMatrix<T> chosen_columns(const Eigen::SparseMatrix<T>& from, std::span<const Index> columns) {
  Eigen::SparseMatrix<T> chosen(from.rows(), static_cast<Index>(columns.size()));
  Index count = 0;
  for (const Index c : columns) count += from.outerIndexPtr()[c + 1] - from.outerIndexPtr()[c];
  chosen.reserve(count);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    chosen.startVec(static_cast<Index>(i));
    for_each_stored(from, columns[i],
                    [&](Index row, T x) { chosen.insertBack(row, static_cast<Index>(i)) = x; });
  }
  chosen.finalize();
  return chosen;
}

}  // namespace detail

/// A sparse matrix as a source of batches, one sample per column; the matrix must outlive the source.
template <SparseColumns M>
class SparseSource {
 public:
  /// Views a matrix.
  explicit SparseSource(const M& values) : values_(values) {}
  /// Numbers per sample.
  Index rows() const { return values_.rows(); }
  /// Number of samples.
  Index size() const { return values_.cols(); }
  /// out(:, i) = sample columns[i], dense
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    detail::gather_sparse(on, values_, columns, typename B::Scalar(1), out);
  }
  /// Only some numbers are stored: `for_each_entry` visits all that are not zero.
  static constexpr bool is_sparse() { return true; }
  /// Calls f(row, number) for each stored number of a sample; all others are zero.
  template <class F>
  void for_each_entry(Index sample, F f) const {
    detail::for_each_stored(values_, sample, [&](Index row, auto x) { f(row, static_cast<double>(x)); });
  }
  /// There are no labels.
  std::span<const int> labels() const { return {}; }

 private:
  const M& values_;
};

}  // namespace harmonium
