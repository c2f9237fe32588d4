/// \file
/// The joint states of a layer of finite units: their number, and each state by its index.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>

#include "layer.hpp"

namespace harmonium {

/// Number of joint states of a finite layer; exact up to 2^53, infinite on overflow.
template <class U, class B>
double state_count(const Layer<U, B>& layer) {
  static_assert(FiniteUnit<U>, "state_count: the layer's unit type has infinitely many states");
  if constexpr (is_grouped<U>) {
    return std::pow(static_cast<double>(U::states(layer.group)), static_cast<double>(layer.units()));
  } else {
    return std::pow(static_cast<double>(U::states), static_cast<double>(layer.units()));
  }
}

/// Calls f(first row, rows per unit, units, states) for each kind of unit in a finite layer; the columns of
/// `states` (rows x number of states) are the states of one unit.
template <class U, class B, class F>
void for_each_unit_kind(const Layer<U, B>& layer, F f) {
  static_assert(FiniteUnit<U>, "for_each_unit_kind: the layer's unit type has infinitely many states");
  Eigen::MatrixXd states;
  if constexpr (is_grouped<U>) {
    states.resize(layer.group, U::states(layer.group));
    for (Index k = 0; k < states.cols(); ++k)
      for (Index r = 0; r < states.rows(); ++r) states(r, k) = U::template state<double>(k, r);
  } else {
    states.resize(1, U::states);
    for (int k = 0; k < U::states; ++k) states(0, k) = U::template state<double>(k);
  }
  f(Index(0), layer.group, layer.units(), std::move(states));
}

/// Writes joint states number `first`, `first + 1`, ... of a finite layer, one per column of a host matrix.
template <class U, class B>
void write_states(const Layer<U, B>& layer, std::uint64_t first, View<ScalarOf<B>> out) {
  static_assert(FiniteUnit<U>, "write_states: the layer's unit type has infinitely many states");
  using T = ScalarOf<B>;
  for (Index c = 0; c < out.cols; ++c) {
    std::uint64_t rest = first + static_cast<std::uint64_t>(c);  // digits in base `states`, unit by unit
    for (Index r = 0; r < out.rows; r += layer.group) {
      if constexpr (is_grouped<U>) {
        const auto states = static_cast<std::uint64_t>(U::states(layer.group));
        for (Index i = 0; i < layer.group; ++i)
          out(r + i, c) = U::template state<T>(static_cast<Index>(rest % states), i);
        rest /= states;
      } else {
        out(r, c) = U::template state<T>(static_cast<int>(rest % U::states));
        rest /= U::states;
      }
    }
  }
}

}  // namespace harmonium
