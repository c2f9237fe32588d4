/// \file
/// The functions of an activation.
#pragma once

#include "elements.hpp"

namespace harmonium {

/// The functions of an activation.
template <Activation A>
struct Family<A> {
  static constexpr bool grouped = false;      ///< each row by itself
  static constexpr bool finite = false;       ///< it has no states
  static constexpr bool one_uniform = false;  ///< it draws nothing
  static constexpr int shapes = 0;            ///< it has no parameters besides the biases
  static constexpr bool own_backpropagate = requires(float x) {
    A::backpropagate(x, x);
  };  ///< does it define its slope itself?

  /// The output of a row.
  template <class T>
  static constexpr T mean(T field) {
    return A::mean(field);
  }
  /// Its slope times delta.
  template <class T>
  static constexpr T backpropagate(T field, T delta) {
    if constexpr (own_backpropagate) {
      return A::backpropagate(field, delta);
    } else {
      return A::mean(Dual<T>(field, T(1))).slope * delta;
    }
  }
};

}  // namespace harmonium
