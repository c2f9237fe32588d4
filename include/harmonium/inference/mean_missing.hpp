/// \file
/// What a model that leaves missing entries out (`Missing::left_out`) expects of them: the mean of each one,
/// given the known entries of its sample. A sample need not be one that the model has learned from.
#pragma once

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../data/known_only.hpp"
#include "clamped.hpp"
#include "layers.hpp"
#include "pseudo_likelihood.hpp"

namespace harmonium {

namespace detail {

/// log of the sum over hidden states of e^(input h - E(h)) for each state s of some visible unit, and given
/// visible input: `received` holds W^T s for all states of all units, one per column.
template <class H, class B>
class StateScores {
  using T = ScalarOf<B>;

 public:
  /// For a layer's units of finitely many states; the others are left to the caller.
  template <class V>
  StateScores(const B& on, const Rbm<V, H, B>& rbm) : shifted_(rbm.hidden) {
    const Eigen::MatrixXd weights = on_host(on, ConstViewOf<B>(view_of(rbm.weights)));
    add_units(on, rbm.visible, PartRows{0, rbm.visible.rows()});
    Index count = 0;
    for (const UnitPlace& place : places()) count += place.states->cols();
    HostMatrix<T> received(rbm.hidden.rows(), count);
    bias_ = Eigen::VectorXd(count);
    Index at = 0;
    for (const UnitPlace& place : places()) {
      const Index rows = place.states->rows(), states = place.states->cols();
      received.middleCols(at, states) =
          (weights.middleRows(place.first, rows).transpose() * *place.states).template cast<T>();
      bias_.segment(at, states) = place.states->transpose() * biases_.segment(place.first, rows);
      at += states;
    }
    received_ = Matrix<B>(received.rows(), count);
    scores_ = Matrix<B>(1, count);
    on.upload(View<const T>(received), view_of(received_));
  }

  /// The units of finitely many states.
  const std::vector<UnitPlace>& places() const { return units_.places(); }
  /// The log weight of each state of each unit, one after another, for a hidden layer that receives `input`
  /// (H x 1) from the known units.
  Eigen::VectorXd of(const B& on, const Layer<H, B>& hidden, ConstViewOf<B> input) {
    shift(on, hidden, input);
    on.fill(scores_, T(0));
    add_log_partition(on, shifted_, ConstViewOf<B>(view_of(received_)), T(1), view_of(scores_));
    return row_on_host(on, ConstViewOf<B>(view_of(scores_))) + bias_;
  }

 private:
  template <class... U>
  void add_units(const B& on, const Layer<Mixed<U...>, B>& layer, PartRows) {
    for_each_part([&](PartRows rows, const auto& part) { add_units(on, part, rows); }, layer);
  }
  template <class U>
  void add_units(const B& on, const Layer<U, B>& layer, PartRows rows) {
    if constexpr (FiniteUnit<U>) units_.add(layer, rows.first);
    biases_.conservativeResize(rows.first + rows.count);
    biases_.tail(rows.count) = on_host(on, ConstViewOf<B>(layer.bias())).col(0);
  }
  // An input that all states have in common is a part of the bias.
  void shift(const B& on, const Layer<H, B>& hidden, ConstViewOf<B> input) {
    for_each_parameter([&](const ParameterName&, Role, auto x, auto from) { on.copy(from, x); }, shifted_,
                       hidden);
    for_each_bias(shifted_,
                  [&](auto bias, Index first) { on.update(Add{}, bias, input.rows_from(first, bias.rows)); });
  }

  Layer<H, B> shifted_;
  UnitStates units_;
  Eigen::VectorXd biases_, bias_;  // of rows; of states
  Matrix<B> received_, scores_;
};

}  // namespace detail

/// Samples (V x n) with the mean of each missing entry, given the known ones, in its place: in the model of
/// the sample's known units and that one unit, as `Missing::left_out` trains it. Units of finitely many
/// states are summed over exactly (Salakhutdinov, Mnih and Hinton, 2007, equation 7), so that the rows of a
/// categorical unit are the probabilities of its states; of other units it is the mean given the hidden
/// units' means. \throws ShapeError if the rows do not match the model, or its weights its layers \throws
/// DataError if there are no samples, or a known number is not finite \throws ValueError if a grouped unit is
/// partly known
template <class V, class H, class B, SamplesFor<B> Data>
Matrix<B> mean_missing(const Rbm<V, H, B>& rbm, const Data& data,
                       const std::type_identity_t<B>& on = B::all()) {
  using T = ScalarOf<B>;
  constexpr const char* me = "mean_missing";
  check_shapes(me, rbm);
  const auto& source = source_of<B>(data);
  using Source = std::remove_cvref_t<decltype(source)>;
  const KnownOnly<Source> known_only(source);
  detail::StateScores<H, B> scores(on, rbm);
  Matrix<B> result(rbm.visible.rows(), source.size());
  const Index most = detail::block_of(source.rows(), source.size());
  HostMatrix<T> values, mask, means;
  std::vector<Index> columns;
  Matrix<B> input(rbm.hidden.rows(), most), down(rbm.visible.rows(), most);
  detail::for_each_sample_block(on, me, rbm.visible.rows(), known_only, [&](Index first, ConstViewOf<B> v) {
    const Index n = v.cols;
    const auto to = view_of(result).columns(first, n), below = view_of(down).columns(0, n);
    const auto up = view_of(input).columns(0, n);
    detail::set_consecutive(columns, first, n);
    mask = HostMatrix<T>::Ones(v.rows, n);
    if constexpr (requires { source.fill_known(on, columns, to); }) {
      source.fill_known(on, columns, to);
      on.download(to, View<T>(mask));
    }
    const Mask known = mask.array() != T(0);
    detail::check_whole_units(me, rbm.visible, View<const bool>(known), 0, first);
    hidden_input(on, rbm, v, up);
    values.resize(v.rows, n);
    means.resize(v.rows, n);
    on.download(v, View<T>(values));
    if constexpr (!decltype(rbm.visible)::finite) {
      Matrix<B> h(up.rows, n);
      mean(on, rbm.hidden, ConstViewOf<B>(up), view_of(h));
      visible_input(on, rbm, ConstViewOf<B>(view_of(h)), below);
      mean(on, rbm.visible, ConstViewOf<B>(below), to);
      on.download(to, View<T>(means));
    }
    for (Index c = 0; c < n; ++c) {
      if (known.col(c).all() || scores.places().empty()) continue;
      const Eigen::VectorXd weights = scores.of(on, rbm.hidden, ConstViewOf<B>(up.columns(c, 1)));
      Index at = 0;
      for (const detail::UnitPlace& place : scores.places()) {
        const Index states = place.states->cols();
        const auto of_unit = weights.segment(at, states).array();
        const Eigen::VectorXd p = (of_unit - of_unit.maxCoeff()).exp().matrix();
        means.col(c).segment(place.first, place.states->rows()) =
            (*place.states * (p / p.sum())).template cast<T>();
        at += states;
      }
    }
    values = known.select(values, means);
    on.upload(View<const T>(values), to);
  });
  return result;
}

}  // namespace harmonium
