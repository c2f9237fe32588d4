/// \file
/// Centering of a layer's shape parameters: a precision is weighed by the spread about an offset, not about
/// 0, so that it does not matter where 0 is. With E'(x) the slope of a unit's energy (its bias's part aside),
/// the centered bias is what a unit's field is at the offset mu: bias + input - E'(mu).
#pragma once

#include "mixed_layer.hpp"

namespace harmonium {

namespace detail {
template <class L>
inline constexpr bool layer_has_shapes = false;
template <class U, class B>
inline constexpr bool layer_has_shapes<Layer<U, B>> = has_shapes<U>;
template <class... U, class B>
inline constexpr bool layer_has_shapes<Layer<Mixed<U...>, B>> = (has_shapes<U> || ...);
/// Has a layer of the model parameters besides its biases?
template <class Model>
inline constexpr bool model_has_shapes = [] {
  bool any = false;
  if constexpr (requires { &Model::visible; }) any = layer_has_shapes<decltype(Model::visible)>;
  if constexpr (requires { &Model::hidden; }) any = any || layer_has_shapes<decltype(Model::hidden)>;
  return any;
}();
}  // namespace detail

/// out (rows x 1) -= the slope of each unit's energy at x; nothing for units without shape parameters, whose
/// slope stays what it is. `room` is rows x 1.
template <class U, class B>
void subtract_energy_slope(const B& on, const Layer<U, B>& layer, ConstViewOf<B> x, ViewOf<B> room,
                           ViewOf<B> out) {
  if constexpr (has_shapes<U>) {
    on.transform(EnergySlopeBody<Family<U>>{}, layer.parameters, layer.group, x, x, room, Draws{}, 0);
    on.update(Subtract{}, out, ConstViewOf<B>(room));
  }
}

/// The gradient of shape parameters at fixed centered biases: gradient.shape += gradient.bias *
/// dE'(x)/dshape. `room` is rows x 1.
template <class U, class B>
void center_shapes(const B& on, const Layer<U, B>& layer, ConstViewOf<B> x, ViewOf<B> room,
                   Layer<U, B>& gradient) {
  detail::for_each_shape(
      [&](auto which) {
        on.transform(StatisticSlopeBody<Family<U>, which>{}, layer.parameters, layer.group, x, x, room,
                     Draws{}, 0);
        on.update(SubtractProduct{}, view_of(gradient.parameters).columns(1 + which, 1), ConstViewOf<B>(room),
                  ConstViewOf<B>(gradient.bias()));
      },
      detail::ShapesOf<U>{});
}

/// For each part of a mixed layer.
template <class... U, class B>
void subtract_energy_slope(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> x, ViewOf<B> room,
                           ViewOf<B> out) {
  detail::for_each_part(
      [&](detail::PartRows rows, const auto& part) {
        subtract_energy_slope(on, part, rows.of(x), rows.of(room), rows.of(out));
      },
      layer);
}

/// For each part of a mixed layer.
template <class... U, class B>
void center_shapes(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> x, ViewOf<B> room,
                   Layer<Mixed<U...>, B>& gradient) {
  detail::for_each_part([&](detail::PartRows rows, const auto& part,
                            auto& own) { center_shapes(on, part, rows.of(x), rows.of(room), own); },
                        layer, gradient);
}

}  // namespace harmonium
