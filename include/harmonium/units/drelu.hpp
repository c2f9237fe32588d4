/// \file
/// Double rectified linear unit, dReLU (Tubiana, Cocco and Monasson, 2019): two half Gaussians that meet at
/// 0. Any real x, energy = g+ x^2 / 2 + t+ x for x > 0 and g- x^2 / 2 + t- x for x < 0, which makes it a
/// Gaussian, a Rectified unit, a sparse one with a peak at 0 or one with two modes.
///
/// Of its four numbers the bias is one. The others are such that each may be any number, that a change of x's
/// unit of measurement changes the log precision alone, and that the asymmetry leaves 1 / g+ + 1 / g- what it
/// is:
///
///     g+ = e^log_precision / (1 + tanh(asymmetry)),  t+ = kink sqrt(g+) - bias,
///     g- = e^log_precision / (1 - tanh(asymmetry)),  t- = -kink sqrt(g-) - bias.
///
/// With s = 1 / sqrt(g) and t = +- field s - kink of each side, the log-partition is log(s+ z(t+) + s-
/// z(t-)), where z is that of the truncated normal distribution (core/truncated_normal.hpp).
#pragma once

#include <limits>

#include "../core/truncated_normal.hpp"
#include "unit.hpp"

namespace harmonium {

/// A real number with a precision of its own on each side of 0 and a kink there, all learned.
struct Drelu {
  static constexpr const char* name = "drelu";  ///< name in files and errors
  /// A logarithm, so that precisions stay positive; more spread above 0 than below, if positive; and how many
  /// standard deviations each half lies beyond 0, if negative: then there are two modes.
  static constexpr const char* shape[] = {"log_precision", "asymmetry", "kink"};
  static constexpr bool free_scale = true;    ///< training measures it in units of its spread
  static constexpr bool kink_at_zero = true;  ///< the slope of its energy jumps there
  /// g+ x^2 / 2 + kink sqrt(g+) x above 0, g- x^2 / 2 - kink sqrt(g-) x below
  template <class T>
  static constexpr T energy(T x, T log_precision, T asymmetry, T kink) {
    const bool below = x < T(0);
    const T y = (below ? -x : x) * exponential(T(0.5) * log_precision_of(below, log_precision, asymmetry));
    return y * (T(0.5) * y + kink);
  }
  /// The energy's slope, with the jump at 0 made smooth: what centering needs is a function of x that changes
  /// little where x changes little.
  template <class T>
  static constexpr T energy_slope(T x, T log_precision, T asymmetry, T kink) {
    const T root = exponential(T(0.5) * log_precision_of(x < T(0), log_precision, asymmetry)), y = root * x;
    return root * y * (T(1) + kink / square_root(T(1) + y * y));
  }
  /// log(s+ z(t+) + s- z(t-))
  template <class T>
  static constexpr T log_partition(T field, T log_precision, T asymmetry, T kink) {
    const Halves<T> halves(field, log_precision, asymmetry, kink);
    return halves.log_above + softplus(-halves.log_odds());
  }
  /// The sides' means, weighed by their probabilities.
  template <class T>
  static constexpr T mean(T field, T log_precision, T asymmetry, T kink) {
    const Halves<T> halves(field, log_precision, asymmetry, kink);
    const T odds = halves.log_odds();
    return sigmoid(odds) * halves.mean_above() - sigmoid(-odds) * halves.mean_below();
  }
  /// The sides' variances, and that of their means.
  template <class T>
  static constexpr T variance(T field, T log_precision, T asymmetry, T kink) {
    const Halves<T> halves(field, log_precision, asymmetry, kink);
    const T above = sigmoid(halves.log_odds()), below = sigmoid(-halves.log_odds());
    const T apart = halves.mean_above() + halves.mean_below();
    return above * halves.scale_above * halves.scale_above * truncated_normal_variance(halves.above) +
           below * halves.scale_below * halves.scale_below * truncated_normal_variance(halves.below) +
           above * below * apart * apart;
  }
  /// The higher of the sides' modes, of which each is 0 if its half lies beyond; the one above if they are
  /// equal.
  template <class T>
  static constexpr T mode(T field, T log_precision, T asymmetry, T kink) {
    const Halves<T> halves(field, log_precision, asymmetry, kink);
    const T above = halves.above < T(0) ? T(0) : halves.above;
    return halves.below > above ? -halves.scale_below * halves.below : halves.scale_above * above;
  }
  /// A side by its probability, then a draw of its truncated normal distribution.
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, T asymmetry, T kink, R& random) {
    const Halves<T> halves(field, log_precision, asymmetry, kink);
    const bool is_above = draw_sigmoid(halves.log_odds(), random);
    const T x = draw_truncated_normal(is_above ? halves.above : halves.below, random);
    return is_above ? halves.scale_above * x : -halves.scale_below * x;
  }

  static constexpr const char* accepted = "finite numbers";  ///< data that it accepts
  /// Any finite number.
  template <class T>
  static constexpr bool accepts(T x) {
    return x - x == T(0);
  }
  /// Sets it to the Gaussian of the data's mean and variance, as a Gaussian unit does.
  template <class T>
  static constexpr void fit(T mean, T variance, T /*count*/, T& bias, T& log_precision, T& asymmetry,
                            T& kink) {
    const T rounding = std::numeric_limits<T>::epsilon() * mean * mean;
    const T floored = variance > rounding ? variance : rounding > T(0) ? rounding : T(1e-3);
    log_precision = -logarithm(floored);
    bias = mean / floored;
    asymmetry = kink = T(0);
  }

 private:
  // log g of the side below or above 0: 1 / (1 + tanh(a)) = (1 + e^(-2 a)) / 2
  template <class T>
  static constexpr T log_precision_of(bool below, T log_precision, T asymmetry) {
    return log_precision + softplus(below ? T(2) * asymmetry : T(-2) * asymmetry) - T(0.69314718055994530942);
  }
  // Both sides at a field: 1 / sqrt(g), the location in standard deviations, and the log of the weight.
  template <class T>
  struct Halves {
    T scale_above, scale_below, above, below, log_above, log_below;
    constexpr Halves(T field, T log_precision, T asymmetry, T kink) {
      const T p = log_precision_of(false, log_precision, asymmetry),
              q = log_precision_of(true, log_precision, asymmetry);
      scale_above = exponential(T(-0.5) * p), scale_below = exponential(T(-0.5) * q);
      above = field * scale_above - kink, below = -field * scale_below - kink;
      log_above = truncated_normal_log_partition(above) - T(0.5) * p;
      log_below = truncated_normal_log_partition(below) - T(0.5) * q;
    }
    constexpr T log_odds() const { return log_above - log_below; }
    constexpr T mean_above() const { return scale_above * truncated_normal_mean(above); }
    constexpr T mean_below() const { return scale_below * truncated_normal_mean(below); }
  };
};

static_assert(!FiniteUnit<Drelu> && Unit<Drelu>);

}  // namespace harmonium
