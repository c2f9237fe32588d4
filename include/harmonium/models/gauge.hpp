/// \file
/// The zero-sum gauge of categorical layers. Exactly one row of a categorical unit is on, so adding a number
/// to all of its weights to a hidden unit and subtracting it from that unit's bias changes nothing. The
/// zero-sum gauge fixes this freedom: the parameters of each group sum to zero, which also minimizes their
/// norm.
#pragma once

#include "rbm.hpp"

namespace harmonium {

/// Scratch memory for gauge changes.
template <class B>
struct GaugeScratch {
  Matrix<B> ones;   ///< one per row of a block of units
  Matrix<B> means;  ///< V or H x 1
};

/// Calls f(first row, number of rows, rows per unit) for each block of categorical units in a layer.
template <class U, class B, class F>
void for_each_categorical_block(const Layer<U, B>& layer, [[maybe_unused]] F f) {
  if constexpr (std::is_same_v<U, Categorical>) f(Index(0), layer.rows(), layer.group);
}

namespace detail {
// Takes the means of units' own biases from them.
template <class B, class Own>
void zero_biases(const B& on, Index first, Index count, Index group, Own& own) {
  for_each_bias(own, [&](auto bias, Index from) {
    if (first < from || first >= from + bias.rows) return;
    const auto part = bias.rows_from(first - from, count);
    on.transform(ZeroSumBody{}, part, group, part, part, part, Draws{}, 0);
  });
}
// The biases of the other layer += the means (other rows x 1) that are taken from the weights.
template <class B, class Other>
void add_to_biases(const B& on, ConstViewOf<B> means, Other& other) {
  for_each_bias(other, [&](auto bias, Index from) {
    on.update(Add{}, bias, ConstViewOf<B>(means.rows_from(from, bias.rows)));
  });
}
// Room for `rows` ones and `across` means.
template <class B>
void make_room(const B& on, Index rows, Index across, GaugeScratch<B>& scratch) {
  if (scratch.ones.rows() < rows) {
    scratch.ones = Matrix<B>(rows, 1);
    on.fill(scratch.ones, 1);
  }
  if (scratch.means.rows() < across) scratch.means = Matrix<B>(across, 1);
}
}  // namespace detail

/// Makes the weights and biases of each categorical unit sum to zero; the distribution does not change.
template <class V, class H, class B>
void fix_gauge(const B& on, Rbm<V, H, B>& rbm, GaugeScratch<B>& scratch) {
  using T = ScalarOf<B>;
  const ViewOf<B> weights = rbm.weights;
  for_each_categorical_block(rbm.visible, [&](Index first, Index count, Index group) {
    const auto rows = weights.rows_from(first, count);
    detail::make_room(on, count, rows.cols, scratch);
    const auto means = view_of(scratch.means).rows_from(0, rows.cols);  // summed over the units
    on.multiply(Op::transposed, Op::plain, T(1) / static_cast<T>(group), rows,
                view_of(scratch.ones).rows_from(0, count), 0, means);
    on.transform(detail::ZeroSumBody{}, rows.columns(0, 1), group, rows, rows, rows, Draws{}, 0);
    detail::add_to_biases(on, ConstViewOf<B>(means), rbm.hidden);
    detail::zero_biases(on, first, count, group, rbm.visible);
  });
  for_each_categorical_block(rbm.hidden, [&](Index first, Index count, Index group) {
    detail::make_room(on, group, weights.rows, scratch);
    const ConstViewOf<B> ones = view_of(scratch.ones).rows_from(0, group);
    const auto means = view_of(scratch.means).rows_from(0, weights.rows);
    for (Index c = first; c < first + count; c += group) {
      const auto columns = weights.columns(c, group);
      on.multiply(Op::plain, Op::plain, T(1) / static_cast<T>(group), columns, ones, 0, means);
      on.multiply(Op::plain, Op::transposed, -1, means, ones, 1, columns);
      detail::add_to_biases(on, ConstViewOf<B>(means), rbm.visible);
    }
    detail::zero_biases(on, first, count, group, rbm.hidden);
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
