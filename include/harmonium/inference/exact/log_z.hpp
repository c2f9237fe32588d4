/// \file
/// Exact log Z and log likelihood of small RBMs: one layer's states are summed one by one, the other layer in
/// closed form. Always in double precision, a block of states at a time.
#pragma once

#include "../../core/host_matrix.hpp"
#include "../free_energy.hpp"
#include "../layers.hpp"
#include "enumeration.hpp"
#include "gaussian_pair.hpp"

namespace harmonium {

namespace detail {

/// log Z by summing over hidden states, in double precision.
template <class V, class H>
double log_z_by_hidden(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on) {
  LogSum sum;
  HiddenStates states(rbm, on);
  states.for_each_block(
      [&](View<const double>, const Eigen::MatrixXd& log_weights) { sum.add(on, log_weights); });
  return sum.value();
}

/// log Z by summing over visible states, in double precision.
template <class Model>
double log_z_by_visible(const Model& model, const Cpu<double>& on) {
  LogSum sum;
  for_each_visible_block(model, on, [&](typename Model::StateView, const Eigen::MatrixXd& log_weights) {
    for (Index c = 0; c < log_weights.cols(); ++c) sum.add(log_weights(0, c));
  });
  return sum.value();
}
/// The same of an RBM, whose layers play the same part.
template <class V, class H>
double log_z_by_visible(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on) {
  return log_z_by_hidden(exchanged(rbm), on);
}

}  // namespace detail

/// log Z, where Z is the sum (or integral) of exp(-E) over all joint states: summed over the states of the
/// layer that has fewer, or in closed form for two Gaussian layers. \throws ValueError if there are more than
/// 2^30 states to sum over (2^26 if the other layer's units are not finite and do not say how they split: see
/// units/unit.hpp), or the model can't be normalized \throws ShapeError if the weights do not fit the
/// layers
template <class V, class H, class B>
double exact_log_z(const Rbm<V, H, B>& rbm, const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(detail::can_be_summed<V, H>,
                "exact_log_z: one layer's units have finitely many states, or both layers are Gaussian");
  check_shapes("exact_log_z", rbm);
  return detail::by_smaller_layer(
      convert<Cpu<double>>(rbm), [&](const auto& r) { return detail::log_z_by_visible(r, on); },
      [&](const auto& r) { return detail::log_z_by_hidden(r, on); },
      [](const auto& r) { return detail::GaussianPair(r).log_z; });
}

/// log Z of any other model, summed over the states of its visible layer. \throws ValueError if there are
/// more than 2^26
template <EnergyModel Model>
double exact_log_z(const Model& model, const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(decltype(model.visible)::finite,
                "exact_log_z: the visible layer's units have finitely many states");
  detail::check_model("exact_log_z", model);
  return detail::log_z_by_visible(convert<Cpu<double>>(model), on);
}

/// log p(v) = -F(v) - log Z of each of some samples of any kind in nats, in double precision. \throws as
/// `free_energy` and `exact_log_z`
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd exact_log_likelihood(const Model& model, const Data& data,
                                     const Cpu<double>& on = Cpu<double>::all()) {
  using B = typename Model::Backend;
  constexpr const char* caller = "exact_log_likelihood";
  detail::check_model(caller, model);
  const auto precise = convert<Cpu<double>>(model);
  const auto& source = source_of<B>(data);
  Eigen::VectorXd energies(source.size());
  detail::for_each_sample_block(
      B{}, caller, model.visible.rows(), source, [&](Index first, ConstViewOf<B> v) {
        energies.segment(first, v.cols) = free_energy(precise, detail::on_host(B{}, v), on).transpose();
      });
  return -energies.array() - exact_log_z(model, on);
}

}  // namespace harmonium
