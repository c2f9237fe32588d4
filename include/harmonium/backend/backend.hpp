/// \file
/// What a backend is: the small closed set of operations that all algorithms are written in.
///
/// A backend is a type, the last template argument of models; a cheap value of that type selects the
/// resources (how many threads, which device). Models never hold one: functions that compute take it as the
/// argument `on`. Shapes are given as rows x columns; no operation allocates, and outputs never overlap
/// inputs.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "../core/random.hpp"
#include "bodies.hpp"
#include "rules.hpp"

namespace harmonium {

/// How a factor of a product is read.
enum class Op { plain, transposed };

/// The type of the numbers that a backend computes with.
template <class B>
using ScalarOf = typename B::Scalar;
/// A matrix of a backend's numbers, or of `T`, in the backend's memory.
template <class B, class T = typename B::Scalar>
using Matrix = typename B::template Matrix<T>;
/// Writable views of a backend's matrices.
template <class B, class T = typename B::Scalar>
using ViewOf = View<T, typename B::Memory>;
/// Read-only views of a backend's matrices.
template <class B, class T = typename B::Scalar>
using ConstViewOf = View<const T, typename B::Memory>;

namespace detail {
struct ProbeFamily {  // just enough of a unit type's functions for the concept
  static constexpr bool grouped = false, one_uniform = true;
  static constexpr int shapes = 0;
  template <class T>
  static constexpr T mean(T field) {
    return field;
  }
  template <class T>
  static constexpr T log_partition(T field) {
    return field;
  }
};
struct ProbeRule {
  template <class T>
  constexpr void operator()(T& w, T g) const {
    w += g;
  }
  template <class T>
  constexpr T operator()(T a) const {
    return a;
  }
};
}  // namespace detail

/// The operations; x and y are R x C unless stated otherwise:
///
/// - `upload(host, view)`, `download(view, host)`, `copy(from, to)`: copies numbers between equal shapes
/// - `fill(x, value)`: sets every number
/// - `multiply(op_a, op_b, alpha, a, b, beta, c)`: c = alpha op(a) op(b) + beta c; never both transposed;
///   c is not read if beta is 0
/// - `gather(table, columns, scale, x)`: x(:, i) = scale * table(:, columns[i]), converted
/// - `transform(body, parameters, group, input, other, x, draws, first_row)`: x = body(input + bias,
///   other), unit by unit
/// - `sum_over_units(body, parameters, group, x, factor, out)`: out(0, c) += factor * sum over units of
///   body(x, bias)
/// - `sum_over_samples(body, parameters, x, weights, out)`: out(r, 0) += sum over c of weights(0, c) *
///   body(x, bias)
/// - `scale_columns(x, weights)`: x(:, c) *= weights(0, c)
/// - `dot_columns(factor, x, y, out)`: out(0, c) += factor * sum over r of x * y
/// - `column_norms(x, out)`: out(0, c) = the Euclidean norm of x(:, c), which neither overflows nor vanishes
///   where the squares of its numbers do
/// - `update(rule, x, others...)`: rule(x, others...) on each number
/// - `sum(body, x, others...)`: sum over all numbers of body(x, others...), in double precision, as a host
///   number
///
/// One optional operation, for models' statistics, where one pass is faster than three:
///
/// - `weigh(body, parameters, input, weights, x, out)`: x(:, c) = weights(0, c) * body(input + bias), and
///   out(r, 0) += sum over c of x(r, c)
///
/// And another, for a backend whose user may allow it to round the factors of products:
///
/// - `rounding()`: a copy of the backend that does
///
/// `parameters` is R x (1 + shapes): the biases, then the shape parameters; `group` is the number of rows per
/// unit.
template <class B>
concept Backend = std::copyable<B> && std::default_initializable<B> && requires {
  typename B::Scalar;
  typename B::Memory;
  typename Matrix<B>;
  { B::all() } -> std::same_as<B>;
} && requires(const B& on, ViewOf<B> x, ConstViewOf<B> in, View<typename B::Scalar> host,
              View<const typename B::Scalar> host_in, std::span<const Index> columns, ScalarOf<B> s,
              ConstViewOf<B, std::uint8_t> bytes, Draws draws) {
  on.upload(host_in, x);
  on.download(in, host);
  on.copy(in, x);
  on.fill(x, s);
  on.multiply(Op::transposed, Op::plain, s, in, in, s, x);
  on.gather(bytes, columns, s, x);
  on.transform(MeanBody<detail::ProbeFamily>{}, in, Index(1), in, in, x, draws, Index(0));
  on.sum_over_units(LogPartitionBody<detail::ProbeFamily>{}, in, Index(1), in, s, x);
  on.sum_over_samples(StateBody{}, in, in, in, x);
  on.scale_columns(x, in);
  on.dot_columns(s, in, in, x);
  on.column_norms(in, x);
  on.update(detail::ProbeRule{}, x, in);
  { on.sum(detail::ProbeRule{}, in) } -> std::same_as<double>;
};

/// The backend for work that tolerates rounded factors of products, such as chains and the gradient of a
/// batch: itself, unless its user allows them (`Precision::mixed` of the CPU backend).
template <class B>
B rounding(const B& on) {
  if constexpr (requires { on.rounding(); }) {
    return on.rounding();
  } else {
    return on;
  }
}

/// Calls work(). The operations in it belong together, such as an update from one batch; a backend that can
/// submit them together has its own `as_one`.
template <class B, class Work>
void as_one(const B& on, const Work& work) {
  if constexpr (requires { on.as_one(work); }) {
    on.as_one(work);
  } else {
    work();
  }
}

}  // namespace harmonium
