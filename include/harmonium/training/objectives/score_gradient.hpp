/// \file
/// Score matching (Hyvarinen, 2005) for RBMs whose visible units are real, with its exact gradient. With
/// psi = d log p(v) / dv = bias - d energy / dv + W E[h | v] it climbs the mean over samples of
///
///     -J = -sum over i of (psi_i^2 / 2 + d psi_i / dv_i),
///     d psi_i / dv_i = -d^2 energy / dv_i^2 + Var((W h)_i | v),
///
/// which does not involve the partition function; for Gaussian and binary units it is a regularized
/// autoencoder (Swersky, Ranzato, Buchman, Marlin and de Freitas, 2011).
#pragma once

#include "../../models/rbm.hpp"
#include "hidden_curvature.hpp"

namespace harmonium {

namespace detail {
template <class U>
inline constexpr bool all_real = RealUnit<U>;
template <class... U>
inline constexpr bool all_real<Mixed<U...>> = (RealUnit<U> && ...);
}  // namespace detail

/// Other models have no such objective.
template <class Model>
class ScoreGradient {
 public:
  static constexpr bool possible = false;  ///< are the model's visible units real?
};

/// That of an RBM with real visible units; owns its scratch memory.
template <class V, class H, class B>
requires detail::all_real<V>
class ScoreGradient<Rbm<V, H, B>> {
  using Model = Rbm<V, H, B>;
  using T = ScalarOf<B>;

 public:
  static constexpr bool possible = true;  ///< are the model's visible units real?

  ScoreGradient() = default;
  /// Allocates memory for that many samples.
  ScoreGradient(const Model& rbm, Index columns)
      : hidden_(rbm.hidden, rbm.visible.rows(), columns),
        received_(rbm.visible.rows(), columns),
        score_(rbm.visible.rows(), columns),
        slopes_(rbm.visible.rows(), columns),
        minus_(1, columns) {}

  /// gradient += sum over columns c of weights(0, c) * d(-J) / d parameters
  /// \param state its hidden input must be up to date
  void add(const B& on, const Model& rbm, typename Model::StateView state, ConstViewOf<B> weights,
           Model& gradient) {
    const Index n = state.visible.cols;
    const auto received = cut(received_, n), score = cut(score_, n), minus = cut(minus_, n);
    begin(on, rbm, state);
    on.update(SetToMultiple<T>{-1}, minus, weights);
    detail::for_each_kind(
        [&](detail::PartRows rows, const auto& part, auto& sums) {
          add_visible(on, part, rows.of(ConstViewOf<B>(received)), rows.of(ConstViewOf<B>(state.visible)),
                      rows.of(cut(slopes_, n)), weights, sums);
          add_bias_statistics(on, rows.of(ConstViewOf<B>(score)), minus, sums);
        },
        rbm.visible, gradient.visible);
    hidden_.add(on, rbm.hidden, rbm.weights, state.visible, state.input, score, minus, gradient.hidden,
                gradient.weights);
  }

  /// out (1 x n) += factor * -J of each sample
  void add_values(const B& on, const Model& rbm, typename Model::StateView state, T factor, ViewOf<B> out) {
    begin(on, rbm, state);
    const auto score = cut(score_, state.visible.cols);
    on.dot_columns(T(-0.5) * factor, score, score, out);
    detail::for_each_kind(
        [&](detail::PartRows rows, const auto& part) {
          using F = typename std::remove_cvref_t<decltype(part)>::Functions;
          on.sum_over_units(EnergyCurvatureBody<F>{}, part.parameters, 1, rows.of(state.visible), factor,
                            out);
        },
        rbm.visible);
    hidden_.add_trace(on, rbm.hidden, state.input, -factor, out);
  }

 private:
  static ViewOf<B> cut(Matrix<B>& x, Index n) { return view_of(x).columns(0, n); }
  // W E[h | v], and the score computed from it.
  void begin(const B& on, const Model& rbm, typename Model::StateView state) {
    const Index n = state.visible.cols;
    const auto received = cut(received_, n), score = cut(score_, n);
    on.fill(received, 0);
    hidden_.begin(on, rbm.hidden, rbm.weights, state.visible, state.input, received);
    detail::for_each_kind(
        [&](detail::PartRows rows, const auto& part) {
          using F = typename std::remove_cvref_t<decltype(part)>::Functions;
          on.transform(RealScoreBody<F>{}, part.parameters, 1, rows.of(received), rows.of(state.visible),
                       rows.of(score), Draws{}, 0);
        },
        rbm.visible);
  }
  // Shape parameters of one type of visible units.
  template <class U>
  void add_visible(const B& on, const Layer<U, B>& part, ConstViewOf<B> received, ConstViewOf<B> v,
                   ViewOf<B> slopes, ConstViewOf<B> weights, Layer<U, B>& gradient) {
    detail::for_each_shape(
        [&](auto which) {
          on.transform(RealShapeBody<Family<U>, which>{}, part.parameters, 1, received, v, slopes, Draws{},
                       0);
          on.sum_over_samples(StateBody{}, part.parameters, slopes, weights,
                              view_of(gradient.parameters).columns(1 + which, 1));
        },
        detail::ShapesOf<U>{});
  }

  detail::HiddenCurvature<H, B> hidden_;
  Matrix<B> received_, score_, slopes_;  // V x n
  Matrix<B> minus_;                      // 1 x n: the weights, negated
};

}  // namespace harmonium
