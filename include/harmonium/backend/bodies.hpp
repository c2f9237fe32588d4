/// \file
/// Element-wise bodies: what one pass over a layer does to one unit. Host and device run the same ones. `F`
/// is the `Family` of the layer's unit type; `shape...` are the unit's parameters besides its bias.
#pragma once

#include "../core/dual.hpp"
#include "../core/group.hpp"
#include "../core/random.hpp"

namespace harmonium {

/// The random numbers that a body needs per unit.
enum class Needs { nothing, one_uniform, random };

/// out = E[x | field]
template <class F>
struct MeanBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T /*other*/, R& /*random*/, P... shape) const {
    return F::mean(field, shape...);
  }
  /// For one group.
  template <class T, class R>
  constexpr void operator()(GroupField<T> field, Group<const T> /*other*/, R& /*random*/,
                            Group<T> out) const {
    F::mean(field, out);
  }
};

/// out = most probable x given the field
template <class F>
struct ModeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T /*other*/, R& /*random*/, P... shape) const {
    return F::mode(field, shape...);
  }
  /// For one group.
  template <class T, class R>
  constexpr void operator()(GroupField<T> field, Group<const T> /*other*/, R& /*random*/,
                            Group<T> out) const {
    F::mode(field, out);
  }
};

/// out ~ p(x | field)
template <class F>
struct SampleBody {
  static constexpr Needs needs = F::one_uniform ? Needs::one_uniform : Needs::random;  ///< one word, or draws
  static constexpr int shapes = F::shapes;     ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;  ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T /*other*/, R& random, P... shape) const {
    return F::sample(field, random, shape...);
  }
  /// For one group.
  template <class T, class R>
  constexpr void operator()(GroupField<T> field, Group<const T> /*other*/, R& random, Group<T> out) const {
    F::sample(field, random, out);
  }
};

/// out = Cov(x | field) other
template <class F>
struct BackpropagateBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T other, R& /*random*/, P... shape) const {
    return F::backpropagate(field, other, shape...);
  }
  /// For one group.
  template <class T, class R>
  constexpr void operator()(GroupField<T> field, Group<const T> other, R& /*random*/, Group<T> out) const {
    F::backpropagate(field, other, out);
  }
};

/// log_partition(input + bias), one number per unit
template <class F>
struct LogPartitionBody {
  static constexpr int shapes = F::shapes;     ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;  ///< do units span groups of rows?
  /// For one number.
  template <class T, class... P>
  constexpr T operator()(T input, T bias, P... shape) const {
    return F::log_partition(input + bias, shape...);
  }
  /// For one group.
  template <class T>
  constexpr T operator()(Group<const T> input, Group<const T> bias) const {
    return F::log_partition(GroupField<T>{input.data, bias.data, input.size, input.stride});
  }
};

/// energy(x) - bias . x, one number per unit
template <class F>
struct EnergyBody {
  static constexpr int shapes = F::shapes;     ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;  ///< do units span groups of rows?
  /// For one number.
  template <class T, class... P>
  constexpr T operator()(T x, T bias, P... shape) const {
    return F::energy(x, shape...) - bias * x;
  }
  /// For one group.
  template <class T>
  constexpr T operator()(Group<const T> x, Group<const T> bias) const {
    T sum = T(0);
    for (Index k = 0; k < x.size; ++k) sum -= bias[k] * x[k];
    return sum;
  }
};

/// x itself: the statistic of a bias
struct StateBody {
  static constexpr int shapes = 0;        ///< needs none
  static constexpr bool grouped = false;  ///< row by row
  /// For one number.
  template <class T>
  constexpr T operator()(T x, T /*bias*/) const {
    return x;
  }
};

/// x times the number passed in place of the bias: summed over units, a dot product
struct ScaledStateBody {
  static constexpr int shapes = 0;        ///< needs none
  static constexpr bool grouped = false;  ///< row by row
  /// For one number.
  template <class T>
  constexpr T operator()(T x, T factor) const {
    return factor * x;
  }
};

/// out = E[(x - other)^2 | field]
template <class F>
struct SpreadBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T field, T other, R& /*random*/, P... shape) const {
    const T off = F::mean(field, shape...) - other;
    return F::variance(field, shape...) + off * off;
  }
};

/// The slope of the energy at the other number, the bias's part aside
template <class F>
struct EnergySlopeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T /*field*/, T x, R& /*random*/, P... shape) const {
    return F::energy_slope(x, shape...);
  }
};

/// The slope of -d energy / d shape[which] at the other number
template <class F, int which>
struct StatisticSlopeBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = F::shapes;        ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;     ///< do units span groups of rows?
  /// For one number.
  template <class T, class R, class... P>
  constexpr T operator()(T /*field*/, T x, R& /*random*/, P... shape) const {
    return F::template statistic_slope<which>(x, shape...);
  }
};

/// -d energy / d shape[which] at x
template <class F, int which>
struct StatisticBody {
  static constexpr int shapes = F::shapes;     ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;  ///< do units span groups of rows?
  /// For one number.
  template <class T, class... P>
  constexpr T operator()(T x, T /*bias*/, P... shape) const {
    return F::template statistic<which>(x, shape...);
  }
};

/// The expectation of -d energy / d shape[which] given an input
template <class F, int which>
struct MeanStatisticBody {
  static constexpr int shapes = F::shapes;     ///< parameters besides the bias
  static constexpr bool grouped = F::grouped;  ///< do units span groups of rows?
  /// For one number.
  template <class T, class... P>
  constexpr T operator()(T input, T bias, P... shape) const {
    return F::template mean_statistic<which>(input + bias, shape...);
  }
};

namespace detail {

/// 1 where two numbers differ, else 0; a NaN differs from everything
struct DifferentBody {
  template <class T>
  constexpr T operator()(T a, T b) const {
    return a == b ? T(0) : T(1);
  }
};

/// Calls a body for the group whose first row is `row`, with the random numbers that it needs. Of those that
/// need one uniform number, a group uses the word of its first row.
template <class Body, class T>
constexpr void apply_to_group(const Body& body, GroupField<T> field, Group<const T> other, Group<T> out,
                              const Draws& draws, std::uint32_t row, std::uint32_t sample) {
  if constexpr (Body::needs == Needs::random) {
    Random random{draws, row, sample};
    body(field, other, random, out);
  } else if constexpr (Body::needs == Needs::one_uniform) {
    const PhiloxBlock words = draws.words_of_four_rows(row / 4, sample);
    OneUniform random{row % 4 == 0   ? words.word[0]  // no index, for which devices would keep them in memory
                      : row % 4 == 1 ? words.word[1]
                      : row % 4 == 2 ? words.word[2]
                                     : words.word[3]};
    if (is_extreme(random.word)) {
      auto extreme = ExtremeUniform::at(draws, random.word, row, sample);
      body(field, other, extreme, out);
    } else {
      body(field, other, random, out);
    }
  } else {
    OneUniform random{0};
    body(field, other, random, out);
  }
}

/// out = the other numbers of a group, less their mean
struct ZeroSumBody {
  static constexpr Needs needs = Needs::nothing;
  static constexpr int shapes = 0;
  static constexpr bool grouped = true;
  template <class T, class R>
  constexpr void operator()(GroupField<T> /*field*/, Group<const T> other, R& /*random*/,
                            Group<T> out) const {
    T sum = T(0);
    for (Index k = 0; k < other.size; ++k) sum += other[k];
    const T mean = sum / static_cast<T>(other.size);
    for (Index k = 0; k < other.size; ++k) out[k] = other[k] - mean;
  }
};

/// (scale a)^2 in double precision
struct SquareBody {
  double scale = 1;
  template <class T>
  constexpr double operator()(T a) const {
    const double x = scale * static_cast<double>(a);
    return x * x;
  }
};

/// (a - b)^2
struct SquaredDifferenceBody {
  template <class T>
  constexpr T operator()(T a, T b) const {
    return (a - b) * (a - b);
  }
};

/// a
struct IdentityBody {
  template <class T>
  constexpr T operator()(T a) const {
    return a;
  }
};

/// 1 where a number is infinite or a NaN, else 0
struct NotFiniteBody {
  template <class T>
  constexpr T operator()(T a) const {
    return a - a == T(0) ? T(0) : T(1);
  }
};

/// 0 with probability `share`, else 1 / (1 - share).
struct DropoutBody {
  static constexpr Needs needs = Needs::one_uniform;
  static constexpr int shapes = 0;
  static constexpr bool grouped = false;
  double share;
  template <class T, class R>
  constexpr T operator()(T /*field*/, T /*other*/, R& random) const {
    const T scale = static_cast<T>(1 / (1 - share));
    return random.template uniform<T>() < static_cast<T>(share) ? T(0) : scale;
  }
};

}  // namespace detail
}  // namespace harmonium
