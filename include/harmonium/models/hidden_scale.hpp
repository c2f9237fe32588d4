/// \file
/// The scale gauge of hidden units. Where another unit of measurement of a unit's state changes its log
/// precision, bias and weights alone, as it does for dReLU, a model fixes the product of weights and states,
/// not either of them: h -> h / s, W -> W s, b -> b s, log precision -> log precision + 2 log s leaves the
/// distribution of the visible units what it is. The gauge kept in training makes the variance of each hidden
/// unit over the data 1, so that a weight has the same meaning in all of them, and one rate serves.
#pragma once

#include "mixed_layer.hpp"
#include "rbm.hpp"

namespace harmonium {

namespace detail {
template <class L>
inline constexpr bool layer_has_free_scale = false;
template <class U, class B>
inline constexpr bool layer_has_free_scale<Layer<U, B>> = has_free_scale<U>;
template <class... U, class B>
inline constexpr bool layer_has_free_scale<Layer<Mixed<U...>, B>> = (has_free_scale<U> || ...);
/// Does a model have hidden units of a free scale?
template <class Model>
inline constexpr bool hidden_has_free_scale = false;
template <class V, class H, class B>
inline constexpr bool hidden_has_free_scale<Rbm<V, H, B>> = layer_has_free_scale<Layer<H, B>>;
}  // namespace detail

/// spread (rows x 1) += the sum over columns c of weights(0, c) * E[(x - about)^2 | input(:, c)], for units
/// of a free scale. `about` is rows x 1, `room` is rows x columns.
template <class U, class B>
void add_spread(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ConstViewOf<B> about,
                ConstViewOf<B> weights, ViewOf<B> room, ViewOf<B> spread) {
  if constexpr (has_free_scale<U>) {
    const ConstViewOf<B> same_for_all(about.data, about.rows, input.cols, 0);
    on.transform(SpreadBody<Family<U>>{}, layer.parameters, layer.group, input, same_for_all, room, Draws{},
                 0);
    on.sum_over_samples(StateBody{}, layer.parameters, room, weights, spread);
  }
}

/// For each part of a mixed layer.
template <class... U, class B>
void add_spread(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input, ConstViewOf<B> about,
                ConstViewOf<B> weights, ViewOf<B> room, ViewOf<B> spread) {
  detail::for_each_part(
      [&](detail::PartRows rows, const auto& part) {
        add_spread(on, part, rows.of(input), rows.of(about), weights, rows.of(room), rows.of(spread));
      },
      layer);
}

/// Measures units of a free scale in units of the root of their spread, which becomes 1; the offsets change
/// with them. scales (rows x 1) = those roots, and 1 for other units.
template <class U, class B>
void take_unit_spread(const B& on, Layer<U, B>& layer, ViewOf<B> spread, ViewOf<B> offsets,
                      ViewOf<B> scales) {
  if constexpr (has_free_scale<U>) {
    const ViewOf<B> parameters = layer.parameters;
    on.update(TakeUnitSpread{}, spread, offsets, parameters.columns(0, 1), parameters.columns(1, 1), scales);
  } else {
    on.fill(scales, 1);
  }
}

/// For each part of a mixed layer.
template <class... U, class B>
void take_unit_spread(const B& on, Layer<Mixed<U...>, B>& layer, ViewOf<B> spread, ViewOf<B> offsets,
                      ViewOf<B> scales) {
  detail::for_each_part(
      [&](detail::PartRows rows, auto& part) {
        take_unit_spread(on, part, rows.of(spread), rows.of(offsets), rows.of(scales));
      },
      layer);
}

/// Measures an RBM's hidden units of a free scale in units of the root of their spread (hidden rows x 1, each
/// above 0), with the weights to match; the distribution of the visible units does not change. The offsets
/// (hidden rows x 1) change with them, and the spread becomes 1. `scales` is hidden rows x 1.
template <class V, class H, class B>
void fix_hidden_scale(const B& on, Rbm<V, H, B>& rbm, ViewOf<B> spread, ViewOf<B> offsets, ViewOf<B> scales) {
  take_unit_spread(on, rbm.hidden, spread, offsets, scales);
  on.scale_columns(view_of(rbm.weights), ConstViewOf<B>(scales.data, 1, scales.rows, 1));
}

}  // namespace harmonium
