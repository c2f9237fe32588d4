// Score matching checked against its definition, with moments of W h by enumeration of all hidden states.
#pragma once

#include <harmonium/training/objectives/score_gradient.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"

namespace test {

using namespace harmonium;

/// -J, where a visible unit's energy is quadratic with a precision (and, if it has one, a center).
inline double score_matching_of(const oracle::Machine& machine, const oracle::Numbers& precisions,
                                const oracle::Numbers& centres, const oracle::Numbers& v) {
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const auto moments =
        oracle::expectation(machine.hidden, oracle::hidden_input(machine, v), [&](const oracle::Numbers& h) {
          const double received = oracle::dot(machine.weights[i], h);
          return oracle::Numbers{received, received * received};
        });
    const double psi = machine.visible.biases[i] - precisions[i] * (v[i] - centres[i]) + moments[0];
    const double divergence = -precisions[i] + moments[1] - moments[0] * moments[0];
    sum -= psi * psi / 2 + divergence;
  }
  return sum;
}

/// -J of a model with Gaussian visible units.
template <class H>
double score_matching_of(const Rbm<Gaussian, H, Cpu<double>>& rbm, const oracle::Numbers& v) {
  oracle::Numbers precisions;
  for (Index i = 0; i < rbm.visible.rows(); ++i) precisions.push_back(std::exp(rbm.visible.parameters(i, 1)));
  return score_matching_of(machine_of(rbm), precisions, oracle::Numbers(v.size(), 0.0), v);
}

/// Values and gradient. The oracle's numbers are below 100, but variances are differences: 1e-10.
template <class R>
void check_score_matching(R rbm, const Eigen::MatrixXd& v) {
  const Cpu<double> on;
  const Index n = v.cols(), first = 2;
  auto state = make_state(rbm, first + n);
  state.visible.setConstant(1000);  // the others must not be read
  state.visible.rightCols(n) = v;
  refresh(on, rbm, state.columns(0, first + n));
  const auto columns = state.columns(first, n);
  ScoreGradient<R> objective(rbm, n + 1);
  Eigen::MatrixXd values = Eigen::MatrixXd::Constant(1, n, 0.25);
  objective.add_values(on, rbm, columns, 2, values);
  for (Index c = 0; c < n; ++c)
    CHECK(std::abs(values(0, c) - 0.25 - 2 * score_matching_of(rbm, column_of(v, c))) < 1e-10);

  const Eigen::MatrixXd weights = Eigen::RowVectorXd::LinSpaced(n, 0.7, -0.4);
  R gradient = zeros_like(rbm);
  objective.add(on, rbm, columns, weights, gradient);
  oracle::Numbers slopes = slopes_of(rbm, [&](const R& at) {
    double sum = 0;
    for (Index c = 0; c < n; ++c) sum += weights(0, c) * score_matching_of(at, column_of(v, c));
    return sum;
  });
  CHECK(largest_difference(flatten(gradient), slopes) < 5e-9);
  objective.add(on, rbm, columns, weights, gradient);  // it adds
  for (double& slope : slopes) slope *= 2;
  CHECK(largest_difference(flatten(gradient), slopes) < 1e-8);
}

/// The same for a small model.
template <class H>
void check_score_matching_of(const LayerSize<H>& hidden, std::uint64_t seed) {
  Rbm<Gaussian, H, Cpu<double>> rbm{{.visible = 3, .hidden = hidden}};
  randomise(rbm, seed, 0.3);
  check_score_matching(rbm, 2 * (numbers(3, 2, seed).array() - 0.5).matrix());
}

}  // namespace test
