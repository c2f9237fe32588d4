/// \file
/// Elementary functions shared by host and device. In single precision they are polynomials of this library,
/// written with explicit fused multiply-adds, so that every compiler vectorises them and gets the same bits.
/// In double precision they are the standard library's.
///
/// NaNs propagate. In single precision, nothing here branches on data.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>

namespace harmonium {

/// a * b + c, fused if the processor supports it; otherwise in a fixed order, since a library call per fused
/// operation would be a hundred times slower.
template <std::floating_point T>
constexpr T multiply_add(T a, T b, T c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDA_ARCH__)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

namespace detail {
/// All bits set if the condition holds, else none.
constexpr std::uint32_t mask(bool condition) { return 0u - static_cast<std::uint32_t>(condition); }
}  // namespace detail

/// e^x; in single precision to within 1.5 units in the last place for x in [-87, 88], and constant beyond.
template <std::floating_point T>
constexpr T exponential(T x) {
  if constexpr (std::same_as<T, float>) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    // x = n log 2 + r. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits, without a
    // conversion or std::floor, which g++ does not vectorise.
    const float shifted = multiply_add(x, 1.44269504f, 12582912.0f);
    const float n = shifted - 12582912.0f;
    const float r = multiply_add(n, -1.42860677e-6f, multiply_add(n, -0.693145752f, x));
    float p = 1.38637563e-3f;
    p = multiply_add(p, r, 8.36750958e-3f);
    p = multiply_add(p, r, 4.16672379e-2f);
    p = multiply_add(p, r, 1.66665345e-1f);
    p = multiply_add(p, r, 0.5f);
    p = multiply_add(p, r, 1.0f);
    p = multiply_add(p, r, 1.0f);
    // p 2^n, as a product, so that a NaN stays a NaN whatever its bits are.
    return p * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3f800000u);
  } else {
    return std::exp(x);
  }
}

/// Natural logarithm; in single precision to within 2 units in the last place for normal numbers.
template <std::floating_point T>
constexpr T logarithm(T x) {
  if constexpr (std::same_as<T, float>) {
    // x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2))
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) - 0x3f3504f3u;
    const float e = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
    const float f = std::bit_cast<float>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float p = 7.0376836292e-2f;
    p = multiply_add(p, f, -1.1514610310e-1f);
    p = multiply_add(p, f, 1.1676998740e-1f);
    p = multiply_add(p, f, -1.2420140846e-1f);
    p = multiply_add(p, f, 1.4249322787e-1f);
    p = multiply_add(p, f, -1.6668057665e-1f);
    p = multiply_add(p, f, 2.0000714765e-1f);
    p = multiply_add(p, f, -2.4999993993e-1f);
    p = multiply_add(p, f, 3.3333331174e-1f);
    const float square = f * f;
    float y = multiply_add(e, -2.12194440e-4f, p * f * square);
    y = multiply_add(square, -0.5f, y);
    y = multiply_add(e, 0.693359375f, f + y);
    // 0 maps to -infinity, infinity to itself, negative numbers and NaN to NaN; with masks, since g++ turns
    // conditional expressions into branches here and then does not vectorise.
    const std::uint32_t given = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t zero = detail::mask(given << 1 == 0), infinite = detail::mask(given == 0x7f800000u);
    const std::uint32_t undefined = detail::mask(given > 0x7f800000u) & ~zero;
    const std::uint32_t ordinary = std::bit_cast<std::uint32_t>(y) & ~(zero | infinite | undefined);
    return std::bit_cast<float>(ordinary | (zero & 0xff800000u) | (infinite & 0x7f800000u) |
                                (undefined & 0x7fc00000u));
  } else {
    return std::log(x);
  }
}

/// Square root; in single precision to within 1 unit in the last place for normal numbers. It vectorises,
/// unlike std::sqrt with g++ unless math errors are switched off.
template <std::floating_point T>
constexpr T square_root(T x) {
  if constexpr (std::same_as<T, float>) {
    // Newton's iteration for 1 / sqrt(x) from the well-known initial guess, then one step for the root
    // itself.
    float y = std::bit_cast<float>(0x5f375a86u - (std::bit_cast<std::uint32_t>(x) >> 1));
    for (int i = 0; i < 3; ++i) y = y * multiply_add(-0.5f * x * y, y, 1.5f);
    const float root = x * y;
    const float better = multiply_add(multiply_add(-root, root, x), 0.5f * y, root);
    // 0 and infinity map to themselves; with masks, as in `logarithm`.
    const std::uint32_t given = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t itself = detail::mask(given << 1 == 0) | detail::mask(given == 0x7f800000u);
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(better) & ~itself) | (given & itself));
  } else {
    return std::sqrt(x);
  }
}

/// |x|
template <std::floating_point T>
constexpr T magnitude(T x) {
  if constexpr (std::same_as<T, float>) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu);
  } else {
    return std::abs(x);
  }
}

/// The Euclidean norm of `count` numbers, given the sum of their squares in double precision; where that
/// overflows, or is too small to be precise, of the numbers divided by the largest of them.
template <std::floating_point T>
constexpr T norm_from(double squares, const T* x, std::int64_t count) {
  const bool precise = std::same_as<T, float> || (squares >= 1e-280 && squares <= 1e300);
  if (precise || squares != squares) return static_cast<T>(square_root(squares));
  T largest = T(0);
  for (std::int64_t i = 0; i < count; ++i) largest = magnitude(x[i]) > largest ? magnitude(x[i]) : largest;
  if (largest == T(0) || largest - largest != T(0)) return largest;
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(x[i] / largest);
    sum += share * share;
  }
  return static_cast<T>(static_cast<double>(largest) * square_root(sum));
}

/// cos(2 pi u) for u in [0, 1].
template <std::floating_point T>
constexpr T cosine_of_turns(T u) {
  if constexpr (std::same_as<T, float>) {
    // cos(2 pi u) = -sin(2 pi b) with b = 1/4 - |u - 1/2| in [-1/4, 1/4]; Taylor's series of the sine in 2 pi
    // b.
    const float centered = u - 0.5f;
    const float b = 0.25f - (centered < 0.0f ? -centered : centered);
    const float x = 6.28318531f * b;
    const float square = x * x;
    float p = 1.60590438e-10f;
    p = multiply_add(p, square, -2.50521084e-8f);
    p = multiply_add(p, square, 2.75573192e-6f);
    p = multiply_add(p, square, -1.98412698e-4f);
    p = multiply_add(p, square, 8.33333333e-3f);
    p = multiply_add(p, square, -1.66666667e-1f);
    return -multiply_add(p * square, x, x);
  } else {
#if defined(__CUDA_ARCH__)
    return ::cospi(2 * u);  // needs no local memory, unlike a cosine of arbitrarily large arguments
#else
    return std::cos(T(6.283185307179586476925286766559) * u);
#endif
  }
}

/// 1 / (1 + e^-x)
template <std::floating_point T>
constexpr T sigmoid(T x) {
  return T(1) / (T(1) + exponential(-x));
}

/// The sign of x: -1, 0 or 1 (0 for a NaN)
template <std::floating_point T>
constexpr T sign(T x) {
  return static_cast<T>(x > T(0)) - static_cast<T>(x < T(0));
}

/// log(1 + e^x), without overflow, and without loss of precision for very negative x.
template <std::floating_point T>
constexpr T softplus(T x) {
  const T e = exponential(-magnitude(x));
  const T positive = x > T(0) ? x : T(0);
  if constexpr (std::same_as<T, float>) {
    // log(1 + e) = log(u) + log(1 + (e - (u - 1)) / u), where u is 1 + e rounded; the second logarithm is
    // approximated by its argument less 1.
    const float u = 1.0f + e;
    return positive + (logarithm(u) + (e - (u - 1.0f)) / u);
  } else {
    return positive + std::log1p(e);
  }
}

}  // namespace harmonium
