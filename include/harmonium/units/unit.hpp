/// \file
/// What a unit type is.
///
/// A layer of units is an exponential family: p(x | field) = exp(field . x - energy(x) -
/// log_partition(field)), where field = bias + input is all that a unit receives. The energy and the
/// log-partition determine the unit's conditionals, free energy and gradients. A unit type is a struct of
/// static functions:
///
///  - `name`, which files and errors use;
///  - a *finite* unit defines `states`, their number, and `state(k)`, the value of each; nothing else is
///    needed;
///  - any other unit defines `energy(x, shape...)` without the bias term, `log_partition(field, shape...)`
///    and `sample(field, shape..., random)`; `shape[]` names its parameters besides the bias, if any;
///  - a *grouped* unit (`grouped = true`) spans several rows; its functions see the numbers of one group. It
///    is finite, or a `CircleUnit`.
///
/// Everything else (mean, variance, mode, statistics, back-propagation) is derived in family.hpp; a unit
/// overrides what it can compute faster or more accurately. Functions are `static constexpr` templates on the
/// number type and use `exponential`, `logarithm` and `square_root` of core/math.hpp, which accept dual
/// numbers.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <utility>

#include "../core/group.hpp"
#include "../core/random.hpp"

namespace harmonium {

/// Does a unit span a group of rows?
template <class U>
inline constexpr bool is_grouped = false;
/// The same for a type that declares it.
template <class U>
requires requires { U::grouped; }
inline constexpr bool is_grouped<U> = U::grouped;

/// Number of parameters per row besides the bias.
template <class U>
inline constexpr int shapes_of = 0;
/// The same for a type that names its parameters.
template <class U>
requires requires { U::shape; }
inline constexpr int shapes_of<U> = static_cast<int>(std::size(U::shape));

/// Does a unit have parameters besides the bias?
template <class U>
inline constexpr bool has_shapes = shapes_of<U> != 0;

/// Is another unit of measurement of a unit's state a change of its first shape parameter, a log precision,
/// of its bias and of its weights alone, and should training choose it (models/hidden_scale.hpp)? A unit type
/// says `static constexpr bool free_scale = true`.
template <class U>
inline constexpr bool has_free_scale = false;
/// The same for a type that says so.
template <class U>
requires requires { U::free_scale; }
inline constexpr bool has_free_scale<U> = U::free_scale;

/// Are a unit's shape parameters given numbers that training does not change? A unit type says `static
/// constexpr bool fixed_shapes = true`. Training starts its layer at the data if the biases alone are
/// untouched.
template <class U>
inline constexpr bool has_fixed_shapes = false;
/// The same for a type that says so.
template <class U>
requires requires { U::fixed_shapes; }
inline constexpr bool has_fixed_shapes<U> = U::fixed_shapes;

/// Are a unit's shape parameters whole numbers of at least 0? A unit type says `static constexpr bool counts
/// = true`; files with others are refused.
template <class U>
inline constexpr bool has_counts = false;
/// The same for a type that says so.
template <class U>
requires requires { U::counts; }
inline constexpr bool has_counts<U> = U::counts;

namespace detail {
template <class U, class Indices>
struct Gives;  // expands to one number per shape parameter
template <class U, std::size_t... I>
struct Gives<U, std::index_sequence<I...>> {
  template <std::size_t>
  using Number = float;
  static constexpr bool energy = requires(float x, Number<I>... shape) {
    { U::energy(x, shape...) } -> std::same_as<float>;
  };
  static constexpr bool log_partition = requires(float field, Number<I>... shape) {
    { U::log_partition(field, shape...) } -> std::same_as<float>;
  };
  static constexpr bool sample = requires(float field, Number<I>... shape, Random& random) {
    { U::sample(field, shape..., random) } -> std::same_as<float>;
  };
};
template <class U>
using GivesOf = Gives<U, std::make_index_sequence<static_cast<std::size_t>(shapes_of<U>)>>;
}  // namespace detail

/// A unit with finitely many states: `int states` and `T state<T>(int k)`.
template <class U>
concept FiniteElementUnit = !is_grouped<U> && requires {
  { U::states } -> std::convertible_to<int>;
  { U::template state<float>(0) } -> std::same_as<float>;
};

/// A grouped unit with finitely many states: `Index states(Index size)` for a group of `size` rows, and `T
/// state<T>(k, row)`, the value of state k in a row of the group.
template <class U>
concept FiniteGroupedUnit = is_grouped<U> && requires(Index k) {
  { U::states(k) } -> std::convertible_to<Index>;
  { U::template state<float>(k, k) } -> std::same_as<float>;
};

/// A unit whose states are finitely many and can be summed over.
template <class U>
concept FiniteUnit = FiniteElementUnit<U> || FiniteGroupedUnit<U>;

/// Does a grouped unit say that its states are the points of a circle?
template <class U>
inline constexpr bool is_circle = false;
/// The same for a type that does.
template <class U>
requires requires { U::circle; }
inline constexpr bool is_circle<U> = U::circle;

/// A unit whose states are the points of a circle, in two rows: the cosine and the sine of an angle. It says
/// `static constexpr bool circle = true` in addition to `grouped`, and defines `log_partition(field)`,
/// `mean(field, out)`, `mode(field, out)`, `backpropagate(field, delta, out)` and `sample(field, random,
/// out)`.
template <class U>
concept CircleUnit = is_grouped<U> && is_circle<U>;

/// `T energy(T x, T... shape)`
template <class U>
concept GivesEnergy = detail::GivesOf<U>::energy;
/// `T log_partition(T field, T... shape)`
template <class U>
concept GivesLogPartition = detail::GivesOf<U>::log_partition;
/// `T sample(T field, T... shape, Random& random)`
template <class U>
concept GivesSample = detail::GivesOf<U>::sample;

/// A unit type.
template <class U>
concept Unit = requires {
  { U::name } -> std::convertible_to<const char*>;
}
&&(FiniteUnit<U> || CircleUnit<U> ||
   (!is_grouped<U> && GivesEnergy<U> && GivesLogPartition<U> && GivesSample<U>));

/// A unit whose states are all real numbers, with a smooth energy: it says `static constexpr bool real_line =
/// true`. Score matching is for visible layers of such.
template <class U>
concept RealUnit = Unit<U> && !FiniteUnit<U> && requires {
  requires U::real_line;
};

/// A unit whose log-partition is a quadratic function of the field: it says `static constexpr bool quadratic
/// = true`. Exact sums over the other layer's states are then fast.
template <class U>
concept QuadraticUnit = Unit<U> && !FiniteUnit<U> && requires {
  requires U::quadratic;
};

/// A unit with log_partition(a + b) = log_partition(a) log_partition(b) > 0 for all fields: it says `static
/// constexpr bool multiplicative = true`, to the same effect.
template <class U>
concept MultiplicativeUnit = Unit<U> && !FiniteUnit<U> && requires {
  requires U::multiplicative;
};

/// Fails to compile with a readable sentence for each requirement that a unit type does not meet; `Layer`
/// calls it.
template <class U>
constexpr bool require_unit() {
  static_assert(
      requires {
        { U::name } -> std::convertible_to<const char*>;
      },
      "a unit type has a name: static constexpr const char* name");
  if constexpr (CircleUnit<U>) {
    static_assert(
        requires(GroupField<float> field, Group<const float> delta, Random & random, Group<float> out) {
          { U::log_partition(field) } -> std::same_as<float>;
          U::mean(field, out);
          U::mode(field, out);
          U::backpropagate(field, delta, out);
          U::sample(field, random, out);
        },
        "a unit on a circle gives log_partition(field), mean(field, out), mode(field, out), "
        "backpropagate(field, delta, out) and sample(field, random, out)");
  } else if constexpr (is_grouped<U>) {
    static_assert(
        FiniteGroupedUnit<U>,
        "a grouped unit type has finitely many states: Index states(Index size) and T state<T>(k, row)");
    static_assert(shapes_of<U> == 0, "a grouped unit type has no parameters besides its biases");
  } else if constexpr (requires { U::states; }) {
    static_assert(FiniteElementUnit<U>, "a unit type with int states also gives them: T state<T>(int k)");
  } else {
    static_assert(GivesEnergy<U>, "a unit type without states gives its energy: T energy(T x, T... shape)");
    static_assert(GivesLogPartition<U>,
                  "a unit type without states gives its log-partition: T log_partition(T field, T... shape)");
    static_assert(
        GivesSample<U>,
        "a unit type without states gives its sampler: T sample(T field, T... shape, Random& random)");
  }
  return Unit<U>;
}

}  // namespace harmonium
