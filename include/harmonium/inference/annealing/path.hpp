/// \file
/// The path from independent units to a model: inverse temperatures, and the base-rate model where it begins
/// (Salakhutdinov and Murray, 2008).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../../core/counts.hpp"
#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "../../models/mixed_layer.hpp"
#include "../../models/rbm.hpp"
#include "../sample_blocks.hpp"

namespace harmonium {

/// 0, 1 / steps, 2 / steps, ..., 1. \throws ValueError if steps is not positive
inline std::vector<double> uniform_betas(Index steps) {
  check<ValueError>(steps >= 1, "uniform_betas: steps is ", steps, ", expected at least 1");
  std::vector<double> betas;
  for (Index i = 0; i <= steps; ++i) betas.push_back(static_cast<double>(i) / static_cast<double>(steps));
  return betas;
}

/// Numbers of steps from 0 to 0.5, from 0.5 to 0.9 and from 0.9 to 1, evenly spaced in each part; the
/// defaults are those of Salakhutdinov and Murray (2008, section 6). \throws ValueError if a number is not
/// positive
inline std::vector<double> three_part_betas(Index low = 500, Index middle = 4000, Index high = 10000) {
  std::vector<double> betas{0};
  const auto add = [&](Index steps, double from, double to) {
    check<ValueError>(steps >= 1, "three_part_betas: a part has ", steps, " steps, expected at least 1");
    for (Index i = 1; i < steps; ++i)
      betas.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(steps));
    betas.push_back(to);
  };
  add(low, 0, 0.5);
  add(middle, 0.5, 0.9);
  add(high, 0.9, 1);
  return betas;
}

/// Where annealing begins: the units of both layers without interaction, with their own biases. Shape
/// parameters are the model's.
template <class V, class H, class B>
struct BaseRates {
  Layer<V, B> visible;  ///< visible units
  Layer<H, B> hidden;   ///< hidden units
};

/// A base with the model's own biases.
template <class V, class H, class B>
BaseRates<V, H, B> base_rates(const Rbm<V, H, B>& rbm) {
  return {rbm.visible, rbm.hidden};
}

namespace detail {

/// Sets the biases so that the layer without input has the given means (rows x 1) at its current shape
/// parameters; the means are those of `count` samples. Unit types whose `fit` does not say how are fitted
/// only if they have shape parameters.
template <class U>
void fit_biases(const Cpu<double>& on, Layer<U, Cpu<double>>& layer, View<const double> means, Index count) {
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(layer.rows(), 1);
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(layer.rows(), 1);
  Eigen::MatrixXd now(layer.rows(), 1), variance(layer.rows(), 1);
  const auto measure = [&] {
    mean(on, layer, View<const double>(none), now);
    backpropagate(on, layer, View<const double>(none), View<const double>(ones), variance);
  };
  measure();
  auto fitted = layer;
  fit(fitted, means, View<const double>(variance), count);
  layer.parameters.col(0) = fitted.parameters.col(0);
  if constexpr (has_shapes<U>) {  // `fit` may have assumed another shape: Newton's method
    for (int i = 0; i < 30; ++i) {
      measure();
      for (Index r = 0; r < layer.rows(); ++r) {
        using Double = std::numeric_limits<double>;  // 0 up to rounding would be a division by 0
        const double spread =
            std::max({variance(r, 0), Double::epsilon() * now(r, 0) * now(r, 0), Double::min()});
        const double most = 1 / std::sqrt(spread);
        layer.parameters(r, 0) += std::clamp((means(r, 0) - now(r, 0)) / spread, -most, most);
      }
    }
  }
}
template <class... U>
void fit_biases(const Cpu<double>& on, Layer<Mixed<U...>, Cpu<double>>& layer, View<const double> means,
                Index count) {
  for_each_part([&](auto rows, auto& part) { fit_biases(on, part, rows.of(means), count); }, layer);
}

/// The weighted mean of code(samples) over a source's samples, rows x 1. The caller has checked the source.
template <class B, class Source, class Code>
Eigen::MatrixXd means_of(const B& on, const Source& source, Index rows, Code code) {
  using T = ScalarOf<B>;
  const Index block = std::min<Index>(source.size(), 1000);
  Matrix<B> x(source.rows(), block), shares(1, block), sum(rows, 1);
  HostMatrix<T> host_shares(1, block);
  Eigen::MatrixXd total = Eigen::MatrixXd::Zero(rows, 1);
  const std::span<const double> weights = weights_of(source);
  for_each_block(source.size(), block, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    for (Index c = 0; c < n; ++c)  // not divided yet: sums of zeros and ones are exact
      host_shares(0, c) =
          weights.empty() ? T(1) : static_cast<T>(weights[static_cast<std::size_t>(columns.front() + c)]);
    fill_checked(on, "base_rates", source, columns, view_of(x).columns(0, n));
    on.upload(View<const T>(host_shares), shares);
    on.fill(sum, T(0));
    const ConstViewOf<B> codes = code(ConstViewOf<B>(x).columns(0, n));
    on.sum_over_samples(StateBody{}, codes, codes, ConstViewOf<B>(shares).columns(0, n), sum);
    total += on_host(on, sum);
  });
  return total / (mean_weight(source) * static_cast<double>(source.size()));
}

/// A base with given means of `count` samples; hidden units have no bias if no hidden means are given.
template <class V, class H, class B>
BaseRates<V, H, B> base_of_means(const Rbm<V, H, B>& rbm, const Eigen::MatrixXd& visible,
                                 const Eigen::MatrixXd& hidden, Index count) {
  auto precise = convert<Cpu<double>>(rbm);
  const Cpu<double> on;
  fit_biases(on, precise.visible, View<const double>(visible), count);
  for_each_bias(precise.hidden, [&](View<double> bias, Index) { on.fill(bias, 0); });
  if (hidden.size() > 0) fit_biases(on, precise.hidden, View<const double>(hidden), count);
  const auto fitted = convert<B>(precise);
  return {fitted.visible, fitted.hidden};
}

}  // namespace detail

/// A base whose visible units have given means (V x 1, of `count` samples) and whose hidden units have no
/// biases (Salakhutdinov and Murray, 2008). With few samples the means are smoothed as in the unit type's
/// `fit`. \throws ShapeError unless there is one mean per visible row \throws ValueError if count is not
/// positive \throws DataError if the units do not accept a mean
template <class V, class H, class B>
BaseRates<V, H, B> base_rates(const Rbm<V, H, B>& rbm, const Eigen::VectorXd& means, Index count) {
  check<ShapeError>(means.size() == rbm.visible.rows(), "base_rates: there are ", means.size(),
                    " means, the RBM has ", rbm.visible.rows(), " visible rows");
  detail::check_count("base_rates", "count", count);
  const HostMatrix<ScalarOf<B>> numbers = means.cast<ScalarOf<B>>();
  const auto [row, column] = find_unacceptable(rbm.visible, View<const ScalarOf<B>>(numbers));
  check<DataError>(row < 0, "base_rates: the mean in row ", row, " is ", row < 0 ? 0.0 : means(row), "; ",
                   accepted_values(rbm.visible, std::max<Index>(row, 0)));
  return detail::base_of_means(rbm, means, Eigen::MatrixXd(), count);
}

/// A base with the mean rates of samples of any kind: those of the visible units, and those of the hidden
/// units given the data (on digits, annealing then missed fewer modes than without hidden biases). Sample
/// weights are honoured. \throws ShapeError if the data's rows do not match the RBM, or the weights the
/// layers \throws DataError if there are no samples, or their means are not finite
template <class V, class H, class B, SamplesFor<B> Data>
BaseRates<V, H, B> base_rates(const Rbm<V, H, B>& rbm, const Data& data,
                              const std::type_identity_t<B>& on = {}) {
  const auto& source = source_of<B>(data);
  check_shapes("base_rates", rbm);
  detail::check_samples("base_rates", source.rows(), source.size(), rbm.visible.rows());
  detail::check_weights("base_rates", weights_of(source), source.size());
  Matrix<B> input(rbm.hidden.rows(), std::min<Index>(source.size(), 1000)), h = input;
  const Eigen::MatrixXd visible =
      detail::means_of(on, source, rbm.visible.rows(), [](ConstViewOf<B> v) { return v; });
  const Eigen::MatrixXd hidden =
      detail::means_of(on, source, rbm.hidden.rows(), [&](ConstViewOf<B> v) -> ConstViewOf<B> {
        const auto in = view_of(input).columns(0, v.cols), out = view_of(h).columns(0, v.cols);
        hidden_input(on, rbm, v, in);
        mean(on, rbm.hidden, in, out);
        return out;
      });
  check<DataError>(visible.allFinite() && hidden.allFinite(),
                   "base_rates: the data's means are infinite or not numbers");
  // Rounding can push a mean slightly out of a unit's range, so means are not checked here.
  return detail::base_of_means(rbm, visible, hidden, source.size());
}

}  // namespace harmonium
