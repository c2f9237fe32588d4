/// \file
/// log Z along a ladder, by Bennett's acceptance ratio between all neighbours, with an error that holds even
/// if states are correlated in time: each column is a sample of its own, however slowly it moves, and so is
/// what it adds to the estimate. That is exact where columns never meet. Where they trade places, states
/// wander from column to column as they climb; if they do so fast, it is the ratios that are independent of
/// each other. The greater of both errors counts.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../annealing/log_weights.hpp"

namespace harmonium {

/// An estimate of log Z that climbs a ladder, and what each column contributes to its error.
class ColumnRatios {
 public:
  /// \param log_z is that of the lowest rung, which is known \param columns is at least 1 \param meet do
  /// columns trade places?
  ColumnRatios(double log_z, Index columns, bool meet)
      : log_z_(log_z), meet_(meet), influences_(Eigen::VectorXd::Zero(columns)) {}

  /// Adds the logarithm of the next ratio. \param up holds log weights of states of the lower rung, block by
  /// block, each of all columns \param down those of states of the upper one; as many or fewer blocks
  void climb(const std::vector<double>& up, const std::vector<double>& down) {
    using Numbers = Eigen::Map<const Eigen::VectorXd>;
    const Numbers forward(up.data(), static_cast<Index>(up.size())),
        reverse(down.data(), static_cast<Index>(down.size()));
    const double ratio = detail::balance(forward, reverse),
                 m = std::log(static_cast<double>(up.size()) / static_cast<double>(down.size()));
    log_z_ += ratio;
    // The ratio solves sum of a = sum of b. By how much a column's terms move the solution:
    Eigen::VectorXd excess = Eigen::VectorXd::Zero(influences_.size());
    double slope = 0;
    for (Index i = 0; i < forward.size(); ++i) {
      const double a = detail::logistic(forward(i) - ratio - m);
      excess(i % excess.size()) += a;
      slope += a * (1 - a);
    }
    for (Index i = 0; i < reverse.size(); ++i) {
      const double b = detail::logistic(ratio - reverse(i) + m);
      excess(i % excess.size()) -= b;
      slope += b * (1 - b);
    }
    if (!(slope > 0)) slope = std::numeric_limits<double>::min();  // nothing in common
    influences_ += excess / slope;
    ratios_ += variance_of(excess / slope);
  }

  /// log Z of the rung that was reached. The error of a single column is unknown, so infinite.
  LogZEstimate estimate() const {
    const double columns = variance_of(influences_);
    return {log_z_, std::sqrt(meet_ ? std::max(columns, ratios_) : columns)};
  }

 private:
  static double variance_of(const Eigen::VectorXd& influences) {
    const auto columns = static_cast<double>(influences.size());
    const double squares = influences.squaredNorm();
    if (squares == 0) return 0;
    return columns > 1 ? squares * columns / (columns - 1) : std::numeric_limits<double>::infinity();
  }

  double log_z_, ratios_ = 0;
  bool meet_;
  Eigen::VectorXd influences_;
};

}  // namespace harmonium
