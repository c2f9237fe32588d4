/// \file
/// What the threads of a launch do. A *pass* is a plain value with a plain function, so that the tests can
/// step through a launch's blocks and threads on the host; `run_pass` and `run_reduction` in kernels.cuh are
/// the only kernels. A pass's function is called once for each of its items, whatever the launch
/// configuration.
#pragma once

#include <cstdint>

#include "../backend.hpp"
#include "memory.hpp"

namespace harmonium::detail {

/// How many numbers a thread takes at once for a body that draws nothing: four, but one if the unit has many
/// parameters. What is computed with them is too long to be unrolled, and the four would be kept in memory.
template <class Body>
inline constexpr int numbers_at_once = Body::shapes > 2 ? 1 : 4;

template <class T>
using CudaOut = View<T, CudaMemory>;
template <class T>
using CudaIn = View<const T, CudaMemory>;

/// All items of thread number `first` of `threads`: the loop that every thread runs.
template <class Pass>
constexpr void walk(const Pass& pass, Index first, Index threads) {
  for (Index i = first; i < pass.items(); i += threads) pass(i);
}

/// Numbers the cells of a matrix in column-major order. Divides in 32 bits where that is enough, which is
/// several times faster on devices.
struct Cells {
  Index rows, cols;
  struct Place {
    Index row, column;
  };
  constexpr Index count() const { return rows * cols; }
  constexpr Place at(Index i) const {
    if (i < rows) return {i, 0};
    if (count() <= 0xffffffff) {
      const auto n = static_cast<std::uint32_t>(i), d = static_cast<std::uint32_t>(rows);
      return {static_cast<Index>(n % d), static_cast<Index>(n / d)};
    }
    return {i % rows, i / rows};
  }
};

/// Four rows of a column belong to one thread.
constexpr Index quads(Index rows) { return (rows + 3) / 4; }
/// Can four rows be moved at once? They can if columns start at multiples of four numbers.
template <class T>
bool moves_by_four(const T* first, Index distance) {
  return reinterpret_cast<std::uintptr_t>(first) % (4 * sizeof(T)) == 0 && distance % 4 == 0;
}
/// The type that moves four rows at once.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T number[4];
};
template <class T>
constexpr Four<T> read_four(const T* first) {
  return *reinterpret_cast<const Four<T>*>(first);
}
template <class T>
constexpr void write_four(const Four<T>& four, T* first) {
  *reinterpret_cast<Four<T>*>(first) = four;
}

}  // namespace harmonium::detail
