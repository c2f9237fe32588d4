/// \file
/// Rules: what an element-wise update does to one number x, given the numbers at the same place in other
/// matrices. They are named types rather than lambdas, so that a device compiler can instantiate them in
/// another file than the one that uses them.
#pragma once

#include "../core/math.hpp"

namespace harmonium {

/// x += y
struct Add {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x += y;
  }
};

/// x -= y
struct Subtract {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x -= y;
  }
};

/// x += y - z
struct AddDifference {
  /// For one number.
  template <class T>
  constexpr void operator()(T& x, T y, T z) const {
    x += y - z;
  }
};

/// x -= y z
struct SubtractProduct {
  /// For one number.
  template <class T>
  constexpr void operator()(T& x, T y, T z) const {
    x -= y * z;
  }
};

/// x = y - x
struct SubtractFrom {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x = y - x;
  }
};

/// x *= y
struct Multiply {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x *= y;
  }
};

/// x = y + z
struct SetToSum {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y, T z) const {
    x = y + z;
  }
};

/// x = value where `held` is not 0
struct PutBack {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T value, T held) const {
    x = held != T(0) ? value : x;
  }
};

/// x *= factor
template <class T>
struct ScaleBy {
  T factor;  ///< the same for all numbers
  /// Applies it to one number.
  constexpr void operator()(T& x) const { x *= factor; }
};

/// x = the sign of y: -1, 0 or 1
struct SetToSign {
  /// Applies it to one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x = sign(y);
  }
};

/// x = factor y
template <class T>
struct SetToMultiple {
  T factor;  ///< the same for all numbers
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const { x = factor * y; }
};

/// x = a x + b y
template <class T>
struct Mix {
  T a;  ///< weight of x
  T b;  ///< weight of y
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const { x = a * x + b * y; }
};

/// x = a x + b y, where y counts as at most `most` in either direction
template <class T>
struct MixLimited {
  T a;     ///< weight of x
  T b;     ///< weight of y
  T most;  ///< the largest size of y, above 0
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const { x = a * x + b * (y > most ? most : y < -most ? -most : y); }
};

/// x = a y + b z
template <class T>
struct SetToCombination {
  T a;  ///< weight of y
  T b;  ///< weight of z
  /// Applies it to one number.
  constexpr void operator()(T& x, T y, T z) const { x = a * y + b * z; }
};

/// x += share (y - x)
template <class T>
struct MoveTowards {
  T share;  ///< fraction of the distance
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const { x += share * (y - x); }
};

/// x += factor (target - y)
template <class T>
struct Pull {
  T factor;  ///< strength of the pull
  T target;  ///< the value that y should reach
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const { x += factor * (target - y); }
};

/// x moves by `length` against the sign of y, and stays where y is 0.
template <class T>
struct StepAgainst {
  T length;  ///< length of the step
  /// Applies it to one number.
  constexpr void operator()(T& x, T y) const {
    x -= length * (static_cast<T>(y > T(0)) - static_cast<T>(y < T(0)));
  }
};

/// Replaces x, a norm, with factor / norm, the slope of factor times the norm; 0 where the norm is 0.
template <class T>
struct NormSlope {
  T factor;  ///< weight of the norm
  /// Applies it to one number.
  constexpr void operator()(T& x) const { x = x > T(0) ? factor / x : T(0); }
};

/// Replaces x, a norm, with the factor that reduces the norm to at most `limit`.
template <class T>
struct NormLimit {
  T limit;  ///< the largest norm
  /// Applies it to one number.
  constexpr void operator()(T& x) const { x = x > limit ? limit / x : T(1); }
};

/// Measures a unit's state in units of the root of its spread, which becomes 1: the mean is divided by it,
/// the bias multiplied, and the log precision grows by the spread's logarithm. Nothing changes if the spread
/// is not a positive number.
struct TakeUnitSpread {
  /// For one unit.
  template <class T>
  constexpr void operator()(T& spread, T& mean, T& bias, T& log_precision, T& scale) const {
    const bool good = spread > T(0) && spread - spread == T(0);
    const T variance = good ? spread : T(1);
    scale = square_root(variance);
    mean = mean / scale;
    bias *= scale;
    log_precision += logarithm(variance);
    spread = T(1);
  }
};

}  // namespace harmonium
