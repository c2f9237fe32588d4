// Values and gradients of the objectives based on units' conditionals, checked against their definitions:
// minus free energies by enumeration, with a unit in each of its states.
#pragma once

#include <harmonium/training/objectives/site_gradient.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"

namespace test {

using namespace harmonium;

/// phi of one unit from its states' log weights and the sample's shares in them.
inline double definition(LogScore, const oracle::Numbers& log_weights, const oracle::Numbers& shares) {
  double sum = 0;
  for (std::size_t k = 0; k < shares.size(); ++k)
    sum += shares[k] * (log_weights[k] - oracle::log_sum_exp(log_weights));
  return sum;
}
inline double definition(QuadraticScore, const oracle::Numbers& log_weights, const oracle::Numbers& shares) {
  double sum = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const double p = std::exp(log_weights[k] - oracle::log_sum_exp(log_weights));
    sum -= (p - shares[k]) * (p - shares[k]) / 2;
  }
  return sum;
}
inline double definition(FlowScore, const oracle::Numbers& log_weights, const oracle::Numbers& shares) {
  double sum = 0;
  for (std::size_t j = 0; j < shares.size(); ++j)
    for (std::size_t k = 0; k < shares.size(); ++k)
      if (j != k) sum -= shares[j] * std::exp((log_weights[k] - log_weights[j]) / 2);
  return sum;
}

/// How far x is in each state: between two states, or in a one-hot unit, a mixture.
inline oracle::Numbers shares_of(const oracle::Unit& unit, const oracle::Numbers& x) {
  if (unit.states.size() == 2 && x.size() == 1) {
    const double up = (x[0] - unit.states[0][0]) / (unit.states[1][0] - unit.states[0][0]);
    return {1 - up, up};
  }
  if (unit.states.size() == x.size()) return x;
  oracle::Numbers shares;
  for (const oracle::Numbers& state : unit.states) shares.push_back(state == x ? 1 : 0);
  return shares;
}

/// The sum of phi over a sample's units.
template <class Score, class FreeEnergy>
double score_of(const oracle::Layer& visible, const oracle::Numbers& v, FreeEnergy free_energy) {
  double sum = 0;
  std::size_t row = 0;
  for (const oracle::Unit& unit : visible.units) {
    const std::size_t rows = unit.states[0].size();
    oracle::Numbers log_weights, x = v;
    for (const oracle::Numbers& state : unit.states) {
      std::copy(state.begin(), state.end(), x.begin() + static_cast<std::ptrdiff_t>(row));
      log_weights.push_back(-free_energy(x));
    }
    const oracle::Numbers own(v.begin() + static_cast<std::ptrdiff_t>(row),
                              v.begin() + static_cast<std::ptrdiff_t>(row + rows));
    sum += definition(Score{}, log_weights, shares_of(unit, own));
    row += rows;
  }
  return sum;
}

/// The model as its gradient sees it, with its states filled in.
template <class Model>
struct Columns {
  typename Model::State state;
  typename Model::StateView view;
  Columns(const Model& model, const Eigen::MatrixXd& v, Index first)
      : state(make_state(model, first + v.cols())) {
    state.visible.setConstant(1000);  // the others must not be read
    state.visible.rightCols(v.cols()) = v.cast<typename Model::Scalar>();
    refresh(Cpu<typename Model::Scalar>{}, model, state.columns(0, first + v.cols()));
    view = state.columns(first, v.cols());
  }
};

/// Values and gradient of one score, with the oracle's model from `machine(model)` and its score from
/// `score(machine, v)`. Values are below 100 and come from fewer than 1e5 terms: 1e-10 is ten thousand
/// rounding errors; slopes as in `slopes_of`.
template <class Score, class Model, class Machine, class Value>
void check_score(Model model, const Eigen::MatrixXd& v, Machine machine, Value value) {
  const Cpu<double> on;
  const Columns<Model> columns(model, v, 2);
  SiteGradient<Model> objective(model, v.cols() + 3);
  const auto of_model = machine(model);
  Eigen::MatrixXd values = Eigen::MatrixXd::Constant(1, v.cols(), 0.25);
  objective.template add_values<Score>(on, model, columns.view, 2, values);
  for (Index c = 0; c < v.cols(); ++c)
    CHECK(std::abs(values(0, c) - 0.25 - 2 * value(of_model, column_of(v, c))) < 1e-10);

  const Eigen::MatrixXd weights = Eigen::RowVectorXd::LinSpaced(v.cols(), 0.7, -0.4);
  Model gradient = zeros_like(model);
  objective.template add<Score>(on, model, columns.view, weights, gradient);
  const auto objective_at = [&](const Model& at) {
    const auto moved = machine(at);
    double sum = 0;
    for (Index c = 0; c < v.cols(); ++c) sum += weights(0, c) * value(moved, column_of(v, c));
    return sum;
  };
  oracle::Numbers slopes = slopes_of(model, objective_at);
  double scale = 1;  // flows from improbable states are large
  for (const double slope : slopes) scale = std::max(scale, std::abs(slope));
  CHECK(largest_difference(flatten(gradient), slopes) < 2e-9 * scale);
  objective.template add<Score>(on, model, columns.view, weights, gradient);  // it adds
  for (double& slope : slopes) slope *= 2;
  CHECK(largest_difference(flatten(gradient), slopes) < 4e-9 * scale);
}

/// All three for an RBM.
template <class R>
void check_scores(const R& rbm, const Eigen::MatrixXd& v) {
  const auto machine = [](const R& at) { return machine_of(at); };
  const auto value_of = []<class Score>(Score) {
    return [](const oracle::Machine& at, const oracle::Numbers& x) {
      return score_of<Score>(at.visible, x,
                             [&](const oracle::Numbers& y) { return oracle::free_energy(at, y); });
    };
  };
  check_score<LogScore>(rbm, v, machine, value_of(LogScore{}));
  check_score<QuadraticScore>(rbm, v, machine, value_of(QuadraticScore{}));
  check_score<FlowScore>(rbm, v, machine, value_of(FlowScore{}));
}

/// A model small enough for a quick oracle, and 2 samples. Hidden units have a small spread, since counts and
/// truncated normals are integrated over.
template <class R>
void check_scores_of(std::uint64_t seed) {
  const auto rbm = small_rbm<R>(seed);
  check_scores(rbm, some_states(rbm, 2, seed));
}

}  // namespace test
