/// \file
/// The functions of an element-wise unit type, and what every other family specialises.
#pragma once

#include "../../core/dual.hpp"
#include "../activation.hpp"
#include "../unit.hpp"

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
  static constexpr bool energy_slope = requires(float x, Number<I>... shape) {
    U::energy_slope(x, shape...);
  };
  static constexpr bool mean_statistic = requires(float x, Number<I>... shape) {
    U::mean_statistic(x, shape...);
  };
  static constexpr bool sample = requires(float x, Random& random, Number<I>... shape) {
    U::sample(x, shape..., random);
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

  /// d energy / d x at a number, as if states were real; a unit whose energy has a kink may define a smooth
  /// one for centering.
  template <class T, class... P>
  static constexpr T energy_slope(T x, P... shape) {
    if constexpr (Own::energy_slope) {
      return U::energy_slope(x, shape...);
    } else {
      return energy(Dual<T>(x, T(1)), Dual<T>(shape)...).slope;
    }
  }

  /// -d energy_slope / d shape[which] at a number.
  template <int which, class T, class... P>
  static constexpr T statistic_slope(T x, P... shape) {
    if constexpr (Own::energy_slope) {
      return -energy_slope_along<which>(std::make_index_sequence<sizeof...(P)>{}, x, shape...).slope;
    } else {
      return statistic<which>(Dual<T>(x, T(1)), Dual<T>(shape)...).slope;
    }
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

  /// A draw from p(x | field); by default through the inverse of the distribution function. The first and the
  /// last states are drawn with their probability down to 2^-64, those between more probable ones only to
  /// within 2^-24.
  template <class T, class R, class... P>
  static constexpr T sample(T field, R& random, P... shape) {
    if constexpr (Own::sample) {
      return U::sample(field, shape..., random);
    } else {
      const T log_z = log_partition(field, shape...);
      if constexpr (std::same_as<R, ExtremeUniform>)
        if (random.high()) return from_the_last(random.template complement<T>(), log_z, field, shape...);
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
  // The draw of a uniform number that is 1 - v, by sums from the last state on, which keep their precision.
  template <class T, class... P>
  static constexpr T from_the_last(T v, T log_z, T field, P... shape) {
    T sum = T(0);
    int chosen = U::states - 1;
    for (int k = U::states - 1; k > 0; --k) {
      sum += exponential(log_weight(k, field, shape...) - log_z);
      if (!(v < sum)) chosen = k - 1;
    }
    return state<T>(chosen);
  }
  // With shape parameter number `which` as the direction of the duals.
  template <std::size_t which, std::size_t... I, class T, class... P>
  static constexpr Dual<T> energy_along(std::index_sequence<I...> /*shapes*/, T x, P... shape) {
    return energy(Dual<T>(x), Dual<T>(shape, T(I == which ? 1 : 0))...);
  }
  template <std::size_t which, std::size_t... I, class T, class... P>
  static constexpr Dual<T> energy_slope_along(std::index_sequence<I...> /*shapes*/, T x, P... shape) {
    return energy_slope(Dual<T>(x), Dual<T>(shape, T(I == which ? 1 : 0))...);
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

}  // namespace harmonium
