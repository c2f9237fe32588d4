/// \file
/// Categorical unit: one of K states, one-hot over K rows. p = softmax(field).
#pragma once

#include "unit.hpp"

namespace harmonium {

/// A unit with K states, where K is known at run time from the layer's size. Exactly one of its K rows is 1.
/// A layer of one such unit is a softmax layer.
struct Categorical {
  static constexpr const char* name = "categorical";  ///< name in files and errors
  static constexpr bool grouped = true;               ///< K rows are one unit
  /// There are as many states as rows.
  static constexpr Index states(Index size) { return size; }
  /// Row `row` of state k, one-hot.
  template <class T>
  static constexpr T state(Index k, Index row) {
    return k == row ? T(1) : T(0);
  }
  /// log of the sum of e^field over the group
  template <class Field>
  static constexpr auto log_partition(Field field) {
    using T = typename Field::Number;
    const T top = largest(field);
    T sum = T(0);
    for (Index k = 0; k < field.size; ++k) sum += exponential(field[k] - top);
    return top + logarithm(sum);
  }
  /// softmax(field)
  template <class Field, class T>
  static constexpr void mean(Field field, Group<T> out) {
    const T top = largest(field);
    T sum = T(0);
    for (Index k = 0; k < field.size; ++k) sum += out[k] = exponential(field[k] - top);
    const T scale = T(1) / sum;
    for (Index k = 0; k < field.size; ++k) out[k] *= scale;
  }
  /// (diag(p) - p p^T) delta
  template <class Field, class Delta, class T>
  static constexpr void backpropagate(Field field, Delta delta, Group<T> out) {
    mean(field, out);
    T inner = T(0);
    for (Index k = 0; k < field.size; ++k) inner += out[k] * delta[k];
    for (Index k = 0; k < field.size; ++k) out[k] *= delta[k] - inner;
  }
  /// The first state at which the distribution function exceeds a uniform number. `out` temporarily holds the
  /// unnormalized probabilities. The first and the last states are drawn with their probability down to
  /// 2^-64, those between more probable ones only to within 2^-24.
  template <class Field, class R, class T>
  static constexpr void sample(Field field, R& random, Group<T> out) {
    const T top = largest(field);
    T sum = T(0);
    for (Index k = 0; k < field.size; ++k) sum += out[k] = exponential(field[k] - top);
    Index chosen = 0;
    if constexpr (std::same_as<R, ExtremeUniform>)
      if (random.high()) {
        chosen = from_the_last(random.template complement<T>() * sum, out);
        return write(chosen, out);
      }
    const T threshold = random.template uniform<T>() * sum;
    sum = T(0);
    for (Index k = 0; k + 1 < field.size; ++k) {
      sum += out[k];
      if (!(threshold < sum)) chosen = k + 1;
    }
    write(chosen, out);
  }

  static constexpr const char* accepted = "numbers from 0 to 1 that sum to 1";  ///< data that it accepts
  /// A state, or a distribution over the states.
  template <class T>
  static constexpr bool accepts(Group<const T> x) {
    T sum = T(0);
    for (Index k = 0; k < x.size; ++k) {
      if (!(x[k] >= T(0) && x[k] <= T(1))) return false;
      sum += x[k];
    }
    return sum > T(0.999) && sum < T(1.001);
  }
  /// Sets the biases to the logarithms of the means of `count` samples, with one more sample shared by all
  /// states.
  template <class T>
  static constexpr void fit(Group<const T> mean, T count, Group<T> bias) {
    const T share = T(1) / static_cast<T>(mean.size);
    for (Index k = 0; k < mean.size; ++k) bias[k] = logarithm((mean[k] * count + share) / (count + T(1)));
  }

 private:
  // Near 1, sums are taken from the last state on, since they keep their precision there.
  template <class T>
  static constexpr Index from_the_last(T threshold, Group<T> weights) {
    T sum = T(0);
    Index chosen = weights.size - 1;
    for (Index k = weights.size - 1; k > 0; --k) {
      sum += weights[k];
      if (!(threshold < sum)) chosen = k - 1;
    }
    return chosen;
  }
  template <class T>
  static constexpr void write(Index chosen, Group<T> out) {
    for (Index k = 0; k < out.size; ++k) out[k] = k == chosen ? T(1) : T(0);
  }
  template <class Field>
  static constexpr auto largest(Field field) {
    auto top = field[0];
    for (Index k = 1; k < field.size; ++k)
      if (field[k] > top) top = field[k];
    return top;
  }
};

static_assert(FiniteUnit<Categorical> && Unit<Categorical>);

}  // namespace harmonium
