/// \file
/// A hidden layer's contribution to score matching. With mu and C the mean and covariance of its units given
/// the samples, it adds W mu to the score of the visible units, and tr(C W^T W) to the score's divergence:
/// for units of one row the sum of W_ij^2 var_j.
#pragma once

#include <tuple>

#include "../../models/layer_states.hpp"
#include "curvature.hpp"
#include "parts.hpp"

namespace harmonium::detail {

/// For units of one row each; owns its scratch memory.
template <class U, class B>
class HiddenCurvature {
  using T = ScalarOf<B>;
  using F = Family<U>;

 public:
  HiddenCurvature() = default;
  HiddenCurvature(const Layer<U, B>& layer, Index visible_rows, Index columns)
      : parameters_(layer.rows(), 2 + shapes_of<U>),
        variances_(layer.rows(), 1),
        scaled_(visible_rows, layer.rows()),
        means_(layer.rows(), columns),
        received_(layer.rows(), columns),
        slopes_(layer.rows(), columns) {}

  /// received += W mu
  void begin(const B& on, const Layer<U, B>& layer, ConstViewOf<B> w, ConstViewOf<B> /*v*/,
             ConstViewOf<B> input, ViewOf<B> received) {
    const auto parameters = view_of(parameters_);
    const auto own = view_of(layer.parameters);
    on.copy(own.columns(0, 1), parameters.columns(0, 1));
    const auto factors = parameters.columns(1, 1);
    on.fill(factors, 0);
    on.dot_columns(1, w, w, as_row<B>(factors));
    if constexpr (shapes_of < U >> 0)
      on.copy(own.columns(1, shapes_of<U>), parameters.columns(2, shapes_of<U>));
    const auto means = cut(means_, input.cols);
    mean(on, layer, input, means);
    on.multiply(Op::plain, Op::plain, 1, w, means, 1, received);
  }
  /// out (1 x n) += factor * tr(C W^T W)
  void add_trace(const B& on, const Layer<U, B>& /*layer*/, ConstViewOf<B> input, T factor, ViewOf<B> out) {
    on.sum_over_units(ScaledVarianceBody<F>{}, parameters_, 1, input, factor, out);
  }
  /// gradient += sum over columns c of weights(0, c) * the slopes of |score|^2 / 2 + tr(C W^T W)
  void add(const B& on, const Layer<U, B>& layer, ConstViewOf<B> w, ConstViewOf<B> v, ConstViewOf<B> input,
           ConstViewOf<B> score, ConstViewOf<B> weights, Layer<U, B>& gradient, ViewOf<B> weight_gradient) {
    const Index n = v.cols;
    const auto received = cut(received_, n), slopes = cut(slopes_, n), means = cut(means_, n);
    on.multiply(Op::transposed, Op::plain, 1, w, score, 0, received);
    for_each_shape(
        [&](auto which) {
          on.transform(MomentShapeBody<F, which>{}, parameters_, 1, input, received, slopes, Draws{}, 0);
          on.sum_over_samples(StateBody{}, parameters_, slopes, weights,
                              view_of(gradient.parameters).columns(1 + which, 1));
        },
        ShapesOf<U>{});
    on.transform(MomentSlopeBody<F>{}, parameters_, 1, input, received, slopes, Draws{}, 0);
    add_bias_statistics(on, slopes, weights, gradient);
    on.scale_columns(slopes, weights);
    on.multiply(Op::plain, Op::transposed, 1, v, slopes, 1, weight_gradient);
    on.scale_columns(means, weights);
    on.multiply(Op::plain, Op::transposed, 1, score, means, 1, weight_gradient);
    on.fill(variances_, 0);
    on.sum_over_samples(VarianceBody<F>{}, layer.parameters, input, weights, variances_);
    on.copy(w, scaled_);
    on.scale_columns(scaled_, as_row<B>(view_of(variances_)));
    on.update(Mix<T>{1, 2}, weight_gradient, ConstViewOf<B>(scaled_));
  }

 private:
  static ViewOf<B> cut(Matrix<B>& x, Index n) { return view_of(x).columns(0, n); }

  Matrix<B> parameters_;  // bias, |column of W|^2, shape parameters
  Matrix<B> variances_, scaled_;
  Matrix<B> means_, received_, slopes_;
};

/// For grouped units. Whatever their states t_k, they are equivalent to categorical units with weights W t_k:
/// x^T W^T W x is then linear in x, and tr(C W^T W) = q . mu - |W mu|^2 for each unit, with q the squared
/// norms of W's columns.
template <class U, class B>
requires is_grouped<U>
class HiddenCurvature<U, B> {
  using T = ScalarOf<B>;

 public:
  HiddenCurvature() = default;
  HiddenCurvature(const Layer<U, B>& layer, Index visible_rows, Index columns) {
    if (layer.rows() == 0) return;
    for_each_unit_kind(layer, [&](Index, Index, Index units, const Eigen::MatrixXd& states) {
      const HostMatrix<T> numbers = states.template cast<T>();
      states_ = Matrix<B>(states.rows(), states.cols());
      B{}.upload(View<const T>(numbers), view_of(states_));
      layer_ = Layer<Categorical, B>(GroupedSize{units, states.cols()});
    });
    const Index rows = layer_.rows();
    weights_ = Matrix<B>(visible_rows, rows);
    weight_gradient_ = Matrix<B>(visible_rows, rows);
    scaled_ = Matrix<B>(visible_rows, rows);
    norms_ = Matrix<B>(rows, 1);
    sums_ = Matrix<B>(rows, 1);
    means_ = Matrix<B>(rows, columns);
    input_ = Matrix<B>(rows, columns);
    delta_ = Matrix<B>(rows, columns);
    slopes_ = Matrix<B>(rows, columns);
    part_ = Matrix<B>(visible_rows, columns);
    ones_ = Matrix<B>(1, columns);
    B{}.fill(ones_, 1);
  }

  /// received += W mu
  void begin(const B& on, const Layer<U, B>& layer, ConstViewOf<B> w, ConstViewOf<B> v,
             ConstViewOf<B> /*input*/, ViewOf<B> received) {
    const auto biases = layer_.bias();
    for_each_group([&](Index row, Index rows, Index state, Index states) {
      on.multiply(Op::plain, Op::plain, 1, w.columns(row, rows), states_, 0,
                  view_of(weights_).columns(state, states));
      on.multiply(Op::transposed, Op::plain, 1, states_, layer.bias().rows_from(row, rows), 0,
                  biases.rows_from(state, states));
    });
    on.fill(norms_, 0);
    on.dot_columns(1, weights_, weights_, as_row<B>(view_of(norms_)));
    const auto input = cut(input_, v.cols), means = cut(means_, v.cols);
    on.multiply(Op::transposed, Op::plain, 1, weights_, v, 0, input);
    mean(on, layer_, input, means);
    on.multiply(Op::plain, Op::plain, 1, weights_, means, 1, received);
  }
  /// out (1 x n) += factor * tr(C W^T W)
  void add_trace(const B& on, const Layer<U, B>& /*layer*/, ConstViewOf<B> input, T factor, ViewOf<B> out) {
    const auto means = cut(means_, input.cols), part = cut(part_, input.cols);
    on.sum_over_units(ScaledStateBody{}, norms_, 1, means, factor, out);
    for_each_group([&](Index, Index, Index state, Index states) {
      on.multiply(Op::plain, Op::plain, 1, view_of(weights_).columns(state, states),
                  means.rows_from(state, states), 0, part);
      on.dot_columns(-factor, part, part, out);
    });
  }
  /// gradient += sum over columns c of weights(0, c) * the slopes of |score|^2 / 2 + tr(C W^T W)
  void add(const B& on, const Layer<U, B>& /*layer*/, ConstViewOf<B> /*w*/, ConstViewOf<B> v,
           ConstViewOf<B> /*input*/, ConstViewOf<B> score, ConstViewOf<B> weights, Layer<U, B>& gradient,
           ViewOf<B> weight_gradient) {
    const Index n = v.cols;
    const auto means = cut(means_, n), delta = cut(delta_, n), slopes = cut(slopes_, n), part = cut(part_, n);
    const auto total = view_of(weight_gradient_), w = view_of(weights_);
    // d = W^T score + q - 2 W^T W mu, within groups, and C d is the slope along the fields.
    on.multiply(Op::transposed, Op::plain, 1, w, score, 0, delta);
    on.multiply(Op::plain, Op::plain, 1, norms_, view_of(ones_).columns(0, n), 1, delta);
    on.copy(means, slopes);  // weighted; later overwritten by the slopes
    on.scale_columns(slopes, weights);
    on.multiply(Op::plain, Op::transposed, 1, score, slopes, 0, total);
    for_each_group([&](Index, Index, Index state, Index states) {
      const auto own = w.columns(state, states);
      on.multiply(Op::plain, Op::plain, 1, own, means.rows_from(state, states), 0, part);
      on.multiply(Op::transposed, Op::plain, -2, own, part, 1, delta.rows_from(state, states));
      on.multiply(Op::plain, Op::transposed, -2, part, slopes.rows_from(state, states), 1,
                  total.columns(state, states));
    });
    on.fill(sums_, 0);
    on.sum_over_samples(StateBody{}, norms_, means, weights, sums_);
    on.copy(w, scaled_);
    on.scale_columns(scaled_, as_row<B>(view_of(sums_)));
    on.update(Mix<T>{1, 2}, total, ConstViewOf<B>(scaled_));

    backpropagate(on, layer_, cut(input_, n), delta, slopes);
    on.fill(sums_, 0);
    on.sum_over_samples(StateBody{}, norms_, slopes, weights, sums_);
    on.scale_columns(slopes, weights);
    on.multiply(Op::plain, Op::transposed, 1, v, slopes, 1, total);
    for_each_group([&](Index row, Index rows, Index state, Index states) {
      on.multiply(Op::plain, Op::transposed, 1, total.columns(state, states), states_, 1,
                  weight_gradient.columns(row, rows));
      on.multiply(Op::plain, Op::plain, 1, states_, view_of(sums_).rows_from(state, states), 1,
                  gradient.bias().rows_from(row, rows));
    });
  }

 private:
  static ViewOf<B> cut(Matrix<B>& x, Index n) { return view_of(x).columns(0, n); }
  // f(first row, rows, first state, states) of each unit
  template <class G>
  void for_each_group(G f) const {
    const Index rows = states_.rows(), states = states_.cols();
    for (Index i = 0; i < layer_.units(); ++i) f(i * rows, rows, i * states, states);
  }

  Matrix<B> states_;             // rows of a unit x states
  Layer<Categorical, B> layer_;  // one row per state
  Matrix<B> weights_, weight_gradient_, scaled_, norms_, sums_;
  Matrix<B> means_, input_, delta_, slopes_, part_, ones_;
};

/// For parts of several unit types.
template <class... U, class B>
class HiddenCurvature<Mixed<U...>, B> {
  using L = Layer<Mixed<U...>, B>;

 public:
  HiddenCurvature() = default;
  HiddenCurvature(const L& layer, Index visible_rows, Index columns)
      : parts{std::apply(
            [&](const auto&... part) {
              return std::tuple<HiddenCurvature<U, B>...>(
                  HiddenCurvature<U, B>(part, visible_rows, columns)...);
            },
            layer.parts)} {}

  /// received += W mu
  void begin(const B& on, const L& layer, ConstViewOf<B> w, ConstViewOf<B> v, ConstViewOf<B> input,
             ViewOf<B> received) {
    for_each_part(
        [&](PartRows rows, const auto& part, auto& own) {
          own.begin(on, part, w.columns(rows.first, rows.count), v, rows.of(input), received);
        },
        layer, *this);
  }
  /// out (1 x n) += factor * tr(C W^T W)
  void add_trace(const B& on, const L& layer, ConstViewOf<B> input, ScalarOf<B> factor, ViewOf<B> out) {
    for_each_part([&](PartRows rows, const auto& part,
                      auto& own) { own.add_trace(on, part, rows.of(input), factor, out); },
                  layer, *this);
  }
  /// gradient += the parts'
  void add(const B& on, const L& layer, ConstViewOf<B> w, ConstViewOf<B> v, ConstViewOf<B> input,
           ConstViewOf<B> score, ConstViewOf<B> weights, L& gradient, ViewOf<B> weight_gradient) {
    for_each_part(
        [&](PartRows rows, const auto& part, auto& own, auto& sums) {
          own.add(on, part, w.columns(rows.first, rows.count), v, rows.of(input), score, weights, sums,
                  weight_gradient.columns(rows.first, rows.count));
        },
        layer, *this, gradient);
  }

  std::tuple<HiddenCurvature<U, B>...> parts;  ///< in the order of their rows
};

}  // namespace harmonium::detail
