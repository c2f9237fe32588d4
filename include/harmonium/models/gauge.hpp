/// \file
/// The zero-sum gauge of categorical layers. Exactly one row of a categorical unit is on, so adding a number
/// to all of its weights to a hidden unit and subtracting it from that unit's bias changes nothing. The
/// zero-sum gauge fixes this freedom: the parameters of each group sum to zero, which also minimises their
/// norm.
#pragma once

#include "rbm.hpp"

namespace harmonium {

/// Scratch memory for gauge changes.
template <class B>
struct GaugeScratch {
  Matrix<B> ones;    ///< group x 1
  Matrix<B> means;   ///< V or H x 1
  Matrix<B> number;  ///< 1 x 1
};

/// Calls f(first row, number of rows) for each group of categorical rows in a layer.
template <class U, class B, class F>
void for_each_categorical_group(const Layer<U, B>& layer, [[maybe_unused]] F f) {
  if constexpr (std::is_same_v<U, Categorical>)
    for (Index r = 0; r < layer.rows(); r += layer.group) f(r, layer.group);
}

namespace detail {
// Subtracts from a group's weights their means (`op` says whether the weights are rows or columns), which are
// added to the other layer's biases; and from the group's own biases their mean.
template <class B, class Own, class Other>
void zero_group(const B& on, Op op, ViewOf<B> weights, Index first, Index group, Own& own, Other& other,
                GaugeScratch<B>& scratch) {
  const Index across = op == Op::transposed ? weights.cols : weights.rows;
  if (scratch.ones.rows() < group) {
    scratch.ones = Matrix<B>(group, 1);
    on.fill(scratch.ones, 1);
  }
  if (scratch.means.rows() < across) scratch.means = Matrix<B>(across, 1);
  if (scratch.number.rows() == 0) scratch.number = Matrix<B>(1, 1);
  const auto share = ScalarOf<B>(1) / static_cast<ScalarOf<B>>(group);
  const ConstViewOf<B> ones = view_of(scratch.ones).rows_from(0, group);
  const auto means = view_of(scratch.means).rows_from(0, across);
  on.multiply(op, Op::plain, share, weights, ones, 0, means);
  if (op == Op::transposed) {
    on.multiply(Op::plain, Op::transposed, -1, ones, means, 1, weights);
  } else {
    on.multiply(Op::plain, Op::transposed, -1, means, ones, 1, weights);
  }
  for_each_bias(other, [&](auto bias, Index from) {
    on.update(Add{}, bias, ConstViewOf<B>(means.rows_from(from, bias.rows)));
  });
  for_each_bias(own, [&](auto bias, Index from) {
    if (first < from || first >= from + bias.rows) return;
    const auto part = bias.rows_from(first - from, group);
    const ViewOf<B> number = scratch.number;
    on.multiply(Op::transposed, Op::plain, share, ones, part, 0, number);
    on.multiply(Op::plain, Op::plain, -1, ones, number, 1, part);
  });
}
}  // namespace detail

/// Makes the weights and biases of each categorical unit sum to zero; the distribution does not change.
template <class V, class H, class B>
void fix_gauge(const B& on, Rbm<V, H, B>& rbm, GaugeScratch<B>& scratch) {
  const ViewOf<B> weights = rbm.weights;
  for_each_categorical_group(rbm.visible, [&](Index first, Index group) {
    detail::zero_group(on, Op::transposed, weights.rows_from(first, group), first, group, rbm.visible,
                       rbm.hidden, scratch);
  });
  for_each_categorical_group(rbm.hidden, [&](Index first, Index group) {
    detail::zero_group(on, Op::plain, weights.columns(first, group), first, group, rbm.hidden, rbm.visible,
                       scratch);
  });
}

/// The same; allocates its own scratch memory.
template <class V, class H, class B>
void fix_gauge(const B& on, Rbm<V, H, B>& rbm) {
  GaugeScratch<B> scratch;
  fix_gauge(on, rbm, scratch);
}

namespace detail {
template <class Model, class B = typename Model::Backend>
inline constexpr bool has_gauge = requires(const B& on, Model& model, GaugeScratch<B>& scratch) {
  fix_gauge(on, model, scratch);
};
}  // namespace detail

}  // namespace harmonium
