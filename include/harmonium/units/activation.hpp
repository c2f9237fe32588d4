/// \file
/// Activations: functions of plain feed-forward layers that are not units of an energy model. An activation
/// has neither states nor an energy, so it can be used in the layers of a `Network` but not in an RBM.
///
///  - `name`, which files and errors use, and `activation = true`;
///  - `mean(field)`, the output of a row;
///  - `backpropagate(field, delta)`, its slope times delta, unless it should be derived from `mean`;
///  - `start_limit(inputs, outputs)`, if fresh weights should be uniform within bounds other than Glorot's.
#pragma once

#include <concepts>

#include "../core/dual.hpp"

namespace harmonium {

/// Does a type declare itself an activation?
template <class A>
inline constexpr bool is_activation = false;
/// The same for a type that does.
template <class A>
requires requires { A::activation; }
inline constexpr bool is_activation<A> = A::activation;

/// An activation, as described at the top of this file.
template <class A>
concept Activation = is_activation<A> && requires(float field) {
  { A::name } -> std::convertible_to<const char*>;
  { A::mean(field) } -> std::same_as<float>;
};

/// Fails to compile with a readable sentence for each requirement that an activation does not meet; `Layer`
/// calls it.
template <class A>
constexpr bool require_activation() {
  static_assert(
      requires {
        { A::name } -> std::convertible_to<const char*>;
      },
      "an activation has a name: static constexpr const char* name");
  static_assert(
      requires(float field) {
        { A::mean(field) } -> std::same_as<float>;
      },
      "an activation defines the output of a row: T mean(T field)");
  return Activation<A>;
}

}  // namespace harmonium
