/// \file
/// Binomial unit: x = 0, 1, ..., K, the number of successes in K trials, where K is known at run time: energy
/// = -log(K over x). log_partition = K log(1 + e^field), mean = K sigmoid(field).
///
/// K is a number of the layer, one for each unit, that no training changes: `set_trials` of models/trials.hpp
/// sets it. A fresh unit has one trial, and is a Bernoulli unit.
#pragma once

#include <limits>

#include "../core/factorial.hpp"
#include "unit.hpp"

namespace harmonium {

/// A number of successes.
struct Binomial {
  static constexpr const char* name = "binomial";          ///< name in files and errors
  static constexpr const char* shape[] = {"more_trials"};  ///< K - 1
  static constexpr bool fixed_shapes = true;               ///< K is given, not learned
  static constexpr bool counts = true;                     ///< and a whole number
  /// -log(K! / (x! (K - x)!)), infinite beyond K
  template <class T>
  static constexpr T energy(T x, T more_trials) {
    const T trials = T(1) + more_trials;
    if (x < T(0) || x > trials) return T(std::numeric_limits<float>::infinity());
    return log_factorial(x) + log_factorial(trials - x) - log_factorial(trials);
  }
  /// K log(1 + e^field)
  template <class T>
  static constexpr T log_partition(T field, T more_trials) {
    return (T(1) + more_trials) * softplus(field);
  }
  /// K sigmoid(field)
  template <class T>
  static constexpr T mean(T field, T more_trials) {
    return (T(1) + more_trials) * sigmoid(field);
  }
  /// K p (1 - p)
  template <class T>
  static constexpr T variance(T field, T more_trials) {
    return (T(1) + more_trials) * sigmoid(field) * sigmoid(-field);
  }
  /// (K + 1) p rounded down, and at most K.
  template <class T>
  static constexpr T mode(T field, T more_trials) {
    const T trials = T(1) + more_trials, x = std::floor((trials + T(1)) * sigmoid(field));
    return x > trials ? trials : x;
  }
  /// Computed in double precision whatever T is; of the rarer outcome, success or failure.
  template <class T, class R>
  static constexpr T sample(T field, T more_trials, R& random) {
    const double f = static_cast<double>(field), trials = std::floor(1.5 + static_cast<double>(more_trials));
    if (!(f - f == 0)) return f > 0 ? static_cast<T>(trials) : f < 0 ? T(0) : field;
    const double rarer = -magnitude(f), p = sigmoid(rarer);
    const double drawn =
        trials * p < 10 ? by_inversion(trials, rarer, random) : by_rejection(trials, p, rarer, random);
    return static_cast<T>(f > 0 ? trials - drawn : drawn);
  }

  static constexpr const char* accepted = "numbers from 0 to its number of trials";  ///< data that it accepts
  /// Some unit accepts it: finite, and at least 0.
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(0) && x - x == T(0);
  }
  /// This one accepts it. Means are accepted as data.
  template <class T>
  static constexpr bool accepts(T x, T more_trials) {
    return x >= T(0) && x <= T(1) + more_trials;
  }
  /// Sets the bias to the log-odds of success over `count` samples, with half a success and half a failure
  /// added so that constant data do not give infinity.
  template <class T>
  static constexpr void fit(T mean, T /*variance*/, T count, T& bias, T& more_trials) {
    const T trials = T(1) + more_trials;
    bias = logarithm((mean * count + T(0.5)) / ((trials - mean) * count + T(0.5)));
  }

 private:
  /// The least k with P(x > k) <= u, for means below 10. Small u is the upper tail, since u is resolved most
  /// finely there.
  template <class R>
  static constexpr double by_inversion(double trials, double field, R& random) {
    const double u = random.template open_uniform<double>(), odds = exponential(field);
    double p = exponential(-trials * softplus(field)), above = 1 - p, k = 0;
    while (u < above && k < trials && k < 200) {
      p *= odds * (trials - k) / (k + 1);
      k += 1;
      above -= p;
    }
    return k;
  }

  /// BTRS, transformed rejection with a squeeze (Hoermann, 1993), for means of at least 10 and p up to 1 / 2.
  template <class R>
  static constexpr double by_rejection(double trials, double p, double field, R& random) {
    const double spread = square_root(trials * p * (1 - p)), b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p, squeeze = 0.92 - 4.2 / b;
    const double scale = (2.83 + 5.1 / b) * spread, top = std::floor((trials + 1) * p);
    const double log_top = log_factorial(top) + log_factorial(trials - top);
    for (int i = 0; i < 64; ++i) {  // most are accepted
      const double u = random.template open_uniform<double>() - 0.5,
                   v = random.template open_uniform<double>();
      const double s = 0.5 - magnitude(u), k = std::floor((2 * a / s + b) * u + trials * p + 0.5);
      if (k < 0 || k > trials) continue;
      if (s >= 0.07 && v <= squeeze) return k;
      if (logarithm(v * scale / (a / (s * s) + b)) <=
          log_top - log_factorial(k) - log_factorial(trials - k) + (k - top) * field)
        return k;
    }
    return top;
  }
};

static_assert(!FiniteUnit<Binomial> && Unit<Binomial>);

}  // namespace harmonium
