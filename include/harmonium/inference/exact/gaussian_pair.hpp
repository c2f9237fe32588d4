/// \file
/// Two Gaussian layers in closed form. Their joint distribution is Gaussian, with the precision matrix
/// [diag(g_v), -W; -W^T, diag(g_h)], if that is positive definite.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <concepts>

#include "enumeration.hpp"

namespace harmonium::detail {

/// The distribution of an RBM of two Gaussian layers: h is Gaussian, and so is v given h. A template, so that
/// only code that uses it compiles a Cholesky factorization.
template <std::same_as<Rbm<Gaussian, Gaussian, Cpu<double>>> R>
struct GaussianPair {
  using Matrix = HostMatrix<DoubleIn<R>>;
  using Vector = HostVector<DoubleIn<R>>;

  Eigen::LLT<Matrix> precision;  ///< of h, factored: Schur's complement, v integrated out
  Vector mean_v, mean_h;         ///< V, H
  Vector variance_v_given_h;     ///< V
  Matrix slope;                  ///< V x H: E[v | h] = slope h + a constant
  double log_z = 0;              ///< log of the integral of exp(-E)

  /// \throws ValueError if the precision matrix is not positive definite
  explicit GaussianPair(const R& rbm) {
    const Vector a = rbm.visible.parameters.col(0), b = rbm.hidden.parameters.col(0);
    const Vector precision_v = rbm.visible.parameters.col(1).array().exp();
    variance_v_given_h = precision_v.cwiseInverse();
    slope = variance_v_given_h.asDiagonal() * rbm.weights;
    Matrix rest = rbm.hidden.parameters.col(1).array().exp().matrix().asDiagonal();
    rest -= rbm.weights.transpose() * slope;
    precision.compute(rest);
    check<ValueError>(
        precision.info() == Eigen::Success && precision.matrixLLT().diagonal().minCoeff() > 0,
        "log_z: the model can't be normalized: between Gaussian layers the weights must be small against "
        "the precisions, so that the energy is bounded from below (their joint precision matrix is not "
        "positive definite)");
    const Vector field = b + slope.transpose() * a;
    mean_h = precision.solve(field);
    mean_v = variance_v_given_h.cwiseProduct(a) + slope * mean_h;
    const double log_2pi = std::log(2 * 3.14159265358979323846);
    const double log_det =
        precision_v.array().log().sum() + 2 * precision.matrixLLT().diagonal().array().log().sum();
    log_z = 0.5 * (a.dot(variance_v_given_h.cwiseProduct(a)) + field.dot(mean_h) +
                   static_cast<double>(a.size() + b.size()) * log_2pi - log_det);
  }
};

}  // namespace harmonium::detail
