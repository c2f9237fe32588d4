/// \file
/// Passes that set and move numbers.
#pragma once

#include "pass.hpp"

namespace harmonium::detail {

/// x = value
template <class T>
struct FillPass {
  CudaOut<T> x;
  T value;
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    for (Index r = 4 * quad; r < 4 * quad + 4 && r < x.rows; ++r) x.column(c)[r] = value;
  }
};

/// Numbers that travel in the launch itself: small uploads need neither waiting nor memory that outlives the
/// call.
template <class T>
struct StorePass {
  static constexpr Index most = 3840 / static_cast<Index>(sizeof(T));  // a launch takes up to 4096 bytes
  CudaOut<T> x;
  Index first, count;  // which numbers of x, in column-major order
  T values[static_cast<std::size_t>(most)];
  constexpr Index items() const { return count; }
  constexpr void operator()(Index i) const {
    const auto [r, c] = Cells{x.rows, x.cols}.at(first + i);
    x.column(c)[r] = values[i];
  }
};

/// x(:, i) = scale * table(:, columns[i]), for column numbers that travel in the launch itself, at most
/// `most` of them
template <class From, class T, Index most>
struct GatherPass {
  CudaIn<From> table;
  T scale;
  CudaOut<T> x;
  bool aligned;  // are all columns aligned for moving four numbers at once?
  std::int32_t columns[static_cast<std::size_t>(most)];
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    const From* from = table.column(columns[c]);
    T* to = x.column(c);
    const Index first = 4 * quad;
    if (aligned && first + 4 <= x.rows) {
      const Four<From> four = read_four(from + first);
      Four<T> scaled{};
      for (int k = 0; k < 4; ++k) scaled.number[k] = static_cast<T>(four.number[k]) * scale;
      write_four(scaled, to + first);
    } else {
      for (Index r = first; r < first + 4 && r < x.rows; ++r) to[r] = static_cast<T>(from[r]) * scale;
    }
  }
};

/// x(:, c) *= weights(0, c)
template <class T>
struct ScaleColumnsPass {
  CudaOut<T> x;
  CudaIn<T> weights;
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    const T weight = *weights.column(c);
    T* column = x.column(c);
    for (Index r = 4 * quad; r < 4 * quad + 4 && r < x.rows; ++r) column[r] *= weight;
  }
};

}  // namespace harmonium::detail
