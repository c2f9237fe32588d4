/// \file
/// The CUDA backend's operations: which pass each one runs, and how it is launched. Plain C++, except for two
/// functions that are only declared here: kernels.cuh defines them with kernels, the tests with loops on the
/// host.
#pragma once

#include <algorithm>
#include <array>
#include <limits>

#include "../cuda.hpp"
#include "moving_passes.hpp"
#include "sum_passes.hpp"
#include "transform_passes.hpp"
#include "update_pass.hpp"

namespace harmonium::detail {

/// The kernel that calls pass(i) for all items of a pass, and the one that sums all of its pieces. Each takes
/// the pass as its argument.
template <class Pass>
const void* pass_kernel();
template <class Pass>
const void* reduction_kernel();

/// The largest number of blocks per launch; threads loop over any remaining items.
inline constexpr Index most_cuda_blocks = 8192;

/// Blocks of a launch for `items` items.
constexpr Index cuda_blocks(Index items) {
  return std::min((items + cuda_threads - 1) / cuda_threads, most_cuda_blocks);
}

/// Launches the kernel that runs a pass; `what` is for error messages.
template <class Pass>
void launch_pass(CudaQueue queue, const Pass& pass, const char* what) {
  static_assert(std::is_trivially_copyable_v<Pass> && alignof(Pass) <= 16);
  if (pass.items() > 0)
    cuda_launch(queue, pass_kernel<Pass>(), cuda_blocks(pass.items()), &pass, sizeof(pass), what);
}
template <class Pass>
void launch_reduction(CudaQueue queue, const Pass& pass, const char* what) {
  static_assert(std::is_trivially_copyable_v<Pass> && alignof(Pass) <= 16);
  if (pass.pieces() > 0)
    cuda_launch(queue, reduction_kernel<Pass>(), std::min(pass.pieces(), most_cuda_blocks), &pass,
                sizeof(pass), what);
}

/// Treats matrices without gaps as one long column.
template <class V, class... Views>
void make_long(V& x, Views&... others) {
  if (x.cols <= 1 || x.leading_dimension != x.rows || ((others.leading_dimension != x.rows) || ...)) return;
  const auto flat = [](auto& view) { view = {view.data, view.rows * view.cols, 1, view.rows * view.cols}; };
  flat(x);
  (flat(others), ...);
}

template <class T>
void CudaBasics<T>::fill(CudaQueue queue, CudaOut<T> x, T value) {
  make_long(x);
  launch_pass(queue, FillPass<T>{x, value}, "fill");
}

template <class T>
void CudaBasics<T>::store(CudaQueue queue, View<const T> host, CudaOut<T> x) {
  StorePass<T> pass{x, 0, 0, {}};
  for (Index i = 0; i < x.size(); ++i) {
    pass.values[pass.count++] = host(i % x.rows, i / x.rows);
    if (pass.count == pass.most || i + 1 == x.size()) {
      launch_pass(queue, pass, "upload");
      pass.first = i + 1;
      pass.count = 0;
    }
  }
}

template <class T>
void CudaBasics<T>::scale_columns(CudaQueue queue, CudaOut<T> x, CudaIn<T> weights) {
  launch_pass(queue, ScaleColumnsPass<T>{x, weights}, "scale_columns");
}

template <class T>
void CudaBasics<T>::dot_columns(CudaQueue queue, T factor, CudaIn<T> x, CudaIn<T> y, CudaOut<T> out) {
  launch_reduction(queue, DotColumnsPass<T>{factor, x, y, out}, "dot_columns");
}

template <class T>
void CudaBasics<T>::column_norms(CudaQueue queue, CudaIn<T> x, CudaOut<T> out) {
  launch_reduction(queue, ColumnNormsPass<T>{x, out}, "column_norms");
}

template <class From, class T>
void CudaGather<From, T>::run(CudaQueue queue, CudaIn<From> table, std::span<const Index> columns, T scale,
                              CudaOut<T> x) {
  check<ShapeError>(table.cols <= std::numeric_limits<std::int32_t>::max(), "gather: the data have ",
                    table.cols, " columns, a device supports at most ",
                    std::numeric_limits<std::int32_t>::max());
  const bool aligned =
      moves_by_four(table.data, table.leading_dimension) && moves_by_four(x.data, x.leading_dimension);
  const auto launch = [&]<Index most>(std::integral_constant<Index, most>, Index first) {
    const Index count = std::min(most, x.cols - first);
    GatherPass<From, T, most> pass{table, scale, x.columns(first, count), aligned, {}};
    for (Index i = 0; i < count; ++i)
      pass.columns[i] = static_cast<std::int32_t>(columns[static_cast<std::size_t>(first + i)]);
    launch_pass(queue, pass, "gather");
    return count;
  };
  // A launch takes up to 32764 bytes of arguments, and starts faster with fewer.
  for (Index first = 0; first < x.cols;) {
    const Index left = x.cols - first;
    first += left <= 256    ? launch(std::integral_constant<Index, 256>{}, first)
             : left <= 1024 ? launch(std::integral_constant<Index, 1024>{}, first)
                            : launch(std::integral_constant<Index, 8100>{}, first);
  }
}

template <class Body, class T>
void CudaTransform<Body, T>::run(CudaQueue queue, const Body& body, CudaIn<T> parameters, Index group,
                                 CudaIn<T> input, CudaIn<T> other, CudaOut<T> x, Draws draws,
                                 Index first_row) {
  if constexpr (Body::grouped) {
    launch_pass(queue,
                TransformGroupsPass<Body, T>{body, parameters, group, input, other, x, draws, first_row},
                "transform");
  } else {
    const auto good = [](const auto& view) {
      return moves_by_four(view.data, view.cols == 1 ? 0 : view.leading_dimension);
    };
    const bool aligned =
        first_row % 4 == 0 && moves_by_four(parameters.data, 0) && good(input) && good(other) && good(x);
    launch_pass(queue, TransformPass<Body, T>{body, parameters, input, other, x, draws, first_row, aligned},
                "transform");
  }
}

template <class Body, class T>
void CudaSumOverUnits<Body, T>::run(CudaQueue queue, const Body& body, CudaIn<T> parameters, Index group,
                                    CudaIn<T> x, T factor, CudaOut<T> out) {
  launch_reduction(queue, SumOverUnitsPass<Body, T>{body, parameters, group, x, factor, out},
                   "sum_over_units");
}

/// Enough pieces to keep a device busy: several blocks per multiprocessor.
inline constexpr Index most_row_sum_pieces = 1024;

/// Sums over rows by `make(cut)`, a pass whose rows alone may be too few pieces to keep a device busy:
/// columns are split as well, into ranges of at least `least`.
template <class T, int width, class Make>
void launch_row_sums(CudaQueue queue, CudaOut<T> out, Index rows, Index cols, Index least, const Make& make,
                     const char* what) {
  const Index row_pieces = (rows + width - 1) / width;
  const Index cuts =
      std::max<Index>(1, std::min(most_row_sum_pieces / std::max<Index>(1, row_pieces), cols / least));
  if (cuts == 1) return launch_reduction(queue, make(RowSums<T, width>{out, rows, cols, 1, nullptr}), what);
  static_assert(most_row_sum_pieces * width <= cuda_scratch_numbers);
  // In one step, so that no other work uses the scratch memory between the two launches.
  CudaStep step;
  double* const sums = cuda_scratch(queue);
  launch_reduction(queue, make(RowSums<T, width>{out, rows, cols, cuts, sums}), what);
  launch_pass(queue, AddSumsPass<T>{out, cuts, sums}, what);
  step.end();
}

template <class Body, class T>
void CudaSumOverSamples<Body, T>::run(CudaQueue queue, const Body& body, CudaIn<T> parameters, CudaIn<T> x,
                                      CudaIn<T> weights, CudaOut<T> out) {
  using Pass = SumOverSamplesPass<Body, T>;
  launch_row_sums<T, Pass::width>(
      queue, out, x.rows, x.cols, 256,
      [&](RowSums<T, Pass::width> cut) {
        return Pass{body, parameters, x, weights, cut};
      },
      "sum_over_samples");
}

template <class Body, class T>
void CudaWeigh<Body, T>::run(CudaQueue queue, const Body& body, CudaIn<T> parameters, CudaIn<T> input,
                             CudaIn<T> weights, CudaOut<T> x, CudaOut<T> out) {
  using Pass = WeighPass<Body, T>;
  launch_row_sums<T, Pass::width>(
      queue, out, x.rows, x.cols, 64,
      [&](RowSums<T, Pass::width> cut) { return Pass{body, parameters, input, weights, x, cut}; }, "weigh");
}

template <class Rule, class T, int others>
void CudaUpdate<Rule, T, others>::run(CudaQueue queue, const Rule& rule, CudaOut<T> x,
                                      const CudaOut<T>* other) {
  UpdatePass<Rule, T, others> pass{rule, x, {}, false};
  std::copy(other, other + others, pass.other);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    make_long(pass.x, pass.other[I]...);
    // With a single column, the distance between columns does not matter.
    const auto good = [](const CudaOut<T>& view) {
      return moves_by_four(view.data, view.cols == 1 ? 0 : view.leading_dimension);
    };
    pass.aligned = good(pass.x) && (good(pass.other[I]) && ...);
  }
  (std::make_index_sequence<static_cast<std::size_t>(others)>{});
  launch_pass(queue, pass, "update");
}

template <class Body, class T, int matrices>
double CudaSum<Body, T, matrices>::run(CudaQueue queue, const Body& body, const CudaIn<T>* matrix) {
  const Index size = matrix[0].size();
  if (size == 0) return 0;
  SumPass<Body, T, matrices> pass{body, {}, std::min<Index>((size + 1023) / 1024, 1024), nullptr};
  std::copy(matrix, matrix + matrices, pass.matrix);
  [&]<std::size_t... I>(std::index_sequence<0, I...>) { make_long(pass.matrix[0], pass.matrix[I]...); }
  (std::make_index_sequence<static_cast<std::size_t>(matrices)>{});
  CudaMatrix<double> sums(pass.count + 1, 1);  // the last number is the total
  double* const total = sums.data() + pass.count;
  pass.sums = sums.data();
  launch_reduction(queue, pass, "sum");
  launch_reduction(queue, SumOfSumsPass{sums.data(), pass.count, total}, "sum");
  double sum = 0;
  cuda_copy(queue, CudaCopy::to_host, View<double>(&sum, 1, 1, 1), CudaIn<double>(total, 1, 1, 1));
  return sum;
}

}  // namespace harmonium::detail
