/// \file
/// Finite units summed out at each input of a grid. With field = low + high, a unit's partition factorises,
///
///     sum_k exp(x_k field - e_k) = exp(x_0 field - e_0) (1 + sum_{k > 0} A_k(high) B_k(low)),
///     A_k = exp((x_k - x_0) high - e_k + e_0), B_k = exp((x_k - x_0) low),
///
/// so that all states of the grid need only the exponentials of its edges: two operations per unit and state
/// for binary units, and one logarithm per state.
#pragma once

#include <cmath>
#include <vector>

#include "../factors.hpp"
#include "direct.hpp"

namespace harmonium::detail {

/// A layer of finite units that receives low(:, l) + high(:, h). Where a part of a field is so large that its
/// exponential might overflow, sums are taken directly.
template <class U>
class FinitePartition {
  using Matrix = HostMatrix<DoubleIn<U>>;
  using Vector = HostVector<DoubleIn<U>>;

 public:
  static constexpr bool slow = false;  ///< all states of a grid are cheap

  /// \param layer must outlive this object
  /// \param low rows x lows: inputs from the low states
  FinitePartition(const Layer<U, Cpu<double>>& layer, const Matrix& low)
      : layer_(&layer), direct_(layer, low) {
    for_each_unit_kind(layer, [&](Index, Index, Index, const Matrix& states) {
      first_state_ = states.col(0);
      changes_ = states.rightCols(states.cols() - 1).colwise() - states.col(0);
    });
    set_costs();
    low_ = fields(low).transpose();
    most_low_ = low_.colwise().maxCoeff().transpose();
    tame_ = (low_.array().abs() <= most_low).all();  // false for NaNs
    low_ = low_.array().exp();
    low_linear_ = linear(low);
  }

  /// Inputs from high states, rows x n.
  void set_high(View<const double> high) {
    direct_.set_high(high);
    input_ = eigen_map(high);
    input_.colwise() += layer_->parameters.col(0);
    high_ = fields(input_).colwise() - costs_;
    high_linear_ = linear(input_);
    high_linear_.array() -= first_cost_;
    const Vector most = high_.rowwise().maxCoeff() + most_low_;
    factorises_ = tame_ && (high_.array() <= most_field).all() && (most.array() <= most_field).all();
    if (!factorises_) return;
    high_ = high_.array().exp();
    bits_.resize(static_cast<std::size_t>(layer_->units()));
    for (Index unit = 0; unit < layer_->units(); ++unit) {
      double largest = 0;
      for (Index t = 0; t < terms(); ++t) largest = std::max(largest, most(unit * terms() + t));
      bits_[static_cast<std::size_t>(unit)] =
          (largest + std::log(1 + static_cast<double>(terms()))) * 1.4426950408889634;
    }
  }

  /// out (lows x n) += the log-partition at each input
  void add_log_partition(const Cpu<double>& on, View<double> out) const {
    if (!factorises_) return direct_.add_log_partition(on, out);
    const Index together = std::clamp<Index>(2048 / low_.rows(), 1, 8);  // products in the first-level cache
    on.for_each_piece((out.cols + together - 1) / together, [&](Index piece) {
      const Index first = piece * together;
      add_logs_of_products(out.columns(first, std::min(together, out.cols - first)), first);
    });
  }

  /// Adds the expectation of the layer's statistics to `sums`, and of x h^T to `weights`; `finish` adds the
  /// rest.
  void add_moments(const Cpu<double>& on, const GridBlock& block, Layer<U, Cpu<double>>& sums,
                   View<double> weights) {
    if (!factorises_ || has_shapes<U>) return direct_.add_moments(on, block, sums, weights);
    const Index lows = low_.rows(), highs = high_.cols(), count = high_.rows();
    if (of_lows_.size() == 0) {
      of_lows_.setZero(lows, count);
      of_terms_.setZero(count);
      with_states_.setZero(count, block.high_states.rows);
      of_first_ = 0;
      first_with_states_.setZero(block.high_states.rows);
    }
    Matrix of_highs(count, highs);
    const Index pieces = std::min<Index>(layer_->units(), 64);
    on.for_each_piece(pieces, [&](Index piece) {
      const Index begin = layer_->units() * piece / pieces, end = layer_->units() * (piece + 1) / pieces;
      for (Index unit = begin; unit < end; ++unit) weigh_terms(unit, block.probabilities, of_highs);
    });
    of_terms_ += of_highs.rowwise().sum();
    on.multiply(Op::plain, Op::transposed, 1, of_highs, block.high_states, 1, with_states_);
    of_first_ += block.of_highs.sum();
    first_with_states_ += block.mean;
  }

  /// Adds what `add_moments` has kept: from the probabilities of states to the means of rows.
  void finish(const Cpu<double>& on, const StateGrid& grid, Layer<U, Cpu<double>>& sums,
              View<double> weights) {
    if (of_lows_.size() == 0) return;
    const Matrix of_terms = of_lows_.transpose();
    on.multiply(Op::plain, Op::transposed, 1, of_terms, grid.low_changes, 1, with_states_);
    for (Index r = 0; r < layer_->rows(); ++r) {
      const Index unit = r / layer_->group, row = r % layer_->group;
      const double first = first_state_(row);
      sums.parameters(r, 0) += first * of_first_;
      for (Index c = 0; c < weights.cols; ++c) weights(r, c) += first * first_with_states_(c);
      for (Index t = 0; t < terms(); ++t) {
        const double change = changes_(row, t);
        if (change == 0) continue;
        sums.parameters(r, 0) += change * of_terms_(unit * terms() + t);
        for (Index c = 0; c < weights.cols; ++c)
          weights(r, c) += change * with_states_(unit * terms() + t, c);
      }
    }
  }

 private:
  // Within these, a factor is below e^601, and what is lost to underflow of A is below e^-100.
  static constexpr double most_low = 300, most_field = 600;

  Index terms() const { return changes_.cols(); }  // per unit

  // e_k - e_0 per term, and the sum of all e_0
  void set_costs() {
    costs_.setZero(layer_->units() * terms());
    if constexpr (!is_grouped<U>) {
      for (Index unit = 0; unit < layer_->units(); ++unit)
        with_shapes(*layer_, unit, [&](auto... shape) {
          const double first = Family<U>::energy(first_state_(0), shape...);
          first_cost_ += first;
          for (Index t = 0; t < terms(); ++t)
            costs_(unit * terms() + t) =
                Family<U>::energy(first_state_(0) + changes_(0, t), shape...) - first;
        });
    }
  }
  // (x_k - x_0) field, units * terms x n
  Matrix fields(const Matrix& field) const {
    Matrix result = Matrix::Zero(layer_->units() * terms(), field.cols());
    for (Index c = 0; c < field.cols(); ++c)
      for (Index unit = 0; unit < layer_->units(); ++unit)
        for (Index t = 0; t < terms(); ++t)
          for (Index r = 0; r < layer_->group; ++r)
            if (changes_(r, t) != 0)
              result(unit * terms() + t, c) += changes_(r, t) * field(unit * layer_->group + r, c);
    return result;
  }
  // The sum over units of x_0 field.
  Vector linear(const Matrix& field) const {
    Vector sum = Vector::Zero(field.cols());
    for (Index r = 0; r < field.rows(); ++r)
      if (first_state_(r % layer_->group) != 0)
        sum += first_state_(r % layer_->group) * field.row(r).transpose();
    return sum;
  }

  // For high states from `first` on.
  void add_logs_of_products(View<double> out, Index first) const {
    const Index lows = low_.rows(), units = layer_->units();
    Matrix product = Matrix::Ones(lows, out.cols), sum(lows, 1);
    std::vector<std::int64_t> powers(static_cast<std::size_t>(lows * out.cols), 0);
    double bits = 0;
    for (Index unit = 0, count = 0; unit < units; unit += count) {
      count = 1;
      double gain = bits_[static_cast<std::size_t>(unit)];
      if (terms() == 1 && unit + 4 <= units) {
        double all = 0;
        for (Index i = 0; i < 4; ++i) all += bits_[static_cast<std::size_t>(unit + i)];
        if (all < most_bits) count = 4, gain = all;
      }
      if (bits + gain > most_bits) {
        split_powers(product.data(), powers.data(), product.size());
        bits = 1;
      }
      bits += gain;
      const double* b = low_.data() + unit * terms() * lows;
      for (Index c = 0; c < out.cols; ++c) {
        const double* a = high_.data() + (first + c) * high_.rows() + unit * terms();
        double* p = product.col(c).data();
        if (count == 4) {
          multiply_by_four(a, b, lows, p, lows);
        } else if (terms() == 1) {
          multiply_by_one(*a, b, p, lows);
        } else {
          sum_terms(terms(), a, b, lows, sum.data(), lows);
          for (Index i = 0; i < lows; ++i) p[i] *= sum.data()[i];
        }
      }
    }
    for (Index c = 0; c < out.cols; ++c) {
      add_logs(product.col(c).data(), powers.data() + c * lows, high_linear_(first + c), out.column(c), lows);
      for (Index i = 0; i < lows; ++i) out(i, c) += low_linear_(i);
    }
  }

  // The probabilities of a unit's states k > 0, times those of the grid's states, summed over each of its
  // sides.
  void weigh_terms(Index unit, View<const double> p, Matrix& of_highs) {
    const Index lows = low_.rows();
    Vector share(lows), part(lows);
    const double* b = low_.data() + unit * terms() * lows;
    for (Index h = 0; h < p.cols; ++h) {
      const double *a = high_.data() + h * high_.rows() + unit * terms(), *weight = p.column(h);
      sum_terms(terms(), a, b, lows, share.data(), lows);
      double *shares = share.data(), *parts = part.data();
      for (Index i = 0; i < lows; ++i) shares[i] = weight[i] / shares[i];
      for (Index t = 0; t < terms(); ++t) {
        const double* from = b + t * lows;
        double* to = of_lows_.data() + (unit * terms() + t) * lows;
        for (Index i = 0; i < lows; ++i) {
          parts[i] = a[t] * from[i] * shares[i];
          to[i] += parts[i];
        }
        of_highs(unit * terms() + t, h) = part.sum();
      }
    }
  }

  const Layer<U, Cpu<double>>* layer_;
  DirectPartition<U> direct_;
  Vector first_state_;                      // x_0, of one unit
  Matrix changes_;                          // x_k - x_0
  Vector costs_;                            // e_k - e_0
  double first_cost_ = 0;                   // e_0, of all units
  Matrix low_;                              // lows x terms of all units: B
  Vector most_low_;                         // the largest field of each
  Vector low_linear_, high_linear_;         // x_0 field - e_0
  Matrix input_, high_;                     // terms of all units x n: A
  std::vector<double> bits_;                // that each unit's factor may have
  bool tame_ = false, factorises_ = false;  // are the fields small enough?
  Matrix of_lows_, with_states_;            // probabilities of terms; and times the grid's states
  Vector of_terms_, first_with_states_;     // in total; the states' mean
  double of_first_ = 0;                     // total probability
};

}  // namespace harmonium::detail
