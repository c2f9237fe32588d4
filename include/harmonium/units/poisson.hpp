/// \file
/// Poisson unit: x = 0, 1, 2, ..., energy = log x!. log_partition = mean = variance = e^field.
///
/// Hidden Poisson units make the free energy of the visible layer fall like -e^field. If the visible units
/// have no upper bound, the model can be normalized only if no weight is positive (with Gaussian ones: only
/// if all are 0).
#pragma once

#include "../core/factorial.hpp"
#include "unit.hpp"

namespace harmonium {

/// A count, with rate e^field.
struct Poisson {
  static constexpr const char* name = "poisson";  ///< name in files and errors
  static constexpr bool multiplicative = true;  ///< log_partition(a + b) = log_partition(a) log_partition(b)
  /// log x!
  template <class T>
  static constexpr T energy(T x) {
    return log_factorial(x);
  }
  /// e^field
  template <class T>
  static constexpr T log_partition(T field) {
    return exponential(field);
  }
  /// e^field
  template <class T>
  static constexpr T mean(T field) {
    return exponential(field);
  }
  /// e^field
  template <class T>
  static constexpr T variance(T field) {
    return exponential(field);
  }
  /// The rate rounded down; if the rate is whole, the count below it is equally probable.
  template <class T>
  static constexpr T mode(T field) {
    return std::floor(exponential(field));
  }
  /// Computed in double precision whatever T is. Rates of at least 1e15 are returned themselves (draws would
  /// differ by less than 1 in 1e7), and so are NaNs.
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    const auto rate = static_cast<double>(exponential(field));
    if (!(rate < 1e15)) return static_cast<T>(std::floor(rate));
    return static_cast<T>(rate < 10 ? by_inversion(rate, random) : by_rejection(rate, random));
  }

  static constexpr const char* accepted = "finite numbers of at least 0";  ///< data that it accepts
  /// Rates are accepted as data: the means of another layer.
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(0) && x - x == T(0);
  }
  /// Sets the bias to the logarithm of the mean of `count` samples plus one with half an event, so that a
  /// column without events does not give infinity.
  template <class T>
  static constexpr void fit(T mean, T /*variance*/, T count, T& bias) {
    bias = logarithm((mean * count + T(0.5)) / (count + T(1)));
  }

 private:
  /// The least k with P(x > k) <= u, for rates below 10. Small u is the upper tail, since u is resolved most
  /// finely there.
  template <class R>
  static constexpr double by_inversion(double rate, R& random) {
    const double u = random.template open_uniform<double>();
    double p = exponential(-rate), above = 1 - p, k = 0;
    while (u < above && k < 100) {
      k += 1;
      p *= rate / k;
      above -= p;
    }
    return k;
  }

  /// PTRS, transformed rejection with a squeeze (Hoermann, 1993), for rates of at least 10.
  template <class R>
  static constexpr double by_rejection(double rate, R& random) {
    const double b = 0.931 + 2.53 * square_root(rate), a = 0.02483 * b - 0.059;
    const double log_scale = logarithm(1.1239 + 1.1328 / (b - 3.4)), squeeze = 0.9277 - 3.6224 / (b - 2);
    for (int i = 0; i < 64; ++i) {  // 9 of 10 are accepted
      const double u = random.template open_uniform<double>() - 0.5,
                   v = random.template open_uniform<double>();
      const double s = 0.5 - magnitude(u), k = std::floor((2 * a / s + b) * u + rate + 0.43);
      if (s >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (s < 0.013 && v > s)) continue;
      if (logarithm(v) + log_scale - logarithm(a / (s * s) + b) <= log_probability(k, rate)) return k;
    }
    return std::floor(rate);
  }

  /// k log rate - rate - log k!, written without a difference of large numbers for large k near the rate
  static constexpr double log_probability(double k, double rate) {
    if (k < 12) return k * logarithm(rate) - rate - log_factorial(k);
    const double off = (rate - k) / k;
    return k * (std::log1p(off) - off) - 0.5 * logarithm(6.283185307179586476925 * k) - stirling_remainder(k);
  }
};

static_assert(!FiniteUnit<Poisson> && Unit<Poisson>);

}  // namespace harmonium
