/// \file
/// Scores of a unit's conditional distribution given the other units: functions of the log weights of its
/// states and of the sample's shares in them (1 for the state it is in and 0 for the others, or a mixture).
/// Each defines the value phi, which should be large, and its slopes along the log weights; these sum to 0,
/// since a constant added to all log weights cancels.
#pragma once

#include "../../backend/bodies.hpp"
#include "../../core/math.hpp"

namespace harmonium {

namespace detail {
/// out = softmax(log_weights); returns the sum of the shares.
template <class T>
constexpr T set_conditional(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
  T top = log_weights[0];
  for (Index k = 1; k < out.size; ++k)
    if (log_weights[k] > top) top = log_weights[k];
  T sum = T(0), total = T(0);
  for (Index k = 0; k < out.size; ++k) {
    sum += out[k] = exponential(log_weights[k] - top);
    total += shares[k];
  }
  for (Index k = 0; k < out.size; ++k) out[k] /= sum;
  return total;
}
}  // namespace detail

/// phi = sum over k of s_k log p_k: the unit's part of the pseudo-likelihood (Besag, 1975).
struct LogScore {
  /// s - p
  template <class T>
  static constexpr void slopes(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    const T total = detail::set_conditional(log_weights, shares, out);
    for (Index k = 0; k < out.size; ++k) out[k] = shares[k] - total * out[k];
  }
  /// Terms of phi.
  template <class T>
  static constexpr void terms(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    T top = log_weights[0], sum = T(0);
    for (Index k = 1; k < out.size; ++k)
      if (log_weights[k] > top) top = log_weights[k];
    for (Index k = 0; k < out.size; ++k) sum += exponential(log_weights[k] - top);
    const T log_sum = top + logarithm(sum);
    for (Index k = 0; k < out.size; ++k) out[k] = shares[k] * (log_weights[k] - log_sum);
  }
};

/// phi = -1/2 sum over k of (p_k - s_k)^2. For two states that is ratio matching, -(1 - p(state | others))^2
///
/// (Hyvarinen, 2007); for more, the quadratic score of the conditional (compare Lyu, 2009).
struct QuadraticScore {
  /// -p_m (p_m - s_m - sum over k of p_k (p_k - s_k))
  template <class T>
  static constexpr void slopes(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    detail::set_conditional(log_weights, shares, out);
    T mean = T(0);
    for (Index k = 0; k < out.size; ++k) mean += out[k] * (out[k] - shares[k]);
    for (Index k = 0; k < out.size; ++k) out[k] *= mean - (out[k] - shares[k]);
  }
  /// Terms of phi.
  template <class T>
  static constexpr void terms(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    detail::set_conditional(log_weights, shares, out);
    for (Index k = 0; k < out.size; ++k) {
      const T off = out[k] - shares[k];
      out[k] = T(-0.5) * off * off;
    }
  }
};

/// phi = -sum over states j of s_j * the sum over the other states k of exp((l_k - l_j) / 2): minimum
/// probability flow from the samples to the states that differ from them in one unit (Sohl-Dickstein,
/// Battaglino and DeWeese, 2011).
struct FlowScore {
  /// (s_m * flow out of m - flow into m) / 2
  template <class T>
  static constexpr void slopes(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    for (Index k = 0; k < out.size; ++k) out[k] = T(0);
    for_each_flow(log_weights, shares, out, [&](Index from, Index to, T flow) {
      out[from] += T(0.5) * flow;
      out[to] -= T(0.5) * flow;
    });
  }
  /// Terms of phi.
  template <class T>
  static constexpr void terms(GroupField<T> log_weights, Group<const T> shares, Group<T> out) {
    for (Index k = 0; k < out.size; ++k) out[k] = T(0);
    for_each_flow(log_weights, shares, out, [&](Index from, Index /*to*/, T flow) { out[from] -= flow; });
  }

 private:
  template <class T, class F>
  static constexpr void for_each_flow(GroupField<T> log_weights, Group<const T> shares, Group<T> out, F f) {
    for (Index from = 0; from < out.size; ++from) {
      if (shares[from] == T(0)) continue;
      for (Index to = 0; to < out.size; ++to)
        if (to != from)
          f(from, to, shares[from] * exponential(T(0.5) * (log_weights[to] - log_weights[from])));
    }
  }
};

/// out = the slopes of a score along the log weights of a unit's states
template <class Score>
struct ScoreSlopesBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = 0;                ///< none
  static constexpr bool grouped = true;           ///< all states of a unit at once
  /// Of one unit; `other` holds the sample's shares.
  template <class T, class R>
  constexpr void operator()(GroupField<T> log_weights, Group<const T> shares, R& /*random*/,
                            Group<T> out) const {
    Score::slopes(log_weights, shares, out);
  }
};

/// out = terms whose sum is the score
template <class Score>
struct ScoreTermsBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = 0;                ///< none
  static constexpr bool grouped = true;           ///< all states of a unit at once
  /// Of one unit; `other` holds the sample's shares.
  template <class T, class R>
  constexpr void operator()(GroupField<T> log_weights, Group<const T> shares, R& /*random*/,
                            Group<T> out) const {
    Score::terms(log_weights, shares, out);
  }
};

/// out = 1 for the state whose number is the largest (the first of several), else 0
struct LargestStateBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = 0;                ///< none
  static constexpr bool grouped = true;           ///< all states of a unit at once
  /// Of one unit.
  template <class T, class R>
  constexpr void operator()(GroupField<T> numbers, Group<const T> /*other*/, R& /*random*/,
                            Group<T> out) const {
    Index largest = 0;
    for (Index k = 1; k < out.size; ++k)
      if (numbers[k] > numbers[largest]) largest = k;
    for (Index k = 0; k < out.size; ++k) out[k] = k == largest ? T(1) : T(0);
  }
};

/// out = input + bias
struct FieldBody {
  static constexpr Needs needs = Needs::nothing;  ///< no draws
  static constexpr int shapes = 0;                ///< none
  static constexpr bool grouped = false;          ///< row by row
  /// Of one number.
  template <class T, class R>
  constexpr T operator()(T field, T /*other*/, R& /*random*/) const {
    return field;
  }
};

}  // namespace harmonium
