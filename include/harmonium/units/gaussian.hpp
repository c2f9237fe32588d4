/// \file
/// Gaussian unit: any real x, energy = g x^2 / 2 with precision g = exp(log_precision).
/// log_partition = field^2 / (2 g) + log(2 pi / g) / 2, mean = field / g, variance = 1 / g.
#pragma once

#include <limits>

#include "unit.hpp"

namespace harmonium {

/// A real-valued unit with a precision that is learned.
struct Gaussian {
  static constexpr const char* name = "gaussian";            ///< name in files and errors
  static constexpr const char* shape[] = {"log_precision"};  ///< a logarithm, so it stays positive
  static constexpr bool real_line = true;                    ///< any number is a state
  static constexpr bool quadratic = true;                    ///< the log-partition is, in the field
  /// g x^2 / 2
  template <class T>
  static constexpr T energy(T x, T log_precision) {
    return T(0.5) * exponential(log_precision) * x * x;
  }
  /// field^2 / (2 g) + log(2 pi / g) / 2
  template <class T>
  static constexpr T log_partition(T field, T log_precision) {
    return T(0.5) * (field * field * exponential(-log_precision) + T(1.8378770664093454836) - log_precision);
  }
  /// field / g
  template <class T>
  static constexpr T mean(T field, T log_precision) {
    return field * exponential(-log_precision);
  }
  /// 1 / g
  template <class T>
  static constexpr T variance(T /*field*/, T log_precision) {
    return exponential(-log_precision);
  }
  /// The mean.
  template <class T>
  static constexpr T mode(T field, T log_precision) {
    return mean(field, log_precision);
  }
  /// -d energy / d log_precision = -g x^2 / 2
  template <class T>
  static constexpr T statistic(T x, T log_precision) {
    return -energy(x, log_precision);
  }
  /// Its expectation: E[x^2] = mean^2 + 1 / g, so not the statistic of the mean.
  template <class T>
  static constexpr T mean_statistic(T field, T log_precision) {
    return T(-0.5) * (field * field * exponential(-log_precision) + T(1));
  }
  /// Mean plus normal noise of variance 1 / g.
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    return multiply_add(exponential(T(-0.5) * log_precision), random.template normal<T>(),
                        mean(field, log_precision));
  }

  static constexpr const char* accepted = "finite numbers";  ///< data that it accepts
  /// Any finite number.
  template <class T>
  static constexpr bool accepts(T x) {
    return x - x == T(0);
  }
  /// Sets bias and precision to match the data's mean and variance. A variance that is lost in the rounding
  /// of the mean's square, as the energy is, is taken as that rounding; for a column of zeros, as 0.001.
  template <class T>
  static constexpr void fit(T mean, T variance, T /*count*/, T& bias, T& log_precision) {
    const T rounding = std::numeric_limits<T>::epsilon() * mean * mean;
    const T floored = variance > rounding ? variance : rounding > T(0) ? rounding : T(1e-3);
    log_precision = -logarithm(floored);
    bias = mean / floored;
  }
};

static_assert(!FiniteUnit<Gaussian> && Unit<Gaussian> && RealUnit<Gaussian>);

}  // namespace harmonium
