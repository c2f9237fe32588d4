/// \file
/// Exact log Z and log likelihood of small RBMs: one layer's states are summed over one by one, the other
/// layer in closed form. Always in double precision, a block of states at a time.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

#include "conditionals.hpp"
#include "free_energy.hpp"

namespace harmonium {

namespace detail {

/// log of a sum of exponentials, term by term, without overflow.
class LogSum {
 public:
  void add(double x) {
    if (x <= largest_) {
      sum_ += std::exp(x - largest_);
    } else {
      sum_ = sum_ * std::exp(largest_ - x) + 1;
      largest_ = x;
    }
  }
  double value() const {
    const double log = largest_ + std::log(sum_);
    check<ValueError>(
        std::isfinite(log),
        "log_z: the model can't be normalised in double precision: no finite sum over its states");
    return log;
  }

 private:
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

inline constexpr double most_states = 1 << 26;  // minutes on two cores

/// Calls f(states) with all states of a finite layer, in blocks of columns.
template <class U, class F>
void for_each_state_block(const Layer<U, Cpu<double>>& layer, F f) {
  const double count = state_count(layer);
  check<ValueError>(count <= most_states, "exact: the layer has ", count, " states, more than ", most_states,
                    " are not summed over");
  const auto states = static_cast<Index>(count);
  Eigen::MatrixXd block(layer.rows(), std::min<Index>(states, 4096));
  for (Index first = 0; first < states; first += block.cols()) {
    const View<double> columns = View<double>(block).columns(0, std::min(block.cols(), states - first));
    write_states(layer, static_cast<std::uint64_t>(first), columns);
    f(View<const double>(columns));
  }
}

/// log Z by the states of the hidden layer, in double precision.
template <class V, class H>
double log_z_by_hidden(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on) {
  LogSum sum;
  Eigen::MatrixXd input, terms;
  for_each_state_block(rbm.hidden, [&](View<const double> h) {
    input.resize(rbm.visible.rows(), h.cols);
    terms.setZero(1, h.cols);
    visible_input(on, rbm, h, view_of(input));
    add_energy(on, rbm.hidden, h, -1, terms);
    add_log_partition(on, rbm.visible, input, 1, terms);
    for (Index c = 0; c < h.cols; ++c) sum.add(terms(0, c));
  });
  return sum.value();
}

/// log Z by the states of the visible layer, in double precision.
template <class Model>
double log_z_by_visible(const Model& model, const Cpu<double>& on) {
  LogSum sum;
  for_each_state_block(model.visible, [&](View<const double> v) {
    const Eigen::MatrixXd energies = free_energy(model, v, on);
    for (Index c = 0; c < v.cols; ++c) sum.add(-energies(0, c));
  });
  return sum.value();
}

/// log Z of two Gaussian layers: their joint distribution is Gaussian, with the precision matrix
/// [diag(g_v), -W; -W^T, diag(g_h)], if that is positive definite.
inline double log_z_of_gaussians(const Rbm<Gaussian, Gaussian, Cpu<double>>& rbm) {
  const Eigen::VectorXd a = rbm.visible.parameters.col(0), b = rbm.hidden.parameters.col(0);
  const Eigen::VectorXd precision_v = rbm.visible.parameters.col(1).array().exp();
  const Eigen::VectorXd precision_h = rbm.hidden.parameters.col(1).array().exp();
  const Eigen::MatrixXd scaled = precision_v.cwiseInverse().asDiagonal() * rbm.weights;
  // Schur's complement: what is left of the hidden units' precision once the visible ones are integrated out
  Eigen::MatrixXd rest = precision_h.asDiagonal();
  rest -= rbm.weights.transpose() * scaled;
  const Eigen::LLT<Eigen::MatrixXd> factor(rest);
  check<ValueError>(
      factor.info() == Eigen::Success && factor.matrixL().toDenseMatrix().diagonal().minCoeff() > 0,
      "log_z: the model can't be normalised: between Gaussian layers the weights must be small against "
      "the precisions, so that the energy is bounded from below");
  const Eigen::VectorXd field = b + scaled.transpose() * a;
  const Eigen::VectorXd solved = factor.solve(field);
  const double log_2pi = std::log(2 * 3.14159265358979323846);
  const double log_det =
      precision_v.array().log().sum() + 2 * factor.matrixL().toDenseMatrix().diagonal().array().log().sum();
  return 0.5 * (a.dot(a.cwiseQuotient(precision_v)) + field.dot(solved) +
                static_cast<double>(a.size() + b.size()) * log_2pi - log_det);
}

}  // namespace detail

/// log Z, Z = the sum (or integral) over all joint states of exp(-E): by the states of the layer that has
/// fewer, or in closed form for two Gaussian layers. \throws ValueError if there are more than 2^26 states to
/// sum over, or if the model can't be normalised
template <class V, class H, class B>
double exact_log_z(const Rbm<V, H, B>& rbm, const Cpu<double>& on = Cpu<double>::all()) {
  constexpr bool gaussians = std::is_same_v<V, Gaussian> && std::is_same_v<H, Gaussian>;
  constexpr bool finite_visible = Layer<V, B>::finite, finite_hidden = Layer<H, B>::finite;
  static_assert(finite_visible || finite_hidden || gaussians,
                "exact_log_z: one layer's units have finitely many states, or both layers are Gaussian");
  const auto precise = convert<Cpu<double>>(rbm);
  if constexpr (gaussians) {
    return detail::log_z_of_gaussians(precise);
  } else if constexpr (finite_visible && finite_hidden) {
    return state_count(precise.visible) < state_count(precise.hidden) ? detail::log_z_by_visible(precise, on)
                                                                      : detail::log_z_by_hidden(precise, on);
  } else if constexpr (finite_hidden) {
    return detail::log_z_by_hidden(precise, on);
  } else if constexpr (finite_visible) {
    return detail::log_z_by_visible(precise, on);
  }
}

/// log Z of any other model by the states of its visible layer. \throws ValueError if there are more than
/// 2^26
template <EnergyModel Model>
double exact_log_z(const Model& model, const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(decltype(model.visible)::finite,
                "exact_log_z: the visible layer's units have finitely many states");
  return detail::log_z_by_visible(convert<Cpu<double>>(model), on);
}

/// log p(v) = -F(v) - log Z of each column of v in nats, in double precision.
/// \throws ShapeError if v has other rows than the model \throws ValueError as `exact_log_z`
template <EnergyModel Model>
Eigen::VectorXd exact_log_likelihood(const Model& model,
                                     std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                                     const Cpu<double>& on = Cpu<double>::all()) {
  using B = typename Model::Backend;
  check<ShapeError>(v.rows == model.visible.rows(), "exact_log_likelihood: v has ", v.rows,
                    " rows, the model has ", model.visible.rows(), " visible rows");
  Eigen::Matrix<ScalarOf<B>, Eigen::Dynamic, Eigen::Dynamic> host(v.rows, v.cols);
  B{}.download(v, View<ScalarOf<B>>(host));
  const Eigen::MatrixXd data = host.template cast<double>();
  const Eigen::MatrixXd energies = free_energy(convert<Cpu<double>>(model), View<const double>(data), on);
  return (-energies.array() - exact_log_z(model, on)).matrix().transpose();
}

}  // namespace harmonium
