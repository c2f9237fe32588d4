/// \file
/// Nearest neighbours by brute force: one matrix product per pair of blocks.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <vector>

#include "../backend/cpu.hpp"

namespace harmonium {

namespace detail {

/// `same`: both are one set, and a column is not its own neighbour.
template <class T>
std::vector<Index> nearest_columns(const Cpu<T>& on, View<const T> x, View<const T> others, bool same) {
  constexpr Index block = 256;
  const Eigen::Matrix<T, Eigen::Dynamic, 1> lengths = eigen_map(others).colwise().squaredNorm().transpose();
  HostMatrix<T> products(block, block);
  std::vector<Index> nearest(static_cast<std::size_t>(x.cols), -1);
  std::array<T, block> best;
  for (Index first = 0; first < x.cols; first += block) {
    const Index count = std::min(block, x.cols - first);
    best.fill(std::numeric_limits<T>::infinity());
    for (Index other = 0; other < others.cols; other += block) {
      const Index some = std::min(block, others.cols - other);
      on.multiply(Op::transposed, Op::plain, T(-2), others.columns(other, some), x.columns(first, count),
                  T(0), View<T>(products.data(), some, count, block));
      for (Index c = 0; c < count; ++c)
        for (Index r = 0; r < some; ++r) {
          const T distance = products(r, c) + lengths(other + r);  // but for the length of x's column
          T& least = best[static_cast<std::size_t>(c)];
          if (distance < least && !(same && other + r == first + c)) {
            least = distance;
            nearest[static_cast<std::size_t>(first + c)] = other + r;
          }
        }
    }
  }
  check<DataError>(std::find(nearest.begin(), nearest.end(), -1) == nearest.end(),
                   "nearest_columns: distances are too large for the numbers' precision");
  return nearest;
}

}  // namespace detail

/// For each column of x, which one of `others` is nearest (Euclidean distance, up to rounding). \throws
/// ShapeError if rows differ \throws DataError if there are no others, or distances overflow or are NaN
template <class T>
std::vector<Index> nearest_columns(const Cpu<T>& on, std::type_identity_t<View<const T>> x,
                                   std::type_identity_t<View<const T>> others) {
  check<ShapeError>(x.rows == others.rows, "nearest_columns: x has ", x.rows, " rows, the others have ",
                    others.rows);
  check<DataError>(others.cols >= 1, "nearest_columns: there are no others");
  return detail::nearest_columns(on, x, others, false);
}

}  // namespace harmonium
