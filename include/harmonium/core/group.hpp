/// \file
/// What the functions of a grouped unit see: the numbers of one group, wherever they are stored.
#pragma once

#include "view.hpp"

namespace harmonium {

/// `size` numbers, `stride` apart.
template <class T>
struct Group {
  using Number = std::remove_const_t<T>;  ///< type of the numbers
  T* data;                                ///< the first number
  Index size;                             ///< how many numbers
  Index stride = 1;                       ///< distance from one to the next
  /// Number k of the group.
  constexpr T& operator[](Index k) const { return data[k * stride]; }
};

/// bias + input of a group, added when read.
template <class T>
struct GroupField {
  using Number = T;  ///< type of the numbers
  const T* input;    ///< what the group receives from the other layer
  const T* bias;     ///< its own biases
  Index size;        ///< how many numbers
  Index stride = 1;  ///< distance from one to the next, in both
  /// The field of row k.
  constexpr T operator[](Index k) const { return input[k * stride] + bias[k * stride]; }
};

}  // namespace harmonium
