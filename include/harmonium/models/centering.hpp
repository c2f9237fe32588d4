/// \file
/// The centred gradient (Montavon and Mueller, 2012; Melchior, Fischer and Wiskott, 2016): the gradient of a
/// model whose interaction is (v - mu)^T W (h - lambda), told in the parameters of the plain one. With mu and
/// lambda near the layers' means over the data, weights do not carry what biases should, and many hidden
/// units learn at a high rate from the first epoch on. Offsets appear in the gradient alone; the model and
/// its distribution know none.
#pragma once

#include "energy_model.hpp"

namespace harmonium {

/// Offsets of two layers, each beside room for the layer's bias gradient.
template <class B>
struct LayerMeans {
  Matrix<B> visible;  ///< V x 2: mu, room
  Matrix<B> hidden;   ///< H x 2: room, lambda

  /// What it remembers: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("visible", view_of(visible));
    f("hidden", view_of(hidden));
  }
};

/// A model that says how its gradient is centred:
///
/// - `make_means(model)`: memory for the layers' means, zero
/// - `track_means(on, model, state, weights, keep, means, work)`: means = keep * means + sum over the
///   state's columns of weights(0, c) * E[layers | visible column c]
/// - `center(on, means, gradient)`: makes the centred gradient of a plain one
template <class M>
concept CenterableModel = EnergyModel<M> && requires(const M& model) {
  make_means(model);
} && requires(const M& model, M& gradient, typename M::StateView state, typename M::Workspace& work,
              const typename M::Backend& on, ConstViewOf<typename M::Backend> in,
              ScalarOf<typename M::Backend> s, decltype(make_means(std::declval<const M&>()))& means) {
  track_means(on, model, state, in, s, means, work);
  center(on, means, gradient);
};

namespace detail {
struct NoMeans {};
template <class M>
struct MeansOfModel {
  using type = NoMeans;
};
template <CenterableModel M>
struct MeansOfModel<M> {
  using type = decltype(make_means(std::declval<const M&>()));
};
/// What a model's centring remembers; nothing if it has none.
template <class M>
using MeansOf = typename MeansOfModel<M>::type;
}  // namespace detail

/// Calls f(bias, first row) for the biases of a layer, in one piece or in several.
template <class L, class F>
void for_each_bias(L& layer, F f) {
  Index first = 0;
  for_each_parameter(
      [&](const ParameterName&, Role role, auto x) {
        if (role != Role::bias) return;
        f(x, first);
        first += x.rows;
      },
      layer);
}

}  // namespace harmonium
