/// \file
/// Dual numbers: a value and its slope along one direction. With them, a unit's log-partition determines its
/// mean (the slope along the field), its variance (the slope of the mean) and the statistics of its shape
/// parameters.
#pragma once

#include <type_traits>

#include "math.hpp"

namespace harmonium {

/// value + slope * epsilon with epsilon^2 = 0. Duals nest: the slope of a slope is a second derivative.
template <class T>
struct Dual {
  T value{};  ///< the function's value
  T slope{};  ///< its derivative along the chosen direction

  constexpr Dual() = default;
  /// A value with its slope.
  constexpr Dual(T v, T s) : value(v), slope(s) {}
  /// A constant.
  template <class Number>
  requires(std::is_arithmetic_v<Number> || std::is_same_v<Number, T>) constexpr Dual(Number v)
      : value(static_cast<T>(v)) {}  // NOLINT: constants mix freely with duals

  /// The sum rule.
  friend constexpr Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
  /// The sum rule.
  friend constexpr Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
  /// Negates value and slope.
  friend constexpr Dual operator-(Dual a) { return {-a.value, -a.slope}; }
  /// The product rule.
  friend constexpr Dual operator*(Dual a, Dual b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  /// The quotient rule.
  friend constexpr Dual operator/(Dual a, Dual b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  /// Adds in place.
  constexpr Dual& operator+=(Dual b) { return *this = *this + b; }
  /// Duals are ordered by their values.
  friend constexpr bool operator<(Dual a, Dual b) { return a.value < b.value; }
  /// Duals are ordered by their values.
  friend constexpr bool operator>(Dual a, Dual b) { return a.value > b.value; }
};

/// e^x and its slope.
template <class T>
constexpr Dual<T> exponential(Dual<T> x) {
  const T e = exponential(x.value);
  return {e, e * x.slope};
}

/// Natural logarithm and its slope.
template <class T>
constexpr Dual<T> logarithm(Dual<T> x) {
  return {logarithm(x.value), x.slope / x.value};
}

/// Square root and its slope.
template <class T>
constexpr Dual<T> square_root(Dual<T> x) {
  const T root = square_root(x.value);
  return {root, x.slope / (T(2) * root)};
}

/// 1 / (1 + e^-x) and its slope.
template <class T>
constexpr Dual<T> sigmoid(Dual<T> x) {
  const T s = sigmoid(x.value);
  return {s, s * (T(1) - s) * x.slope};
}

/// log(1 + e^x) and its slope.
template <class T>
constexpr Dual<T> softplus(Dual<T> x) {
  return {softplus(x.value), sigmoid(x.value) * x.slope};
}

}  // namespace harmonium
