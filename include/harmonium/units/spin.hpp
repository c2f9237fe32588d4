/// \file
/// Spin unit: x in {-1, 1}. log_partition = log(e^field + e^-field), mean = tanh(field).
#pragma once

#include "unit.hpp"

namespace harmonium {

/// An Ising spin. Everything but `states` and `state` is optional: for speed, and for data that are means.
struct Spin {
  static constexpr const char* name = "spin";  ///< name in files and errors
  static constexpr int states = 2;             ///< down and up
  /// The value of state k: -1 or 1.
  template <class T>
  static constexpr T state(int k) {
    return T(2 * k - 1);
  }
  /// log(e^field + e^-field)
  template <class T>
  static constexpr T log_partition(T field) {
    return softplus(T(2) * field) - field;
  }
  /// tanh(field)
  template <class T>
  static constexpr T mean(T field) {
    return T(2) * sigmoid(T(2) * field) - T(1);
  }
  /// 1 - tanh(field)^2
  template <class T>
  static constexpr T variance(T field) {
    const T p = sigmoid(T(2) * field);
    return T(4) * p * (T(1) - p);
  }
  /// The more probable state; at a field of 0 it is -1.
  template <class T>
  static constexpr T mode(T field) {
    return field > T(0) ? T(1) : T(-1);
  }
  /// 1 with probability sigmoid(2 field), else -1.
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return draw_sigmoid(T(2) * field, random) ? T(1) : T(-1);
  }

  static constexpr const char* accepted = "numbers from -1 to 1";  ///< data that it accepts
  /// Means are accepted as data.
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(-1) && x <= T(1);
  }
  /// Sets the bias to half the log-odds of up against down, with half a sample up and half a sample down
  /// added so that constant data do not give infinity.
  template <class T>
  static constexpr void fit(T mean, T /*variance*/, T count, T& bias) {
    bias = T(0.5) * logarithm(((T(1) + mean) * count + T(1)) / ((T(1) - mean) * count + T(1)));
  }
};

static_assert(FiniteUnit<Spin> && Unit<Spin>);

}  // namespace harmonium
