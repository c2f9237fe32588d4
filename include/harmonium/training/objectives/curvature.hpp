/// \file
/// What score matching needs from units, element by element: second and third derivatives of energies and
/// log-partitions, by dual numbers where a unit does not define them itself.
#pragma once

#include "../../backend/bodies.hpp"
#include "../../units/family.hpp"

namespace harmonium {

namespace detail {
/// The slope along x of the energy's slope, for any number type.
template <class F, class T, class... P>
constexpr T energy_curvature(T x, P... shape) {
  return F::energy_slope(Dual<T>(x, T(1)), Dual<T>(shape)...).slope;
}
}  // namespace detail

/// out = d log p(v) / d v = field - d energy / dv, where field = bias + W E[h | v] and `other` is v
template <class F>
struct RealScoreBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = false;          ///< row by row
  /// Of one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T v, R& /*random*/, P... shape) const {
    return field - F::energy_slope(v, shape...);
  }
};

/// d^2 energy / dv^2
template <class F>
struct EnergyCurvatureBody {
  static constexpr int shapes = F::shapes;  ///< parameters besides the bias
  static constexpr bool grouped = false;    ///< row by row
  /// Of one number.
  template <class T, class... P>
  constexpr T operator()(T v, T /*bias*/, P... shape) const {
    return detail::energy_curvature<F>(v, shape...);
  }
};

/// out = score * d(energy slope) / d shape[which] + d(energy curvature) / d shape[which]: the gradient of a
/// visible shape parameter
template <class F, int which>
struct RealShapeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = false;          ///< row by row
  /// Of one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T v, R& /*random*/, P... shape) const {
    return along(std::make_index_sequence<sizeof...(P)>{}, field, v, shape...);
  }

 private:
  template <std::size_t... I, class T, class... P>
  static constexpr T along(std::index_sequence<I...> /*shapes*/, T field, T v, P... shape) {
    const auto slope = F::energy_slope(Dual<T>(v), Dual<T>(shape, T(I == which ? 1 : 0))...);
    const auto curvature = detail::energy_curvature<F>(Dual<T>(v), Dual<T>(shape, T(I == which ? 1 : 0))...);
    return (field - slope.value) * slope.slope + curvature.slope;
  }
};

/// Var(x | input)
template <class F>
struct VarianceBody {
  static constexpr int shapes = F::shapes;  ///< parameters besides the bias
  static constexpr bool grouped = false;    ///< row by row
  /// Of one number.
  template <class T, class... P>
  constexpr T operator()(T input, T bias, P... shape) const {
    return F::variance(input + bias, shape...);
  }
};

/// factor * Var(x | input); the factor, one per row, precedes the shape parameters
template <class F>
struct ScaledVarianceBody {
  static constexpr int shapes = F::shapes + 1;  ///< the factor, and parameters besides the bias
  static constexpr bool grouped = false;        ///< row by row
  /// Of one number.
  template <class T, class... P>
  constexpr T operator()(T input, T bias, T factor, P... shape) const {
    return factor * F::variance(input + bias, shape...);
  }
};

/// out = the slope of other * E[x | field] + factor * Var(x | field) along the field
template <class F>
struct MomentSlopeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes + 1;    ///< the factor, and parameters besides the bias
  static constexpr bool grouped = false;          ///< row by row
  /// Of one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T other, R& /*random*/, T factor, P... shape) const {
    const auto variance = F::variance(Dual<T>(field, T(1)), Dual<T>(shape)...);
    return other * variance.value + factor * variance.slope;
  }
};

/// out = the slope of the same along shape[which]
template <class F, int which>
struct MomentShapeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes + 1;    ///< the factor, and parameters besides the bias
  static constexpr bool grouped = false;          ///< row by row
  /// Of one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T other, R& /*random*/, T factor, P... shape) const {
    return along(std::make_index_sequence<sizeof...(P)>{}, field, other, factor, shape...);
  }

 private:
  template <std::size_t... I, class T, class... P>
  static constexpr T along(std::index_sequence<I...> /*shapes*/, T field, T other, T factor, P... shape) {
    const auto mean = F::mean(Dual<T>(field), Dual<T>(shape, T(I == which ? 1 : 0))...);
    const auto variance = F::variance(Dual<T>(field), Dual<T>(shape, T(I == which ? 1 : 0))...);
    return other * mean.slope + factor * variance.slope;
  }
};

}  // namespace harmonium
