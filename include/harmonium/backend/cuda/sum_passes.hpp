/// \file
/// Passes that sum. The threads of a block sum one `piece` after another: each thread its part, then all in a
/// tree, down to `width` numbers, which `finish` receives. Pieces depend on the shape alone, so results are
/// bit-identical whatever the launch.
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

/// How a matrix is split to sum its rows: each piece has `width` rows and one of `cuts` ranges of columns. If
/// there are several ranges, each has its own sums, for `AddSumsPass`.
template <class T, int width>
struct RowSums {
  CudaOut<T> out;
  Index rows, cols, cuts;
  double* sums;  ///< rows x cuts

  constexpr Index pieces() const { return (rows + width - 1) / width * cuts; }
  constexpr Index row(Index piece, int lane) const { return piece / cuts * width + lane; }
  constexpr Index first_column(Index piece) const { return cols * (piece % cuts) / cuts; }
  constexpr Index last_column(Index piece) const { return cols * (piece % cuts + 1) / cuts; }
  constexpr void finish(Index piece, int lane, double sum) const {
    const Index r = row(piece, lane);
    if (r >= rows) return;
    if (cuts == 1) {
      out.column(0)[r] += static_cast<T>(sum);
    } else {
      sums[r * cuts + piece % cuts] = sum;
    }
  }
};

/// out(r, 0) += the sum of a row's sums
template <class T>
struct AddSumsPass {
  CudaOut<T> out;
  Index cuts;
  const double* sums;
  constexpr Index items() const { return out.rows; }
  constexpr void operator()(Index r) const {
    double sum = 0;
    for (Index cut = 0; cut < cuts; ++cut) sum += sums[r * cuts + cut];
    out.column(0)[r] += static_cast<T>(sum);
  }
};

/// out(r, 0) += the sum over c of weights(0, c) * body(x, bias); a piece has eight rows, since that many
/// numbers make up a line of memory.
template <class Body, class T>
struct SumOverSamplesPass {
  static constexpr int width = 8;
  Body body;
  CudaIn<T> parameters, x, weights;
  RowSums<T, width> cut;
  constexpr Index pieces() const { return cut.pieces(); }
  constexpr double part(Index piece, int thread, int threads) const {
    const Index r = cut.row(piece, thread % width), last = cut.last_column(piece);
    double sum = 0;
    if (r < x.rows)
      for (Index c = cut.first_column(piece) + thread / width; c < last; c += threads / width)
        sum += static_cast<double>(
            *weights.column(c) *
            value(x.column(c)[r], r, std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{}));
    return sum;
  }
  constexpr void finish(Index piece, int lane, double sum) const { cut.finish(piece, lane, sum); }

 private:
  template <std::size_t... I>
  constexpr T value(T number, Index r, std::index_sequence<I...> /*shapes*/) const {
    return body(number, parameters.column(0)[r], parameters.column(static_cast<Index>(I) + 1)[r]...);
  }
};

/// x(:, c) = weights(0, c) * body(input + bias), and out(r, 0) += the sum over c of x(r, c). For units of one
/// row each and bodies that draw nothing.
template <class Body, class T>
struct WeighPass {
  static constexpr int width = 32;
  static constexpr int at_once = numbers_at_once<Body>;  // that a thread loads before it uses the first
  Body body;
  CudaIn<T> parameters, input, weights;
  CudaOut<T> x;
  RowSums<T, width> cut;
  constexpr Index pieces() const { return cut.pieces(); }
  constexpr double part(Index piece, int thread, int threads) const {
    const Index r = cut.row(piece, thread % width), step = threads / width;
    if (r >= x.rows) return 0;
    return weigh(r, cut.first_column(piece) + thread / width, cut.last_column(piece), step,
                 std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{});
  }
  constexpr void finish(Index piece, int lane, double sum) const { cut.finish(piece, lane, sum); }

 private:
  template <std::size_t... I>
  constexpr double weigh(Index r, Index first, Index last, Index step,
                         std::index_sequence<I...> /*shapes*/) const {
    const T bias = parameters.column(0)[r];
    double sum = 0;
    for (Index begin = first; begin < last; begin += at_once * step) {
      T field[at_once] = {}, weight[at_once] = {};
      for (int k = 0; k < at_once; ++k) {
        const Index c = begin + k * step;
        if (c >= last) continue;
        field[k] = input.column(c)[r] + bias;
        weight[k] = *weights.column(c);
      }
      for (int k = 0; k < at_once; ++k) {
        const Index c = begin + k * step;
        if (c >= last) continue;
        NoRandom random;
        const T value = body(field[k], field[k], random, parameters.column(static_cast<Index>(I) + 1)[r]...);
        const T weighted = value * weight[k];
        x.column(c)[r] = weighted;
        sum += static_cast<double>(weighted);
      }
    }
    return sum;
  }
};

/// A thread's share of the sum over r of x(r, c) y(r, c).
template <class T>
constexpr double part_of_dot(CudaIn<T> x, CudaIn<T> y, Index c, int thread, int threads) {
  double sum = 0;
  for (Index r = thread; r < x.rows; r += threads)
    sum += static_cast<double>(x.column(c)[r]) * static_cast<double>(y.column(c)[r]);
  return sum;
}

/// out(0, c) += factor * the sum over r of x * y
template <class T>
struct DotColumnsPass {
  static constexpr int width = 1;
  T factor;
  CudaIn<T> x, y;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    return part_of_dot(x, y, c, thread, threads);
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) += factor * static_cast<T>(sum);
  }
};

/// out(0, c) = the Euclidean norm of x(:, c)
template <class T>
struct ColumnNormsPass {
  static constexpr int width = 1;
  CudaIn<T> x;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    return part_of_dot(x, x, c, thread, threads);
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) = norm_from(sum, x.column(c), x.rows);
  }
};

/// sums[piece] = the sum of body(x, others...) over the numbers of one piece; `matrices` includes x
template <class Body, class T, int matrices>
struct SumPass {
  static constexpr int width = 1;
  Body body;
  CudaIn<T> matrix[static_cast<std::size_t>(matrices)];
  Index count;  // number of pieces
  double* sums;
  constexpr Index pieces() const { return count; }
  constexpr double part(Index piece, int thread, int threads) const {
    const Cells cells{matrix[0].rows, matrix[0].cols};
    double sum = 0;
    for (Index i = piece * threads + thread; i < cells.count(); i += count * threads) {
      const auto [r, c] = cells.at(i);
      sum += value(r, c, std::make_index_sequence<static_cast<std::size_t>(matrices)>{});
    }
    return sum;
  }
  constexpr void finish(Index piece, int /*lane*/, double sum) const { sums[piece] = sum; }

 private:
  template <std::size_t... I>
  constexpr double value(Index r, Index c, std::index_sequence<I...> /*matrices*/) const {
    return static_cast<double>(body(matrix[I].column(c)[r]...));
  }
};

/// *sum = the sum of `count` numbers
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
