/// \file
/// The normal distribution with mean t and variance 1, cut off below 0: its log-partition function log of the
/// integral of e^(t x - x^2 / 2) over x > 0 = log(Phi(t) / phi(t)), mean t + phi(t) / Phi(t) and variance,
/// each the slope of the previous one. Accurate for any t: there is no difference of nearly equal numbers,
/// and only t^2 can overflow.
#pragma once

#include "dual.hpp"

namespace harmonium {

namespace detail {

/// c0 + c1 x + c2 x^2 + ...
template <class T, class... C>
constexpr T polynomial(T x, T c0, C... c) {
  if constexpr (sizeof...(c) == 0) {
    return c0;
  } else {
    return multiply_add(polynomial(x, c...), x, c0);
  }
}

/// Laplace's continued fraction of Mills' ratio: with t = -a and a >= 0 the mean is 1 / (a + c), where c = 2
/// / (a + 3 / (a + 4 / (a + ...))). Minimax rational functions of 1 / (1 + a), to within 7e-17 (double) and
/// 4e-9 (float).
template <std::floating_point T>
constexpr T mills_tail(T a) {
  const T w = T(1) / (T(1) + a);
  if constexpr (std::same_as<T, float>) {
    return w * polynomial(w, 2.0f, 17.9004017f, 106.023718f, 402.5133f, 1004.1791f, 1417.00673f) /
           polynomial(w, 1.0f, 7.95019794f, 47.0620983f, 178.070112f, 478.454243f, 843.265077f, 797.657126f);
  } else {
    return w *
           polynomial(w, T(2), T(44.642763938886213), T(567.7586776499997), T(4983.9170162542507),
                      T(32739.88167288725), T(166225.74172321126), T(658320.21574074765),
                      T(2012467.4453498658), T(4581836.5738320102), T(7132313.8595827189),
                      T(5976344.9505775828)) /
           polynomial(w, T(1), T(21.321381969443321), T(264.55795685542306), T(2278.043315242707),
                      T(14787.584486657854), T(74836.551434659583), T(299380.39999979063),
                      T(945020.48281966252), T(2312549.5577080148), T(4207423.1403907589),
                      T(5188759.8499670793), T(3363849.301250362));
  }
}

/// Phi(t) / phi(t) e^(-t^2 / 2) for t >= 0, where `below` is the mean at -t; this is sqrt(2 pi) minus the
/// truncated part.
template <class T>
constexpr T mass_above_zero(T t, T below) {
  return T(2.5066282746310005024) - exponential(T(-0.5) * t * t) / (t + below);
}
/// phi(t) / Phi(t) for t >= 0
template <class T>
constexpr T inverse_mills(T t, T below) {
  return exponential(T(-0.5) * t * t) / mass_above_zero(t, below);
}

}  // namespace detail

/// log of the integral of e^(t x - x^2 / 2) over x > 0
template <std::floating_point T>
constexpr T truncated_normal_log_partition(T t) {
  const T a = magnitude(t), below = T(1) / (a + detail::mills_tail(a));
  return t > T(0) ? multiply_add(T(0.5) * t, t, logarithm(detail::mass_above_zero(a, below)))
                  : -logarithm(a + below);
}

/// t + phi(t) / Phi(t)
template <std::floating_point T>
constexpr T truncated_normal_mean(T t) {
  const T a = magnitude(t), below = T(1) / (a + detail::mills_tail(a));
  return t > T(0) ? t + detail::inverse_mills(a, below) : below;
}

/// The variance, between 0 and 1; about 1 / t^2 for very negative t.
template <std::floating_point T>
constexpr T truncated_normal_variance(T t) {
  const T a = magnitude(t), c = detail::mills_tail(a), below = T(1) / (a + c);
  const T h = detail::inverse_mills(a, below),
          nearly_all = a < T(40) ? a : T(40);  // 0 * infinity would be a NaN
  return t > T(0) ? T(1) - h * (h + nearly_all) : below * (c - below);
}

/// The third cumulant, the variance's slope; about 2 / |t|^3 for very negative t, where it has lost
/// t^2 roundings.
template <std::floating_point T>
constexpr T truncated_normal_third_cumulant(T t) {
  const T a = magnitude(t), c = detail::mills_tail(a), below = T(1) / (a + c);
  const T h = detail::inverse_mills(a, below), mean = h + (a < T(40) ? a : T(40));
  return t > T(0) ? h * (mean * (mean + h) - T(1)) : (T(1) - below * (c - below)) * (T(2) * below - c);
}

/// The same for dual numbers: the slope is the mean.
template <class T>
constexpr Dual<T> truncated_normal_log_partition(Dual<T> t) {
  return {truncated_normal_log_partition(t.value), truncated_normal_mean(t.value) * t.slope};
}

/// The same for dual numbers: the slope is the variance.
template <class T>
constexpr Dual<T> truncated_normal_mean(Dual<T> t) {
  return {truncated_normal_mean(t.value), truncated_normal_variance(t.value) * t.slope};
}

/// The same for a dual number: its slope is the third cumulant.
template <class T>
constexpr Dual<T> truncated_normal_variance(Dual<T> t) {
  return {truncated_normal_variance(t.value), truncated_normal_third_cumulant(t.value) * t.slope};
}

/// A draw from it, by rejection: from normal numbers if at least half of them are above 0, else from
/// exponential ones (Robert, 1995), of which at least 3 of 4 are accepted. For t <= 0 a proposal with rate 1
/// / (1 - t) - t is accepted with probability e^(-(x - 1 / (1 - t))^2 / 2).
template <std::floating_point T, class R>
constexpr T draw_truncated_normal(T t, R& random) {
  T x = t;
  for (int i = 0; i < 64; ++i) {  // all are rejected less than once in 2^64 draws, or for a NaN
    if (t > T(0)) {
      x = t + random.template normal<T>();
      if (x >= T(0)) return x;
    } else {
      const T step = T(1) / (T(1) - t);
      x = magnitude(logarithm(random.template open_uniform<T>())) / (step - t);
      if (random.template uniform<T>() < exponential(T(-0.5) * (x - step) * (x - step))) return x;
    }
  }
  return x < T(0) ? T(0) : x;
}

}  // namespace harmonium
