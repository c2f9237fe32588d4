/// \file
/// Rules: what an element-wise update does to one number x, given the numbers in the same place of other
/// matrices. They have names, and are not lambdas where they are used, so that a device's compiler can make
/// them in another file than the one that calls for them.
#pragma once

#include "../core/math.hpp"

namespace harmonium {

/// x += y
struct Add {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x += y;
  }
};

/// x -= y
struct Subtract {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x -= y;
  }
};

/// x = y - x
struct SubtractFrom {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x = y - x;
  }
};

/// x *= y
struct Multiply {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T y) const {
    x *= y;
  }
};

/// x = y + z
struct SetToSum {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T y, T z) const {
    x = y + z;
  }
};

/// x = value where `held` is not 0
struct PutBack {
  /// To one number.
  template <class T>
  constexpr void operator()(T& x, T value, T held) const {
    x = held != T(0) ? value : x;
  }
};

/// x *= factor
template <class T>
struct ScaleBy {
  T factor;  ///< the same for all
  /// To one number.
  constexpr void operator()(T& x) const { x *= factor; }
};

/// x = factor y
template <class T>
struct SetToMultiple {
  T factor;  ///< the same for all
  /// To one number.
  constexpr void operator()(T& x, T y) const { x = factor * y; }
};

/// x = a x + b y
template <class T>
struct Mix {
  T a;  ///< what is left of x
  T b;  ///< what comes of y
  /// To one number.
  constexpr void operator()(T& x, T y) const { x = a * x + b * y; }
};

/// x = a y + b z
template <class T>
struct SetToCombination {
  T a;  ///< what comes of y
  T b;  ///< what comes of z
  /// To one number.
  constexpr void operator()(T& x, T y, T z) const { x = a * y + b * z; }
};

/// x += share (y - x)
template <class T>
struct MoveTowards {
  T share;  ///< of the way
  /// To one number.
  constexpr void operator()(T& x, T y) const { x += share * (y - x); }
};

/// x += factor (target - y)
template <class T>
struct Pull {
  T factor;  ///< how strongly
  T target;  ///< to where y is to go
  /// To one number.
  constexpr void operator()(T& x, T y) const { x += factor * (target - y); }
};

/// x moves by a length against the sign of y, and stays where y is 0.
template <class T>
struct StepAgainst {
  T length;  ///< of the step
  /// To one number.
  constexpr void operator()(T& x, T y) const {
    x -= length * (static_cast<T>(y > T(0)) - static_cast<T>(y < T(0)));
  }
};

/// x, a squared norm, becomes factor / norm, the slope of factor times the norm; 0 where the norm is 0.
template <class T>
struct NormSlope {
  T factor;  ///< what the norm counts
  /// To one number.
  constexpr void operator()(T& x) const { x = x > T(0) ? factor / square_root(x) : T(0); }
};

/// x, a squared norm, becomes what brings the norm down to at most `limit`.
template <class T>
struct NormLimit {
  T limit;  ///< the longest norm
  /// To one number.
  constexpr void operator()(T& x) const { x = x > limit * limit ? limit / square_root(x) : T(1); }
};

}  // namespace harmonium
