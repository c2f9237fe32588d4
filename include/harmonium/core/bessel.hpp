/// \file
/// The modified Bessel functions I0 and I1 in the forms that the von Mises distribution needs: finite for any
/// argument, and without a difference of nearly equal numbers. In double precision, to within a few
/// roundings.
#pragma once

#include "math.hpp"

namespace harmonium {

/// What follows from I0 and I1 at k >= 0.
struct BesselParts {
  double log_i0;   ///< log I0(k) - k
  double ratio;    ///< I1(k) / (k I0(k)); 1 / 2 at 0
  double deficit;  ///< 1 - I1(k) / I0(k)
};

/// By the power series up to 20, and by Hankel's expansion beyond, whose terms I0 and I1 are subtracted one
/// by one.
constexpr BesselParts bessel_parts(double k) {
  if (!(k > 20)) {
    const double q = 0.25 * k * k;
    double zero = 1, one = 0.5, a = 1, b = 0.5;
    for (int n = 1; n < 60 && a > 1e-18 * zero; ++n) {
      a *= q / (n * n), b *= q / (n * (n + 1));
      zero += a, one += b;
    }
    const double ratio = one / zero;
    return {logarithm(zero) - k, ratio, 1 - k * ratio};
  }
  double zero = 1, one = 1, apart = 0, a = 1, b = 1;
  for (int n = 1; n <= 24; ++n) {
    const double odd = (2 * n - 1) * (2 * n - 1), share = 1 / (8 * k * n);
    a *= odd * share, b *= (odd - 4) * share;
    zero += a, one += b, apart += a - b;
  }
  return {logarithm(zero) - 0.5 * logarithm(6.283185307179586476925 * k), one / (zero * k), apart / zero};
}

}  // namespace harmonium
