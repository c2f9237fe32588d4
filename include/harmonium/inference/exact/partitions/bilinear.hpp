/// \file
/// Units whose log-partition G splits into a product of a function of each part of the field, summed out at
/// each input of a grid by one matrix product:
///
///     G quadratic:  G(a + b) = G(a) + G(b) - G(0) + G'' a b    (Gaussian units)
///     G an exponential:  G(a + b) = G(a) G(b)                  (Poisson units)
#pragma once

#include <utility>

#include "direct.hpp"

namespace harmonium::detail {

/// A layer of such units that receives low(:, l) + high(:, h).
template <class U>
requires QuadraticUnit<U> || MultiplicativeUnit<U>
class BilinearPartition {
  using Matrix = HostMatrix<DoubleIn<U>>;
  using RowVector = Eigen::Matrix<DoubleIn<U>, 1, Eigen::Dynamic>;

 public:
  static constexpr bool slow = false;  ///< all states of a grid are cheap

  /// \param layer must outlive this object
  /// \param low rows x lows: inputs from the low states
  BilinearPartition(const Layer<U, Cpu<double>>& layer, const Matrix& low)
      : layer_(&layer), direct_(layer, low), low_(low) {
    if constexpr (QuadraticUnit<U>) {
      Layer<U, Cpu<double>> unbiased = layer;
      unbiased.parameters.col(0).setZero();
      low_alone_ = log_partitions(unbiased, low);
      const Matrix none = Matrix::Zero(layer.rows(), 1);
      low_alone_.array() -= double(log_partitions(unbiased, none)(0));
    } else {
      exponentials(low_, false);
      splits_low_ = within(low_, 1e-100, 1e100);
    }
  }

  /// Inputs from high states, rows x n.
  void set_high(View<const double> high) {
    direct_.set_high(high);
    const Matrix input = eigen_map(high);
    if constexpr (QuadraticUnit<U>) {
      high_alone_ = log_partitions(*layer_, input);
      high_.resize(input.rows(), input.cols());
      const Matrix field = input.colwise() + layer_->parameters.col(0);
      backpropagate(Cpu<double>{}, *layer_, View<const double>(input), View<const double>(field),
                    View<double>(high_));
      splits_ = true;
    } else {
      high_ = input;
      exponentials(high_, true);
      splits_ = splits_low_ && within(high_, 0, 1e200);
    }
  }

  /// out (lows x n) += the log-partition at each input
  void add_log_partition(const Cpu<double>& on, View<double> out) const {
    if (!splits_) return direct_.add_log_partition(on, out);
    on.multiply(Op::transposed, Op::plain, 1, low_, high_, 1, out);
    if constexpr (QuadraticUnit<U>) {
      for (Index c = 0; c < out.cols; ++c)
        for (Index r = 0; r < out.rows; ++r) out(r, c) += high_alone_(c) + low_alone_(r);
    }
  }

  /// Adds the expectation of the layer's statistics to `sums`, and of x h^T to `weights`.
  void add_moments(const Cpu<double>& on, const GridBlock& block, Layer<U, Cpu<double>>& sums,
                   View<double> weights) {
    direct_.add_moments(on, block, sums, weights);
  }
  /// Nothing is left to add.
  void finish(const Cpu<double>&, const StateGrid&, Layer<U, Cpu<double>>&, View<double>) const {}

 private:
  static RowVector log_partitions(const Layer<U, Cpu<double>>& layer, const Matrix& input) {
    RowVector sums = RowVector::Zero(input.cols());
    harmonium::add_log_partition(Cpu<double>{}, layer, View<const double>(input), 1, View<double>(sums));
    return sums;
  }
  // G of each number of x, with or without the bias.
  void exponentials(Matrix& x, bool biased) const {
    for (Index r = 0; r < x.rows(); ++r)
      with_shapes(*layer_, r, [&](auto... shape) {
        const double bias = biased ? layer_->parameters(r, 0) : 0.0;
        for (Index c = 0; c < x.cols(); ++c) x(r, c) = Family<U>::log_partition(x(r, c) + bias, shape...);
      });
  }
  // False for NaNs.
  static bool within(const Matrix& x, double least, double most) {
    return (x.array() >= least).all() && (x.array() <= most).all();
  }

  const Layer<U, Cpu<double>>* layer_;
  DirectPartition<U> direct_;
  Matrix low_, high_;                        // whose product, over rows, is to be added
  RowVector low_alone_, high_alone_;         // what depends on one side alone
  bool splits_low_ = true, splits_ = false;  // are the exponentials neither too large nor too small?
};

}  // namespace harmonium::detail
