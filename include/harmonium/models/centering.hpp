/// \file
/// The centered gradient (Montavon and Mueller, 2012; Melchior, Fischer and Wiskott, 2016): the gradient of a
/// model whose interaction is (v - mu)^T W (h - lambda), expressed in the parameters of the plain model. With
/// mu and lambda near the layers' means over the data, weights do not have to model what biases should, and
/// many hidden units learn at a high rate from the first epoch on. Offsets appear only in the gradient, not
/// in the model or its distribution.
#pragma once

#include "energy_model.hpp"

namespace harmonium {

/// Offsets of two layers, each next to memory for the layer's bias gradient.
template <class B>
struct LayerMeans {
  Matrix<B> visible;  ///< V x 2: mu, room
  Matrix<B> hidden;   ///< H x 2: room, lambda

  LayerMeans() = default;
  /// Means of zero for layers of V and H rows.
  LayerMeans(Index v, Index h) : visible(v, 2), hidden(h, 2) {
    B{}.fill(visible, 0);
    B{}.fill(hidden, 0);
  }
  auto mu() { return view_of(visible).columns(0, 1); }                  ///< the visible layer's means, V x 1
  auto mu() const { return view_of(visible).columns(0, 1); }            ///< to read
  auto lambda() { return view_of(hidden).columns(1, 1); }               ///< the hidden layer's means, H x 1
  auto lambda() const { return view_of(hidden).columns(1, 1); }         ///< to read
  auto visible_room() { return view_of(visible).columns(1, 1); }        ///< V x 1
  auto visible_room() const { return view_of(visible).columns(1, 1); }  ///< to read
  auto hidden_room() { return view_of(hidden).columns(0, 1); }          ///< H x 1
  auto hidden_room() const { return view_of(hidden).columns(0, 1); }    ///< to read

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("visible", view_of(visible));
    f("hidden", view_of(hidden));
  }
};

/// A model that defines how its gradient is centered:
///
/// - `make_means(model)`: memory for the layers' means, zero
/// - `track_means(on, model, state, weights, keep, means, work)`: means = keep * means + sum over the
///   state's columns of weights(0, c) * E[layers | visible column c]
/// - `center(on, means, gradient)`: turns a plain gradient into the centered one
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
/// The state that centering keeps for a model; empty if the model has no centering.
template <class M>
using MeansOf = typename MeansOfModel<M>::type;
}  // namespace detail

/// Calls f(bias, first row) for the biases of a layer, in one or several pieces.
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
