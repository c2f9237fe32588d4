/// \file
/// Views: column-major memory that is owned elsewhere. A sample is a column.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace harmonium {

/// Counts and positions; the same type as Eigen's.
using Index = std::ptrdiff_t;

/// Marks a view's memory as host memory. Each backend has its own such tag, so that passing host memory to a
/// device does not compile.
struct HostMemory {};

namespace detail {
template <class M>
struct MemoryOf {
  using type = HostMemory;
};
template <class M>
requires requires { typename M::Memory; }
struct MemoryOf<M> {
  using type = typename M::Memory;
};
template <class M>
inline constexpr bool is_row = false;
template <class M>
requires requires { M::RowsAtCompileTime; }
inline constexpr bool is_row<M> = M::RowsAtCompileTime == 1 && M::IsRowMajor;
// Are a column's numbers contiguous? Not in row-major matrices, nor in Eigen's strided ones.
template <class M>
inline constexpr bool is_column_major = true;
template <class M>
requires requires { M::InnerStrideAtCompileTime; }
inline constexpr bool is_column_major<M> = is_row<M> || (!M::IsRowMajor && M::InnerStrideAtCompileTime == 1);
}  // namespace detail

/// A matrix that owns, or itself views, column-major memory of kind `Memory`: every plain Eigen matrix, `Map`
/// and `Ref`, and the matrices of the other backends, but not Eigen's lazy expressions; evaluate those first.
template <class M, class T, class Memory>
concept ViewableAs = requires(M& m) {
  { m.data() } -> std::convertible_to<T*>;
  { m.rows() } -> std::convertible_to<Index>;
  { m.cols() } -> std::convertible_to<Index>;
  { m.outerStride() } -> std::convertible_to<Index>;
}
&&std::same_as<typename detail::MemoryOf<std::remove_const_t<M>>::type, Memory>&&
    detail::is_column_major<std::remove_const_t<M>>;

/// `rows` x `cols` numbers of type `T`; column c begins at `data + c * leading_dimension`. Blocks of columns
/// and of rows are views again. `View<const T>` is read-only, and every `View<T>` converts to it.
template <class T, class Memory = HostMemory>
struct View {
  T* data = nullptr;            ///< first number
  Index rows = 0;               ///< numbers in a column
  Index cols = 0;               ///< columns
  Index leading_dimension = 0;  ///< from the start of one column to the next: at least `rows`, or 0
                                ///< to read a row in which every number is the first one

  View() = default;
  /// Views raw memory.
  constexpr View(T* first, Index row_count, Index col_count, Index column_distance)
      : data(first), rows(row_count), cols(col_count), leading_dimension(column_distance) {}
  /// Views an Eigen matrix, or another backend's, without a copy.
  template <class M>
  requires ViewableAs<M, T, Memory>
  constexpr View(M& m)
      : View(m.data(), m.rows(), m.cols(), distance(m)) {}  // NOLINT: views convert by themselves
  /// The same for temporaries, which live until the end of the call that they are passed to.
  template <class M>
  requires(ViewableAs<const M, T, Memory>&& std::is_const_v<T>) constexpr View(const M& m)
      : View(m.data(), m.rows(), m.cols(), distance(m)) {}  // NOLINT
  /// A writable view converts to a read-only one.
  template <class U>
  requires(std::is_const_v<T>&& std::same_as<U, std::remove_const_t<T>>) constexpr View(
      const View<U, Memory>& writable)  // NOLINT
      : View(writable.data, writable.rows, writable.cols, writable.leading_dimension) {}

  /// Where column `c` begins.
  constexpr T* column(Index c) const { return data + c * leading_dimension; }
  /// The number in row `r` of column `c`; for memory that the host can read.
  constexpr T& operator()(Index r, Index c) const requires std::same_as<Memory, HostMemory> {
    return data[c * leading_dimension + r];
  }
  /// How many numbers there are.
  constexpr Index size() const { return rows * cols; }
  /// `count` columns, starting at column `first`.
  constexpr View columns(Index first, Index count) const {
    return {column(first), rows, count, leading_dimension};
  }
  /// `count` rows, starting at row `first`.
  constexpr View rows_from(Index first, Index count) const {
    return {cols == 0 ? data : data + first, count, cols, leading_dimension};  // no columns: no memory
  }

 private:
  // Eigen's row vectors are row-major, and the outer stride that it reports for vectors is arbitrary.
  template <class M>
  static constexpr Index distance(const M& m) {
    if constexpr (detail::is_row<M>) {
      return Index(m.innerStride());
    } else {
      return m.cols() == 1 ? Index(m.rows()) : Index(m.outerStride());
    }
  }
};

}  // namespace harmonium
