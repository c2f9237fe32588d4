/// \file
/// What an activation is: the function of a plain feed-forward layer that is no unit of an energy model. It
/// has neither states nor an energy, so no RBM can be made of it, only layers of a `Network`.
///
///  - `name`, which files and errors use, and `activation = true`;
///  - `mean(field)`, what a row puts out;
///  - `backpropagate(field, delta)`, its slope times delta, if it is not to be derived from `mean`;
///  - `start_limit(inputs, outputs)`, if fresh weights are to be uniform within other bounds than Glorot's.
#pragma once

#include <concepts>

#include "../core/dual.hpp"

namespace harmonium {

/// Does a type say that it is an activation?
template <class A>
inline constexpr bool is_activation = false;
/// The same for a type that says so.
template <class A>
requires requires { A::activation; }
inline constexpr bool is_activation<A> = A::activation;

/// An activation: see this file's head.
template <class A>
concept Activation = is_activation<A> && requires(float field) {
  { A::name } -> std::convertible_to<const char*>;
  { A::mean(field) } -> std::same_as<float>;
};

/// One readable sentence for each requirement that an activation fails; `Layer` asks it.
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
      "an activation gives what a row puts out: T mean(T field)");
  return Activation<A>;
}

}  // namespace harmonium
