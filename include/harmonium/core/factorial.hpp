/// \file
/// log x! = log Gamma(x + 1), by Stirling's series in double precision, because near 0 and 1 the result is a
/// small difference of larger numbers.
#pragma once

#include "math.hpp"

namespace harmonium {

/// log x! - (x log x - x + log(2 pi x) / 2) within 1e-16, for x >= 12.
constexpr double stirling_remainder(double x) {
  const double r = 1 / x, square = r * r;
  double p = -691.0 / 360360;
  p = multiply_add(p, square, 1.0 / 1188);
  p = multiply_add(p, square, -1.0 / 1680);
  p = multiply_add(p, square, 1.0 / 1260);
  p = multiply_add(p, square, -1.0 / 360);
  p = multiply_add(p, square, 1.0 / 12);
  return p * r;
}

/// log x! for x >= 0, to within 1e-14 below 12 and to within 4 roundings above.
template <std::floating_point T>
constexpr T log_factorial(T x) {
  double y = static_cast<double>(x), product = 1;
  if (y < 12) {  // x! = (x + 12)! / ((x + 1) ... (x + 12))
    for (int i = 1; i <= 12; ++i) product *= y + i;
    y += 12;
  }
  const double log_y = logarithm(y);
  return static_cast<T>(y * (log_y - 1) + 0.5 * (log_y + 1.8378770664093454836) + stirling_remainder(y) -
                        logarithm(product));
}

}  // namespace harmonium
