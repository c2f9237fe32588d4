/// \file
/// Von Mises unit: an angle, as the two numbers cos and sin. The density on the circle is proportional to
/// e^(field . x). With k = |field|: log_partition = log(2 pi I0(k)), mean = I1(k) / I0(k) field / k.
#pragma once

#include "../core/bessel.hpp"
#include "unit.hpp"

namespace harmonium {

/// A direction in the plane: a layer has two rows for each, its cosine and its sine.
struct VonMises {
  static constexpr const char* name = "von mises";  ///< name in files and errors
  static constexpr bool grouped = true;             ///< two rows are one unit
  static constexpr bool circle = true;              ///< its states are the points of a circle
  /// log(2 pi I0(k))
  template <class Field>
  static constexpr auto log_partition(Field field) {
    using T = typename Field::Number;
    const double k = length(field);
    return static_cast<T>(1.8378770664093454836 + k + bessel_parts(k).log_i0);
  }
  /// I1(k) / I0(k) in the field's direction
  template <class Field, class T>
  static constexpr void mean(Field field, Group<T> out) {
    const double ratio = bessel_parts(length(field)).ratio;
    for (Index r = 0; r < 2; ++r) out[r] = static_cast<T>(ratio * static_cast<double>(field[r]));
  }
  /// The field's direction; without a field, that of the angle 0.
  template <class Field, class T>
  static constexpr void mode(Field field, Group<T> out) {
    const double k = length(field), x = static_cast<double>(field[0]), y = static_cast<double>(field[1]);
    out[0] = k > 0 ? static_cast<T>(x / k) : T(1);
    out[1] = k > 0 ? static_cast<T>(y / k) : T(0);
  }
  /// The variance across the field is A / k, that along it A' = 1 - A / k - A^2, with A = I1(k) / I0(k).
  template <class Field, class Delta, class T>
  static constexpr void backpropagate(Field field, Delta delta, Group<T> out) {
    const double k = length(field), x = static_cast<double>(field[0]), y = static_cast<double>(field[1]);
    const BesselParts parts = bessel_parts(k);
    const double across = parts.ratio, along = parts.deficit * (2 - parts.deficit) - across;
    const double share = k < 1e-3 ? -0.125 : (along - across) / (k * k);
    const double a = static_cast<double>(delta[0]), b = static_cast<double>(delta[1]);
    const double pull = share * (x * a + y * b);
    out[0] = static_cast<T>(across * a + pull * x);
    out[1] = static_cast<T>(across * b + pull * y);
  }
  /// By rejection from a wrapped Cauchy distribution (Best and Fisher, 1979), of which at least 2 of 3 are
  /// accepted; the cosine and the sine of the angle to the field are proposed themselves. In double precision
  /// whatever T is.
  template <class Field, class R, class T>
  static constexpr void sample(Field field, R& random, Group<T> out) {
    const double k = length(field), x = static_cast<double>(field[0]), y = static_cast<double>(field[1]);
    if (!(k <= 1e12)) return write(x / k, y / k, out);  // as good as certain; a NaN stays one
    double cosine = 0, sine = 0;
    if (k < 1e-6) {
      turn(random, cosine, sine);
      return write(cosine, sine, out);
    }
    const double tau = 1 + square_root(1 + 4 * k * k);
    const double rho = k < 1e-3 ? k / 2 : (tau - square_root(2 * tau)) / (2 * k);
    const double r = (1 + rho * rho) / (2 * rho), gap = (1 - rho * rho) / (2 * rho);  // gap^2 = r^2 - 1
    for (int i = 0; i < 64; ++i) {
      double z = 0, other = 0;
      turn(random, z, other);
      cosine = (1 + r * z) / (r + z), sine = gap * other / (r + z);
      const double c = k * gap * gap / (r + z), u = random.template open_uniform<double>();
      if (c * (2 - c) > u || logarithm(c / u) + 1 >= c) break;
    }
    write((cosine * x - sine * y) / k, (cosine * y + sine * x) / k, out);
  }

  /// data that it accepts
  static constexpr const char* accepted = "a cosine and a sine, of squares that sum to at most 1";
  /// A direction, or a mean of several.
  template <class T>
  static constexpr bool accepts(Group<const T> x) {
    return x[0] * x[0] + x[1] * x[1] <= T(1.001);
  }
  /// Sets the biases to the field whose mean is that of `count` samples, with one more sample of no
  /// direction. The mean's length is taken as at most 1 - 1e-9, else the field might be infinite.
  template <class T>
  static constexpr void fit(Group<const T> mean, T count, Group<T> bias) {
    const double x = static_cast<double>(mean[0]), y = static_cast<double>(mean[1]);
    const double n = static_cast<double>(count), length = square_root(x * x + y * y);
    const double mixed = (length < 1 ? length : 1.0) * n / (n + 1);
    const double target = mixed < 1 - 1e-9 ? mixed : 1 - 1e-9;
    double k = target * (2 - target * target) / (1 - target * target);
    for (int i = 0; i < 30; ++i) {  // Newton's method
      const BesselParts parts = bessel_parts(k);
      const double slope = parts.deficit * (2 - parts.deficit) - parts.ratio;
      k += (parts.deficit - (1 - target)) / slope;
    }
    for (Index r = 0; r < 2; ++r)
      bias[r] = length > 0 ? static_cast<T>(k * static_cast<double>(mean[r]) / length) : T(0);
  }

 private:
  template <class Field>
  static constexpr double length(Field field) {
    const double x = static_cast<double>(field[0]), y = static_cast<double>(field[1]);
    return square_root(x * x + y * y);
  }
  // The cosine and the sine of an angle that is uniform on the circle.
  template <class R>
  static constexpr void turn(R& random, double& cosine, double& sine) {
    const double u = random.template uniform<double>(), quarter = u + 0.75;
    cosine = cosine_of_turns(u);
    sine = cosine_of_turns(quarter < 1 ? quarter : quarter - 1);
  }
  template <class T>
  static constexpr void write(double cosine, double sine, Group<T> out) {
    out[0] = static_cast<T>(cosine);
    out[1] = static_cast<T>(sine);
  }
};

static_assert(!FiniteUnit<VonMises> && CircleUnit<VonMises> && Unit<VonMises>);

}  // namespace harmonium
