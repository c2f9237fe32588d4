/// \file
/// Centering (Montavon and Mueller, 2012; Melchior, Fischer and Wiskott, 2016): learning takes place in the
/// parameters of a model whose interaction is (v - mu)^T W (h - lambda), mu and lambda near the layers' means
/// over the data. Weights then do not carry what biases should, and many hidden units learn at a high rate
/// from the first epoch on. The centered biases are a + W lambda and b + W^T mu: a step moves them and the
/// weights, and the model's own biases follow. Offsets appear in the steps alone; the model and its
/// distribution know none.
#pragma once

#include "energy_model.hpp"

namespace harmonium {

/// Offsets of two layers, each next to memory of its size.
template <class B>
struct LayerMeans {
  Matrix<B> visible;  ///< V x 4: mu, room, and twice the fields at the offsets
  Matrix<B> hidden;   ///< H x 4: room, lambda, and twice the fields at the offsets

  LayerMeans() = default;
  /// Means of zero for layers of V and H rows.
  LayerMeans(Index v, Index h) : visible(v, 4), hidden(h, 4) {
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
  auto visible_fields(Index i) { return view_of(visible).columns(2 + i, 1); }  ///< V x 1, i = 0 or 1
  auto hidden_fields(Index i) { return view_of(hidden).columns(2 + i, 1); }    ///< H x 1, i = 0 or 1

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("visible", mu());
    f("hidden", lambda());
  }
};

/// A model that can learn in its centered parameters:
///
/// - `make_means(model)`: memory for the layers' means, zero
/// - `track_means(on, model, state, weights, keep, means, work)`: means = keep * means + sum over the
///   state's columns of weights(0, c) * E[layers | visible column c]
/// - `center(on, model, means, gradient)`: turns a gradient along the model's parameters into that along its
///   centered ones
/// - `set_offset_fields(on, model, means, i)`: fields i (0 or 1) of both layers = what they receive at the
///   offsets, biases aside: W lambda and W^T mu, less the slope of units' energy there
///   (models/layer_shapes.hpp)
/// - `follow_offset_fields(on, means, model)`: biases += fields 0 - fields 1
template <class M>
concept CenterableModel = EnergyModel<M> && requires(const M& model) {
  make_means(model);
} && requires(M& model, typename M::StateView state, typename M::Workspace& work,
              const typename M::Backend& on, ConstViewOf<typename M::Backend> in,
              ScalarOf<typename M::Backend> s, decltype(make_means(std::declval<const M&>()))& means) {
  track_means(on, model, state, in, s, means, work);
  center(on, model, means, model);
  set_offset_fields(on, model, means, Index(0));
  follow_offset_fields(on, means, model);
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
/// What a model's centering remembers; nothing if it has none.
template <class M>
using MeansOf = typename MeansOfModel<M>::type;
}  // namespace detail

namespace detail {
/// Calls f(x, y) for the means of each layer in two sets of means of one model.
template <class Means, class F>
void for_each_pair_of_means(Means& xs, Means& ys, F f) {
  int i = 0;
  xs.for_each_state([&](const char*, auto x) {
    int k = 0;
    ys.for_each_state([&](const char*, auto y) {
      if (k++ == i) f(x, y);
    });
    ++i;
  });
}
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

namespace detail {
/// The biases of a layer -= x (rows x 1).
template <class B, class L>
void subtract_from_biases(const B& on, ConstViewOf<B> x, L& layer) {
  for_each_bias(layer,
                [&](auto bias, Index first) { on.update(Subtract{}, bias, x.rows_from(first, bias.rows)); });
}
}  // namespace detail

}  // namespace harmonium
