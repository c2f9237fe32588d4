/// \file
/// Rectified unit: x >= 0, energy = g x^2 / 2 with precision g = exp(log_precision): exactly a Gaussian
/// truncated below 0. With t = field / sqrt(g): log_partition = log(Phi(t) / phi(t)) - log(g) / 2, mean = (t
/// + phi(t) / Phi(t)) / sqrt(g).
///
/// If the other layer has no upper bound either, the energy is bounded below only if the weights are small
/// compared with the precisions, or not positive.
#pragma once

#include <limits>

#include "../core/truncated_normal.hpp"
#include "unit.hpp"

namespace harmonium {

/// A number of at least 0, with a precision that is learned.
struct Rectified {
  static constexpr const char* name = "rectified";           ///< name in files and errors
  static constexpr const char* shape[] = {"log_precision"};  ///< a logarithm, so it stays positive
  /// g x^2 / 2
  template <class T>
  static constexpr T energy(T x, T log_precision) {
    return T(0.5) * exponential(log_precision) * x * x;
  }
  /// log(Phi(t) / phi(t)) - log(g) / 2
  template <class T>
  static constexpr T log_partition(T field, T log_precision) {
    return truncated_normal_log_partition(field * exponential(T(-0.5) * log_precision)) -
           T(0.5) * log_precision;
  }
  /// (t + phi(t) / Phi(t)) / sqrt(g)
  template <class T>
  static constexpr T mean(T field, T log_precision) {
    const T scale = exponential(T(-0.5) * log_precision);
    return scale * truncated_normal_mean(field * scale);
  }
  /// The variance of the truncated normal distribution at t, over g.
  template <class T>
  static constexpr T variance(T field, T log_precision) {
    const T scale = exponential(T(-0.5) * log_precision);
    return scale * scale * truncated_normal_variance(field * scale);
  }
  /// The Gaussian's mean, or 0 if that is negative.
  template <class T>
  static constexpr T mode(T field, T log_precision) {
    return field < T(0) ? T(0) : field * exponential(-log_precision);
  }
  /// -d energy / d log_precision = -g x^2 / 2
  template <class T>
  static constexpr T statistic(T x, T log_precision) {
    return -energy(x, log_precision);
  }
  /// Its expectation, by E[x^2] = mean^2 + variance.
  template <class T>
  static constexpr T mean_statistic(T field, T log_precision) {
    const T t = field * exponential(T(-0.5) * log_precision), m = truncated_normal_mean(t);
    return T(-0.5) * multiply_add(m, m, truncated_normal_variance(t));
  }
  /// A draw of the truncated normal distribution at t, times the scale.
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    const T scale = exponential(T(-0.5) * log_precision);
    return scale * draw_truncated_normal(field * scale, random);
  }

  static constexpr const char* accepted = "finite numbers of at least 0";  ///< data that it accepts
  /// Any finite number of at least 0.
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(0) && x - x == T(0);
  }
  /// Sets bias and precision to match the data's mean and variance within t >= -4. Data with a larger spread,
  /// such as rare events, have their mean matched, and the precision that t = -4 gives to that spread. A
  /// variance that is lost in the rounding of the mean's square is taken as that rounding; a column of zeros
  /// gets a mean as large as its spread, of 0.001 if that is 0 too.
  template <class T>
  static constexpr void fit(T mean, T variance, T /*count*/, T& bias, T& log_precision) {
    const T rounding = std::numeric_limits<T>::epsilon() * mean * mean;
    const T wide = variance > rounding ? variance : rounding > T(0) ? rounding : T(1e-3);
    const T high = mean > T(0) ? mean : square_root(wide);
    const T widest = truncated_normal_variance(T(-4)), least = truncated_normal_mean(T(-4)) / high;
    T t = T(0), root = T(0);  // root: square root of the precision
    if (widest > wide * least * least) {
      // variance / mean^2 falls with t, and below 1 / t^2
      t = rising_root(T(-4), high / square_root(wide), [&](T x) {
        const T m = truncated_normal_mean(x) / high;
        return truncated_normal_variance(x) <= wide * m * m;
      });
      root = truncated_normal_mean(t) / high;
    } else {
      root = square_root(widest / wide);
      // the mean rises with t, and is below -1 / t
      t = rising_root(T(-1) / (high * root), T(-4),
                      [&](T x) { return truncated_normal_mean(x) >= high * root; });
    }
    log_precision = T(2) * logarithm(root);
    bias = t * root;
  }

 private:
  // Where `above` turns from false to true between two numbers.
  template <class T, class Above>
  static constexpr T rising_root(T from, T to, Above above) {
    for (int i = 0; i < 60; ++i) {
      const T t = T(0.5) * (from + to);
      (above(t) ? to : from) = t;
    }
    return from;
  }
};

static_assert(!FiniteUnit<Rectified> && Unit<Rectified>);

}  // namespace harmonium
