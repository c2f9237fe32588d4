/// \file
/// Products of many factors 1 + a_1 b_1 + a_2 b_2 + ..., for many b at once. A logarithm per product, not per
/// factor: factors are multiplied as they are, and before a product could overflow, its power of two is moved
/// to an integer. Factors are at least 1 (a and b are exponentials), so nothing underflows or cancels.
#pragma once

#include <bit>
#include <cstdint>

#include "../../core/host_matrix.hpp"
#include "../../core/math.hpp"
#include "../../core/view.hpp"

namespace harmonium::detail {

/// Most bits that a product may gain between two calls of `split_powers`: doubles end at 2^1024.
inline constexpr double most_bits = 1020;

/// p *= (1 + a_0 b_0) ... (1 + a_3 b_3), elementwise over n numbers, where b_k begins at b + k * distance:
/// four at a time, so that the processor multiplies rather than loads and stores.
inline void multiply_by_four(const double* a, const double* b, Index distance, double* p, Index n) {
  const double a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
  const double *b0 = b, *b1 = b + distance, *b2 = b + 2 * distance, *b3 = b + 3 * distance;
  for (Index i = 0; i < n; ++i)
    p[i] *= (multiply_add(a0, b0[i], 1.0) * multiply_add(a1, b1[i], 1.0)) *
            (multiply_add(a2, b2[i], 1.0) * multiply_add(a3, b3[i], 1.0));
}

/// p *= 1 + a b
inline void multiply_by_one(double a, const double* b, double* p, Index n) {
  for (Index i = 0; i < n; ++i) p[i] *= multiply_add(a, b[i], 1.0);
}

/// sum = 1 + a_0 b_0 + ... of `terms` products
inline void sum_terms(Index terms, const double* a, const double* b, Index distance, double* sum, Index n) {
  for (Index i = 0; i < n; ++i) sum[i] = 1;
  Index t = 0;
  for (; t + 4 <= terms; t += 4) {
    const double a0 = a[t], a1 = a[t + 1], a2 = a[t + 2], a3 = a[t + 3];
    const double *b0 = b + t * distance, *b1 = b0 + distance, *b2 = b1 + distance, *b3 = b2 + distance;
    for (Index i = 0; i < n; ++i)
      sum[i] = multiply_add(
          a0, b0[i], multiply_add(a1, b1[i], multiply_add(a2, b2[i], multiply_add(a3, b3[i], sum[i]))));
  }
  for (; t < terms; ++t) {
    const double factor = a[t];
    const double* from = b + t * distance;
    for (Index i = 0; i < n; ++i) sum[i] = multiply_add(factor, from[i], sum[i]);
  }
}

/// Moves the powers of two of positive, normal numbers to `powers`, so that 1 <= p < 2.
inline void split_powers(double* p, std::int64_t* powers, Index n) {
  for (Index i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(p[i]);
    powers[i] += static_cast<std::int64_t>(bits >> 52) - 1023;
    p[i] = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  }
}

/// out += shift + log(p 2^powers), where powers are not negative
inline void add_logs(const double* p, const std::int64_t* powers, double shift, double* out, Index n) {
  using Numbers = Eigen::Array<double, Eigen::Dynamic, 1>;
  Eigen::Map<Numbers>(out, n) += shift + Eigen::Map<const Numbers>(p, n).log();
  for (Index i = 0; i < n; ++i) {
    // 2^52 + power, whose low bits are the power: conversions from 64 bits are not vectorized everywhere.
    const double power = std::bit_cast<double>(static_cast<std::uint64_t>(powers[i]) + 0x4330000000000000u) -
                         4503599627370496.0;
    out[i] = multiply_add(power, 0.69314718055994530942, out[i]);
  }
}

}  // namespace harmonium::detail
