/// \file
/// All functions of a unit type: its own where it has them, otherwise derived ones.
///
/// With G(field, shape) the log-partition: mean = dG/dfield, variance = d2G/dfield2, mean statistic of a
/// shape parameter = dG/dshape, statistic = -denergy/dshape. Derivatives come from dual numbers, so they are
/// exact. An activation has only the mean and its slope.
#pragma once

#include "../core/dual.hpp"
#include "activation.hpp"
#include "unit.hpp"

namespace harmonium {

namespace detail {
// Which functions a unit type defines itself. Evaluated once per type rather than at each use, because nvcc
// evaluates some of these requires-expressions to false in device code although they are true.
template <class U, class Indices>
struct OwnFunctions;
template <class U, std::size_t... I>
struct OwnFunctions<U, std::index_sequence<I...>> {
  template <std::size_t>
  using Number = float;
  static constexpr bool energy = requires(float x, Number<I>... shape) { U::energy(x, shape...); };
  static constexpr bool log_partition = requires(float x, Number<I>... shape) {
    U::log_partition(x, shape...);
  };
  static constexpr bool mean = requires(float x, Number<I>... shape) { U::mean(x, shape...); };
  static constexpr bool variance = requires(float x, Number<I>... shape) { U::variance(x, shape...); };
  static constexpr bool mode = requires(float x, Number<I>... shape) { U::mode(x, shape...); };
  static constexpr bool backpropagate = requires(float x, Number<I>... shape) {
    U::backpropagate(x, x, shape...);
  };
  static constexpr bool statistic = requires(float x, Number<I>... shape) { U::statistic(x, shape...); };
  static constexpr bool mean_statistic = requires(float x, Number<I>... shape) {
    U::mean_statistic(x, shape...);
  };
  static constexpr bool sample = requires(float x, Random& random, Number<I>... shape) {
    U::sample(x, shape..., random);
  };
};
template <class U>
struct OwnGroupFunctions {
  static constexpr bool log_partition = requires(GroupField<float> field) { U::log_partition(field); };
  static constexpr bool mean = requires(GroupField<float> field, Group<float> out) { U::mean(field, out); };
  static constexpr bool backpropagate =
      requires(GroupField<float> field, Group<const float> delta, Group<float> out) {
    U::backpropagate(field, delta, out);
  };
  static constexpr bool sample = requires(GroupField<float> field, OneUniform& random, Group<float> out) {
    U::sample(field, random, out);
  };
};
}  // namespace detail

/// The functions of an element-wise unit type; `P... shape` are the unit's parameters besides the bias.
template <class U>
requires Unit<U> || Activation<U>
struct Family {
  /// Which functions the unit type defines itself.
  using Own = detail::OwnFunctions<U, std::make_index_sequence<static_cast<std::size_t>(shapes_of<U>)>>;
  static constexpr bool grouped = false;         ///< one row per unit
  static constexpr bool finite = FiniteUnit<U>;  ///< can its states be summed over?
  static constexpr bool one_uniform = finite;    ///< a finite unit draws with one uniform number
  static constexpr int shapes = shapes_of<U>;    ///< parameters besides the bias

  /// Energy of a state without the bias term; zero unless the unit defines it.
  template <class T, class... P>
  static constexpr T energy(T x, P... shape) {
    if constexpr (Own::energy) {
      return U::energy(x, shape...);
    } else {
      return T(0);
    }
  }

  /// log of the sum (or integral) over the states of exp(field x - energy(x)).
  template <class T, class... P>
  static constexpr T log_partition(T field, P... shape) {
    if constexpr (Own::log_partition) {
      return U::log_partition(field, shape...);
    } else {
      T largest = log_weight(0, field, shape...);
      for (int k = 1; k < U::states; ++k) {
        const T w = log_weight(k, field, shape...);
        if (w > largest) largest = w;
      }
      T sum = T(0);
      for (int k = 0; k < U::states; ++k) sum += exponential(log_weight(k, field, shape...) - largest);
      return largest + logarithm(sum);
    }
  }

  /// Expectation of the state.
  template <class T, class... P>
  static constexpr T mean(T field, P... shape) {
    if constexpr (Own::mean) {
      return U::mean(field, shape...);
    } else {
      return log_partition(Dual<T>(field, T(1)), Dual<T>(shape)...).slope;
    }
  }

  /// Variance of the state.
  template <class T, class... P>
  static constexpr T variance(T field, P... shape) {
    if constexpr (Own::variance) {
      return U::variance(field, shape...);
    } else {
      return mean(Dual<T>(field, T(1)), Dual<T>(shape)...).slope;
    }
  }

  /// Most probable state.
  template <class T, class... P>
  static constexpr T mode(T field, P... shape) {
    if constexpr (Own::mode) {
      return U::mode(field, shape...);
    } else {
      static_assert(
          finite,
          "mode: a unit type with infinitely many states must define it itself: T mode(T field, T... shape)");
      int best = 0;
      for (int k = 1; k < U::states; ++k)
        if (log_weight(k, field, shape...) > log_weight(best, field, shape...)) best = k;
      return state<T>(best);
    }
  }

  /// Covariance of the state times `delta`: the mean's Jacobian, for back-propagation.
  template <class T, class... P>
  static constexpr T backpropagate(T field, T delta, P... shape) {
    if constexpr (Own::backpropagate) {
      return U::backpropagate(field, delta, shape...);
    } else {
      return variance(field, shape...) * delta;
    }
  }

  /// d energy / d x at a number, as if states were real.
  template <class T, class... P>
  static constexpr T energy_slope(T x, P... shape) {
    return energy(Dual<T>(x, T(1)), Dual<T>(shape)...).slope;
  }

  /// -d energy / d shape[which] at a state.
  template <int which, class T, class... P>
  static constexpr T statistic(T x, P... shape) {
    if constexpr (shapes == 1 && Own::statistic) {
      return U::statistic(x, shape...);
    } else {
      return -energy_along<which>(std::make_index_sequence<sizeof...(P)>{}, x, shape...).slope;
    }
  }

  /// The expectation of that statistic given the field; not the statistic of the expectation.
  template <int which, class T, class... P>
  static constexpr T mean_statistic(T field, P... shape) {
    if constexpr (shapes == 1 && Own::mean_statistic) {
      return U::mean_statistic(field, shape...);
    } else {
      return log_partition_along<which>(std::make_index_sequence<sizeof...(P)>{}, field, shape...).slope;
    }
  }

  /// A draw from p(x | field); by default through the inverse of the distribution function.
  template <class T, class R, class... P>
  static constexpr T sample(T field, R& random, P... shape) {
    if constexpr (Own::sample) {
      return U::sample(field, shape..., random);
    } else {
      const T log_z = log_partition(field, shape...);
      const T u = random.template uniform<T>();
      T sum = T(0);
      int chosen = 0;
      for (int k = 0; k < U::states - 1; ++k) {  // no early exit, so that a loop over samples can vectorise
        sum += exponential(log_weight(k, field, shape...) - log_z);
        if (!(u < sum)) chosen = k + 1;
      }
      return state<T>(chosen);
    }
  }

  /// The value of state `k` of a finite unit.
  template <class T>
  static constexpr T state(int k) {
    return U::template state<T>(k);
  }

 private:
  // With shape parameter number `which` as the direction of the duals.
  template <std::size_t which, std::size_t... I, class T, class... P>
  static constexpr Dual<T> energy_along(std::index_sequence<I...> /*shapes*/, T x, P... shape) {
    return energy(Dual<T>(x), Dual<T>(shape, T(I == which ? 1 : 0))...);
  }
  template <std::size_t which, std::size_t... I, class T, class... P>
  static constexpr Dual<T> log_partition_along(std::index_sequence<I...> /*shapes*/, T field, P... shape) {
    return log_partition(Dual<T>(field), Dual<T>(shape, T(I == which ? 1 : 0))...);
  }
  template <class T, class... P>
  static constexpr T log_weight(int k, T field, P... shape) {
    return field * state<T>(k) - energy(state<T>(k), shape...);
  }
};

/// The functions of a grouped unit type. `field` and `delta` are any types with `[k]`, `size` and a type
/// `Number`; `out` does not overlap them.
template <Unit U>
requires is_grouped<U>
struct Family<U> {
  using Own = detail::OwnGroupFunctions<U>;  ///< which functions the unit type defines itself
  static constexpr bool grouped = true;      ///< a unit is a group of rows
  static constexpr bool finite = true;       ///< its states can be summed over
  static constexpr bool one_uniform = true;  ///< it draws with one uniform number
  static constexpr int shapes = 0;           ///< it has no parameters besides the biases

  /// Number of states of a group of `size` rows.
  static constexpr Index states(Index size) { return U::states(size); }
  /// The value of state `k` in a row of its group.
  template <class T>
  static constexpr T state(Index k, Index row) {
    return U::template state<T>(k, row);
  }

  /// log of the sum over the states of exp(field . x).
  template <class Field>
  static constexpr auto log_partition(Field field) {
    if constexpr (Own::log_partition) {
      return U::log_partition(field);
    } else {
      using T = typename Field::Number;
      T largest = dot(field, 0);
      for (Index k = 1; k < states(field.size); ++k) {
        const T w = dot(field, k);
        if (w > largest) largest = w;
      }
      T sum = T(0);
      for (Index k = 0; k < states(field.size); ++k) sum += exponential(dot(field, k) - largest);
      return largest + logarithm(sum);
    }
  }

  /// Expectation of each number of the group.
  template <class Field, class T>
  static constexpr void mean(Field field, Group<T> out) {
    if constexpr (Own::mean) {
      U::mean(field, out);
    } else {
      const T log_z = log_partition(field);
      sum_states(out, [&](Index k) { return exponential(dot(field, k) - log_z); });
    }
  }

  /// Most probable state.
  template <class Field, class T>
  static constexpr void mode(Field field, Group<T> out) {
    Index best = 0;
    for (Index k = 1; k < states(field.size); ++k)
      if (dot(field, k) > dot(field, best)) best = k;
    write(best, out);
  }

  /// Covariance of the state times `delta`: the mean's Jacobian, for back-propagation.
  template <class Field, class Delta, class T>
  static constexpr void backpropagate(Field field, Delta delta, Group<T> out) {
    if constexpr (Own::backpropagate) {
      U::backpropagate(field, delta, out);
    } else {
      const T log_z = log_partition(field);
      T mean_dot = T(0);
      for (Index k = 0; k < states(field.size); ++k)
        mean_dot += exponential(dot(field, k) - log_z) * dot(delta, k);
      sum_states(out,
                 [&](Index k) { return exponential(dot(field, k) - log_z) * (dot(delta, k) - mean_dot); });
    }
  }

  /// A draw from p(x | field), through the inverse of the distribution function.
  template <class Field, class R, class T>
  static constexpr void sample(Field field, R& random, Group<T> out) {
    if constexpr (Own::sample) {
      U::sample(field, random, out);
    } else {
      const T log_z = log_partition(field);
      const T u = random.template uniform<T>();
      T sum = T(0);
      Index chosen = 0;
      for (Index k = 0; k < states(field.size) - 1; ++k) {
        sum += exponential(dot(field, k) - log_z);
        if (!(u < sum)) chosen = k + 1;
      }
      write(chosen, out);
    }
  }

 private:
  template <class Numbers>
  static constexpr auto dot(Numbers numbers, Index k) {
    using T = typename Numbers::Number;
    T sum = T(0);
    for (Index r = 0; r < numbers.size; ++r) sum += numbers[r] * state<T>(k, r);
    return sum;
  }
  template <class T>
  static constexpr void write(Index k, Group<T> out) {
    for (Index r = 0; r < out.size; ++r) out[r] = state<T>(k, r);
  }
  template <class T, class Weight>
  static constexpr void sum_states(Group<T> out, Weight weight) {
    for (Index r = 0; r < out.size; ++r) out[r] = T(0);
    for (Index k = 0; k < states(out.size); ++k) {
      const T w = weight(k);
      for (Index r = 0; r < out.size; ++r) out[r] += w * state<T>(k, r);
    }
  }
};

/// The functions of an activation.
template <Activation A>
struct Family<A> {
  static constexpr bool grouped = false;      ///< each row by itself
  static constexpr bool finite = false;       ///< it has no states
  static constexpr bool one_uniform = false;  ///< it draws nothing
  static constexpr int shapes = 0;            ///< it has no parameters besides the biases
  static constexpr bool own_backpropagate = requires(float x) {
    A::backpropagate(x, x);
  };  ///< does it define its slope itself?

  /// The output of a row.
  template <class T>
  static constexpr T mean(T field) {
    return A::mean(field);
  }
  /// Its slope times delta.
  template <class T>
  static constexpr T backpropagate(T field, T delta) {
    if constexpr (own_backpropagate) {
      return A::backpropagate(field, delta);
    } else {
      return A::mean(Dual<T>(field, T(1))).slope * delta;
    }
  }
};

/// Is `U` a unit type or an activation? If it is neither, fails to compile with a readable sentence for each
/// requirement that it does not meet.
template <class U>
constexpr bool require_unit_or_activation() {
  if constexpr (is_activation<U>) {
    return require_activation<U>();
  } else {
    return require_unit<U>();
  }
}

}  // namespace harmonium
