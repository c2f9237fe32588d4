/// \file
/// What annealing's log weights say: estimates of log Z, their spread by the bootstrap, and whether forward
/// and reverse chains saw the same model. Computed on the host, in double precision.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>

#include "../../core/error.hpp"
#include "../../core/random.hpp"
#include "../../core/view.hpp"

namespace harmonium {

/// log of the mean of exponentials, without overflow; -infinity if x is empty.
inline double log_mean_exp(const Eigen::VectorXd& x) {
  if (x.size() == 0) return -std::numeric_limits<double>::infinity();
  const double top = x.maxCoeff();
  if (!std::isfinite(top)) return top;
  double sum = 0;
  for (const double number : x) sum += std::exp(number - top);
  return top + std::log(sum / static_cast<double>(x.size()));
}

/// (sum w)^2 / sum w^2 with w = exp(log weight): the number of independent, equally weighted draws that would
/// be worth as much (Kong, 1992); 0 without any weights.
inline double effective_sample_size(const Eigen::VectorXd& log_weights) {
  if (log_weights.size() == 0) return 0;
  const double top = log_weights.maxCoeff();
  if (!std::isfinite(top)) return 0;
  double sum = 0, squares = 0;
  for (const double log_weight : log_weights) {
    const double w = std::exp(log_weight - top);
    sum += w;
    squares += w * w;
  }
  return sum * sum / squares;
}

/// An estimate of log Z and its standard error.
struct LogZEstimate {
  double log_z = 0;           ///< in nats
  double standard_error = 0;  ///< by the bootstrap over chains
};

namespace detail {

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Bennett's (1976) acceptance ratio: the log Z at which forward and reverse log weights balance, sum of
/// logistic(x - log Z - m) = sum of logistic(log Z - y + m), m = log(forward / reverse chains). Of all
/// estimates from both it has the least variance, and its bias is of higher order.
inline double balance(const Eigen::VectorXd& forward, const Eigen::VectorXd& reverse) {
  const double m = std::log(static_cast<double>(forward.size()) / static_cast<double>(reverse.size()));
  double low = std::min(forward.minCoeff(), reverse.minCoeff()) - std::abs(m) - 1,
         high = std::max(forward.maxCoeff(), reverse.maxCoeff()) + std::abs(m) + 1;
  for (int i = 0; i < 200 && high - low > 1e-14 * (1 + std::abs(low)); ++i) {
    const double middle = 0.5 * (low + high);
    double excess = 0;
    for (const double x : forward) excess += logistic(x - middle - m);
    for (const double y : reverse) excess -= logistic(middle - y + m);
    (excess > 0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// Standard error of that estimate, for independent log weights (Bennett, 1976, equation 10).
inline double balance_error(const Eigen::VectorXd& forward, const Eigen::VectorXd& reverse, double log_z) {
  const double m = std::log(static_cast<double>(forward.size()) / static_cast<double>(reverse.size()));
  // The relative variance of a mean of logistic functions.
  const auto variance = [](const Eigen::VectorXd& exponents) {
    double sum = 0, squares = 0;
    for (const double x : exponents) {
      const double y = logistic(x);
      sum += y;
      squares += y * y;
    }
    return sum > 0 ? squares / (sum * sum) - 1 / static_cast<double>(exponents.size())
                   : std::numeric_limits<double>::infinity();
  };
  return std::sqrt(std::max(0.0, variance(forward.array() - log_z - m)) +
                   std::max(0.0, variance(log_z - reverse.array() + m)));
}

/// Standard errors of the three estimates.
struct LogZErrors {
  double forward = 0, reverse = 0, balanced = 0;
};

/// By resampling the chains with replacement `resamples` times. For the balanced estimate each resample takes
/// one Newton step from the full-sample solution; the spread of these steps is the standard error.
inline LogZErrors bootstrap(const Eigen::VectorXd& forward, const Eigen::VectorXd& reverse, double balanced,
                            int resamples, std::uint64_t seed) {
  const double m = std::log(static_cast<double>(forward.size()) / static_cast<double>(reverse.size()));
  Eigen::VectorXd w(forward.size()), u(reverse.size()), a(forward.size()), b(reverse.size());
  const double top = forward.maxCoeff(), bottom = reverse.minCoeff();
  double slope = 0;
  for (Index i = 0; i < forward.size(); ++i) {
    w(i) = std::exp(forward(i) - top);
    a(i) = logistic(forward(i) - balanced - m);
    slope += a(i) * (1 - a(i));
  }
  for (Index i = 0; i < reverse.size(); ++i) {
    u(i) = std::exp(bottom - reverse(i));
    b(i) = logistic(balanced - reverse(i) + m);
    slope += b(i) * (1 - b(i));
  }
  double sums[3] = {}, squares[3] = {};
  for (int resample = 0; resample < resamples; ++resample) {
    const Draws draws{
        .seed = seed, .step = static_cast<std::uint64_t>(resample), .stream = Stream::bootstrap};
    double w_sum = 0, u_sum = 0, excess = 0;
    const auto pick = [&](Index count, std::uint32_t set, Index i) {
      return index_from(draws.block_of_row(static_cast<std::uint32_t>(i), set, 0).word[0], count);
    };
    for (Index i = 0; i < forward.size(); ++i) {
      const Index chosen = pick(forward.size(), 0, i);
      w_sum += w(chosen);
      excess += a(chosen);
    }
    for (Index i = 0; i < reverse.size(); ++i) {
      const Index chosen = pick(reverse.size(), 1, i);
      u_sum += u(chosen);
      excess -= b(chosen);
    }
    const double values[3] = {std::log(w_sum), -std::log(u_sum), slope > 0 ? excess / slope : 0};
    for (int i = 0; i < 3; ++i) {
      sums[i] += values[i];
      squares[i] += values[i] * values[i];
    }
  }
  const auto deviation = [&](int i) {
    const double mean = sums[i] / resamples;
    return std::sqrt(std::max(0.0, squares[i] / resamples - mean * mean));
  };
  return {deviation(0), deviation(1), deviation(2)};
}

}  // namespace detail
}  // namespace harmonium
