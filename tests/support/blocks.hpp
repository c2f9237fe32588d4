// Blocks of larger matrices, which detect writes outside of the block.
#pragma once

#include <Eigen/Core>
#include <harmonium/core/view.hpp>

#include "dice.hpp"

namespace test {

using harmonium::Index;
using harmonium::View;

/// Awkward numbers of rows: none, one, about a vector register, about a chunk, several chunks.
inline constexpr Index awkward_rows[] = {0, 1, 3, 15, 16, 17, 255, 256, 257, 500};
inline constexpr Index awkward_columns[] = {0, 1, 2, 65};

/// rows x cols numbers, within a larger matrix or as a matrix of their own.
template <class T>
class Block {
 public:
  Block(Index rows, Index cols, bool within)
      : top_(within ? 2 : 0),
        left_(within ? 1 : 0),
        rows_(rows),
        cols_(cols),
        whole_(rows + 2 * top_, cols + 2 * left_) {
    whole_.setConstant(T(99));
  }
  /// Random numbers from a seed.
  Block(Index rows, Index cols, bool within, std::uint64_t seed) : Block(rows, cols, within) {
    Dice dice(seed);
    for (Index c = 0; c < cols; ++c)
      for (Index r = 0; r < rows; ++r) (*this)(r, c) = static_cast<T>(dice.normal());
  }
  View<T> view() { return {whole_.data() + left_ * whole_.rows() + top_, rows_, cols_, whole_.rows()}; }
  View<const T> view() const {
    return {whole_.data() + left_ * whole_.rows() + top_, rows_, cols_, whole_.rows()};
  }
  T& operator()(Index r, Index c) { return whole_(r + top_, c + left_); }
  T operator()(Index r, Index c) const { return whole_(r + top_, c + left_); }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  /// Has nothing been written outside of the block?
  bool surroundings_intact() const {
    for (Index c = 0; c < whole_.cols(); ++c)
      for (Index r = 0; r < whole_.rows(); ++r) {
        const bool inside = r >= top_ && r < top_ + rows_ && c >= left_ && c < left_ + cols_;
        if (!inside && whole_(r, c) != T(99)) return false;
      }
    return true;
  }

 private:
  Index top_, left_, rows_, cols_;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> whole_;
};

/// Calls f(rows, cols, within) with all awkward shapes, each as a matrix of its own and as a block.
template <class F>
void for_each_shape(F f) {
  for (const Index rows : awkward_rows)
    for (const Index cols : awkward_columns)
      for (const bool within : {false, true}) f(rows, cols, within);
}

}  // namespace test
