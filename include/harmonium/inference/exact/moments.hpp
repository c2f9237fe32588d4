/// \file
/// Exact moments of small models, and from them the exact gradient of the log likelihood that contrastive
/// divergence estimates. Always in double precision, a block of states at a time.
#pragma once

#include <span>

#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "log_z.hpp"

namespace harmonium {

namespace detail {

/// A model with double precision numbers on the host.
template <class Model>
using Precise = typename Model::template On<Cpu<double>>;

/// exp(log_weights - log_z), in place. Probabilities below e^-600 are 0: products with subnormal numbers
/// would take a hundred times as long.
template <class T>
View<const T> to_probabilities(HostMatrix<T>& log_weights, T log_z) {
  log_weights.array() -= log_z;
  log_weights = (log_weights.array() < -600).select(T(0), log_weights.array().exp());
  return log_weights;
}

template <class Model>
Model moments_by_visible(const Model& model, const Cpu<double>& on) {
  const double log_z = log_z_by_visible(model, on);
  Model sums = zeros_like(model);
  typename Model::Workspace work;
  Index columns = 0;
  for_each_visible_block(model, on, [&](typename Model::StateView state, Eigen::MatrixXd& log_weights) {
    if (columns < log_weights.cols()) work = make_workspace(model, columns = log_weights.cols());
    set_statistics(on, model, state, to_probabilities(log_weights, log_z), 1, sums, work);
  });
  return sums;
}

template <class V, class H>
auto moments_by_hidden(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on) {
  const double log_z = log_z_by_hidden(rbm, on);
  auto sums = zeros_like(rbm);
  HiddenStates states(rbm, on);
  const StateGrid& grid = states.grid();
  using Matrix = HostMatrix<DoubleIn<V>>;
  Matrix of_lows = Matrix::Zero(1, grid.lows), minus_total = Matrix::Zero(1, 1);
  states.for_each_block([&](View<const double> high, Eigen::MatrixXd& log_weights) {
    const GridBlock block(grid, high, to_probabilities(log_weights, log_z));
    states.partition().add_moments(on, block, sums.visible, sums.weights);
    // Statistics of hidden units, like all that is additive: those of each half, less those of state 0.
    add_statistics(on, rbm.hidden, high, View<const double>(block.of_highs), sums.hidden);
    of_lows.row(0) += block.of_lows;
    minus_total(0, 0) -= block.of_lows.sum();
  });
  states.partition().finish(on, grid, sums.visible, sums.weights);
  add_statistics(on, rbm.hidden, View<const double>(grid.low_states), View<const double>(of_lows),
                 sums.hidden);
  add_statistics(on, rbm.hidden, View<const double>(grid.zero), View<const double>(minus_total), sums.hidden);
  return sums;
}

/// By the states of an RBM's visible layer, which plays the same part.
template <class V, class H>
auto moments_by_visible(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on) {
  return exchanged(moments_by_hidden(exchanged(rbm), on));
}

template <class R>
R moments_of_gaussians(const R& rbm) {
  using Matrix = typename GaussianPair<R>::Matrix;
  using Vector = typename GaussianPair<R>::Vector;
  const GaussianPair<R> joint(rbm);
  const Index count = joint.mean_h.size();
  const Matrix covariance_h = joint.precision.solve(Matrix::Identity(count, count));
  const Matrix cross = joint.slope * covariance_h;
  const Vector variance_v = joint.variance_v_given_h + cross.cwiseProduct(joint.slope).rowwise().sum();
  auto sums = rbm;
  sums.weights = cross + joint.mean_v * joint.mean_h.transpose();
  const auto set = [](Matrix& parameters, const Vector& mean, const Vector& variance) {
    parameters.col(0) = mean;  // and -g E[x^2] / 2, the statistic of log g
    parameters.col(1) = -0.5 * parameters.col(1).array().exp() * (mean.array().square() + variance.array());
  };
  set(sums.visible.parameters, joint.mean_v, variance_v);
  set(sums.hidden.parameters, joint.mean_h, covariance_h.diagonal());
  return sums;
}

}  // namespace detail

/// E[d(-E)/d(parameters)] over the model's joint distribution, in the shape of the model itself:
/// `visible.bias()` is E[v], `hidden.bias()` is E[h], `weights` is E[v h^T], and a shape parameter's place
/// holds the mean of its statistic. \throws ValueError as for `exact_log_z`
template <class V, class H, class B>
auto exact_moments(const Rbm<V, H, B>& rbm, const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(detail::can_be_summed<V, H>,
                "exact_moments: one layer's units have finitely many states, or both layers are Gaussian");
  check_shapes("exact_moments", rbm);
  return detail::by_smaller_layer(
      convert<Cpu<double>>(rbm), [&](const auto& r) { return detail::moments_by_visible(r, on); },
      [&](const auto& r) { return detail::moments_by_hidden(r, on); },
      [](const auto& r) { return detail::moments_of_gaussians(r); });
}

/// As above for any other model, summed over the states of its visible layer.
template <EnergyModel Model>
detail::Precise<Model> exact_moments(const Model& model, const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(decltype(model.visible)::finite,
                "exact_moments: the visible layer's units have finitely many states");
  detail::check_model("exact_moments", model);
  return detail::moments_by_visible(convert<Cpu<double>>(model), on);
}

/// The gradient of the mean log likelihood of samples of any kind: their mean statistics minus
/// `exact_moments`. With `weights`, or weights of the data's own, the mean is a weighted one. \throws as
/// `free_energy` and `exact_log_z`; DataError also if `weights` is not one weight per sample, all finite,
/// none negative and not all zero
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
detail::Precise<Model> exact_gradient(const Model& model, const Data& data,
                                      std::span<const double> weights = {},
                                      const Cpu<double>& on = Cpu<double>::all()) {
  using B = typename Model::Backend;
  constexpr const char* caller = "exact_gradient";
  const auto& source = source_of<B>(data);
  const Index size = source.size();
  if (weights.empty()) weights = weights_of(source);
  detail::check_model(caller, model);
  detail::check_samples(caller, source.rows(), size, model.visible.rows());
  detail::check_weights(caller, weights, size);
  const auto precise = convert<Cpu<double>>(model);
  auto gradient = exact_moments(precise, on);
  for_each_parameter([&](const ParameterName&, Role, auto g) { on.update(ScaleBy<double>{-1}, g); },
                     gradient);
  double total = 0;
  for (const double weight : weights) total += weight;
  if (weights.empty()) total = static_cast<double>(size);
  const Index block = detail::block_of(source.rows(), size);
  auto state = make_state(precise, block);
  auto work = make_workspace(precise, block);
  detail::for_each_sample_block(
      B{}, caller, model.visible.rows(), source, [&](Index first, ConstViewOf<B> v) {
        const Eigen::MatrixXd samples = detail::on_host(B{}, v);
        const auto columns = state.columns(0, v.cols);
        on.copy(View<const double>(samples), columns.visible);
        refresh(on, precise, columns);
        HostMatrix<double> shares(1, v.cols);
        shares.setConstant(1 / total);
        for (Index c = 0; c < v.cols && !weights.empty(); ++c)
          shares(0, c) = weights[static_cast<std::size_t>(first + c)] / total;
        set_statistics(on, precise, columns, View<const double>(shares), 1, gradient, work);
      });
  return gradient;
}

}  // namespace harmonium
