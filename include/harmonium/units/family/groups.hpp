/// \file
/// The functions of a grouped unit type.
#pragma once

#include "elements.hpp"

namespace harmonium {

namespace detail {
// Evaluated once per type: see OwnFunctions.
template <class U>
struct OwnGroupFunctions {
  static constexpr bool log_partition = requires(GroupField<float> field) { U::log_partition(field); };
  static constexpr bool mean = requires(GroupField<float> field, Group<float> out) { U::mean(field, out); };
  static constexpr bool mode = requires(GroupField<float> field, Group<float> out) { U::mode(field, out); };
  static constexpr bool backpropagate =
      requires(GroupField<float> field, Group<const float> delta, Group<float> out) {
    U::backpropagate(field, delta, out);
  };
  static constexpr bool sample = requires(GroupField<float> field, OneUniform& random, Group<float> out) {
    U::sample(field, random, out);
  };
};
}  // namespace detail

/// The functions of a grouped unit type. `field` and `delta` are any types with `[k]`, `size` and a type
/// `Number`; `out` does not overlap them.
template <Unit U>
requires is_grouped<U>
struct Family<U> {
  using Own = detail::OwnGroupFunctions<U>;      ///< which functions the unit type defines itself
  static constexpr bool grouped = true;          ///< a unit is a group of rows
  static constexpr bool finite = !is_circle<U>;  ///< can its states be summed over?
  static constexpr bool one_uniform = finite;    ///< then it draws with one uniform number
  static constexpr int shapes = 0;               ///< it has no parameters besides the biases

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
    if constexpr (Own::mode) {
      U::mode(field, out);
    } else {
      Index best = 0;
      for (Index k = 1; k < states(field.size); ++k)
        if (dot(field, k) > dot(field, best)) best = k;
      write(best, out);
    }
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
      if constexpr (std::same_as<R, ExtremeUniform>)
        if (random.high()) return write(from_the_last(random.template complement<T>(), log_z, field), out);
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
  template <class T, class Field>
  static constexpr Index from_the_last(T v, T log_z, Field field) {
    T sum = T(0);
    Index chosen = states(field.size) - 1;
    for (Index k = states(field.size) - 1; k > 0; --k) {
      sum += exponential(dot(field, k) - log_z);
      if (!(v < sum)) chosen = k - 1;
    }
    return chosen;
  }
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

}  // namespace harmonium
