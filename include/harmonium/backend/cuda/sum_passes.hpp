/// \file
/// Passes that sum up. The threads of a block sum up one `piece` after another: each its part, then in a
/// tree, down to `width` numbers, which `finish` takes. Pieces depend on the shape alone, so the bytes of a
/// result depend on nothing else.
#pragma once

#include <utility>

#include "pass.hpp"

namespace harmonium::detail {

/// out(0, c) += factor * the sum over units of body(x, bias)
template <class Body, class T>
struct SumOverUnitsPass {
  static constexpr int width = 1;
  Body body;
  CudaIn<T> parameters;
  Index group;
  CudaIn<T> x;
  T factor;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    double sum = 0;
    const T* column = x.column(c);
    if constexpr (Body::grouped) {
      for (Index r = thread * group; r < x.rows; r += threads * group)
        sum += static_cast<double>(
            body(Group<const T>{column + r, group}, Group<const T>{parameters.column(0) + r, group}));
    } else {
      for (Index r = thread; r < x.rows; r += threads)
        sum += static_cast<double>(
            value(column, r, std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{}));
    }
    return sum;
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) += factor * static_cast<T>(sum);
  }

 private:
  template <std::size_t... I>
  constexpr T value(const T* column, Index r, std::index_sequence<I...> /*shapes*/) const {
    return body(column[r], parameters.column(0)[r], parameters.column(static_cast<Index>(I) + 1)[r]...);
  }
};

/// out(r, 0) += the sum over c of weights(0, c) * body(x, bias); eight rows are a piece, for as many numbers
/// make a line of memory.
template <class Body, class T>
struct SumOverSamplesPass {
  static constexpr int width = 8;
  Body body;
  CudaIn<T> parameters, x, weights;
  CudaOut<T> out;
  constexpr Index pieces() const { return (x.rows + width - 1) / width; }
  constexpr double part(Index piece, int thread, int threads) const {
    const Index r = piece * width + thread % width;
    double sum = 0;
    if (r < x.rows)
      for (Index c = thread / width; c < x.cols; c += threads / width)
        sum += static_cast<double>(
            *weights.column(c) *
            value(x.column(c)[r], r, std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{}));
    return sum;
  }
  constexpr void finish(Index piece, int lane, double sum) const {
    const Index r = piece * width + lane;
    if (r < x.rows) out.column(0)[r] += static_cast<T>(sum);
  }

 private:
  template <std::size_t... I>
  constexpr T value(T number, Index r, std::index_sequence<I...> /*shapes*/) const {
    return body(number, parameters.column(0)[r], parameters.column(static_cast<Index>(I) + 1)[r]...);
  }
};

/// out(0, c) += factor * the sum over r of x * y
template <class T>
struct DotColumnsPass {
  static constexpr int width = 1;
  T factor;
  CudaIn<T> x, y;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    double sum = 0;
    for (Index r = thread; r < x.rows; r += threads)
      sum += static_cast<double>(x.column(c)[r]) * static_cast<double>(y.column(c)[r]);
    return sum;
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) += factor * static_cast<T>(sum);
  }
};

/// sums[piece] = the sum of body(x, others...) over every so many numbers; `others` counts from x on
template <class Body, class T, int matrices>
struct SumPass {
  static constexpr int width = 1;
  Body body;
  CudaIn<T> matrix[static_cast<std::size_t>(matrices)];
  Index count;  // of pieces
  double* sums;
  constexpr Index pieces() const { return count; }
  constexpr double part(Index piece, int thread, int threads) const {
    const Cells cells{matrix[0].rows, matrix[0].cols};
    double sum = 0;
    for (Index i = piece * threads + thread; i < cells.count(); i += count * threads) {
      const auto [r, c] = cells.at(i);
      sum += static_cast<double>(value(r, c, std::make_index_sequence<static_cast<std::size_t>(matrices)>{}));
    }
    return sum;
  }
  constexpr void finish(Index piece, int /*lane*/, double sum) const { sums[piece] = sum; }

 private:
  template <std::size_t... I>
  constexpr T value(Index r, Index c, std::index_sequence<I...> /*matrices*/) const {
    return body(matrix[I].column(c)[r]...);
  }
};

/// *sum = the sum of so many numbers
struct SumOfSumsPass {
  static constexpr int width = 1;
  const double* sums;
  Index count;
  double* sum;
  constexpr Index pieces() const { return 1; }
  constexpr double part(Index /*piece*/, int thread, int threads) const {
    double part = 0;
    for (Index i = thread; i < count; i += threads) part += sums[i];
    return part;
  }
  constexpr void finish(Index /*piece*/, int /*lane*/, double total) const { *sum = total; }
};

}  // namespace harmonium::detail
