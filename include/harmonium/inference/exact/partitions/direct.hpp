/// \file
/// A layer summed out at each input of a grid: the field is a sum of two, its log-partition and mean are
/// computed as everywhere else. For units whose log-partition has no simpler form, and for fields so large
/// that exponentials of their parts would overflow.
#pragma once

#include <utility>

#include "../../../models/layer.hpp"
#include "../state_grid.hpp"

namespace harmonium::detail {

/// Calls f(shape...) with the shape parameters of a row.
template <class U, class F>
auto with_shapes(const Layer<U, Cpu<double>>& layer, Index row, F f) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return f(layer.parameters(row, static_cast<Index>(I) + 1)...);
  }
  (ShapesOf<U>{});
}

/// A layer that receives low(:, l) + high(:, h).
template <class U>
class DirectPartition {
  using Matrix = HostMatrix<DoubleIn<U>>;

 public:
  /// Are its sums that much slower than of other layers that fewer states should be summed over?
  static constexpr bool slow = true;

  /// \param layer must outlive this object
  /// \param low rows x lows: inputs from the low states
  DirectPartition(const Layer<U, Cpu<double>>& layer, Matrix low) : layer_(&layer), low_(std::move(low)) {}

  /// Inputs from high states, rows x n.
  void set_high(View<const double> high) { high_ = high; }

  /// out (lows x n) += the log-partition at each input
  void add_log_partition(const Cpu<double>& on, View<double> out) const {
    on.for_each_piece(high_.cols, [&](Index h) {
      const Matrix input = inputs(h, 1);
      harmonium::add_log_partition(Cpu<double>{}, *layer_, View<const double>(input), 1, row(out, h, 1));
    });
  }

  /// Adds the expectation of the layer's statistics to `sums`, and of x h^T to `weights`.
  void add_moments(const Cpu<double>& on, const GridBlock& block, Layer<U, Cpu<double>>& sums,
                   View<double> weights) {
    const Index lows = low_.cols(), rows = std::max<Index>({1, low_.rows(), block.high_states.rows});
    const Index step =
        std::clamp<Index>((Index{1} << 20) / rows / lows, 1, 4096 / std::min<Index>(lows, 4096));
    Matrix mean, states;
    for (Index first = 0; first < high_.cols; first += step) {
      const Index count = std::min(step, high_.cols - first);
      const Matrix input = inputs(first, count);
      const auto p = row(block.probabilities, first, count);
      mean.resize(input.rows(), input.cols());
      states.resize(block.high_states.rows, input.cols());
      block.write_states_from(first, states);
      harmonium::mean(on, *layer_, View<const double>(input), View<double>(mean));
      add_mean_statistics(on, *layer_, View<const double>(input), View<const double>(mean), p, sums);
      on.scale_columns(mean, p);
      on.multiply(Op::plain, Op::transposed, 1, mean, states, 1, weights);
    }
  }
  /// Nothing is left to add.
  void finish(const Cpu<double>&, const StateGrid&, Layer<U, Cpu<double>>&, View<double>) const {}

 private:
  // One column per state (low, high), of `count` high states.
  Matrix inputs(Index first, Index count) const {
    const Index lows = low_.cols();
    Matrix input(low_.rows(), count * lows);
    for (Index h = 0; h < count; ++h)
      input.middleCols(h * lows, lows) =
          low_.colwise() + Eigen::Map<const HostVector<DoubleIn<U>>>(high_.column(first + h), low_.rows());
    return input;
  }
  // Columns of a lows x n matrix as one row.
  template <class T>
  static View<T> row(View<T> x, Index first, Index count) {
    return {x.column(first), 1, count * x.rows, 1};
  }

  const Layer<U, Cpu<double>>* layer_;
  Matrix low_;
  View<const double> high_;
};

}  // namespace harmonium::detail
