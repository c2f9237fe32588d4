// A user-defined unit type: -1, 0 or 1, where 0 has no energy.
#pragma once

#include <harmonium/units/unit.hpp>

struct Notch {
  static constexpr const char* name = "notch";
  static constexpr bool cuda_compiled = true;  // in notch.cu
  static constexpr int states = 3;
  template <class T>
  static constexpr T state(int k) {
    return T(k - 1);
  }
  template <class T>
  static constexpr T energy(T x) {
    return x * x;
  }
};
