/// \file
/// Bernoulli unit: x in {0, 1}. log_partition = log(1 + e^field), mean = sigmoid(field).
#pragma once

#include "unit.hpp"

namespace harmonium {

/// A binary unit. Everything but `states` and `state` is optional: for speed, and for data that are
/// probabilities.
struct Bernoulli {
  static constexpr const char* name = "bernoulli";  ///< name in files and errors
  static constexpr int states = 2;                  ///< off and on
  /// The value of state k: 0 or 1.
  template <class T>
  static constexpr T state(int k) {
    return T(k);
  }
  /// log(1 + e^field)
  template <class T>
  static constexpr T log_partition(T field) {
    return softplus(field);
  }
  /// sigmoid(field)
  template <class T>
  static constexpr T mean(T field) {
    return sigmoid(field);
  }
  /// p (1 - p)
  template <class T>
  static constexpr T variance(T field) {
    const T p = sigmoid(field);
    return p * (T(1) - p);
  }
  /// The more probable state; at a field of 0 it is 0.
  template <class T>
  static constexpr T mode(T field) {
    return field > T(0) ? T(1) : T(0);
  }
  /// 1 with probability sigmoid(field).
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return draw_sigmoid(field, random) ? T(1) : T(0);
  }

  static constexpr const char* accepted = "numbers from 0 to 1";  ///< data that it accepts
  /// Probabilities are accepted as data: grey levels, or the means of another layer.
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(0) && x <= T(1);
  }
  /// Sets the bias to the log-odds of the mean of `count` samples (Hinton, 2010, section 8.1), with half a
  /// sample on and half a sample off added so that constant data do not give infinity.
  template <class T>
  static constexpr void fit(T mean, T /*variance*/, T count, T& bias) {
    bias = logarithm((mean * count + T(0.5)) / ((T(1) - mean) * count + T(0.5)));
  }
};

static_assert(FiniteUnit<Bernoulli> && Unit<Bernoulli>);

}  // namespace harmonium
