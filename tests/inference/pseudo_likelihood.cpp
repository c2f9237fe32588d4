// Pseudo-likelihoods against conditionals from enumeration.
#include <harmonium/inference/pseudo_likelihood.hpp>

#include <harmonium/models/mixed_layer.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::inference_pseudo_likelihood {

namespace {
const Cpu<double> on;

// Sum over units of log p(unit | the others), from the oracle's free energies with the unit in each of its
// states.
double expected(const oracle::Machine& machine, const oracle::Numbers& v) {
  double sum = 0;
  std::size_t row = 0;
  for (const oracle::Unit& unit : machine.visible.units) {
    oracle::Numbers terms, x = v;
    for (const oracle::Numbers& state : unit.states) {
      std::copy(state.begin(), state.end(), x.begin() + static_cast<std::ptrdiff_t>(row));
      terms.push_back(-oracle::free_energy(machine, x));
    }
    sum += -oracle::free_energy(machine, v) - oracle::log_sum_exp(terms);
    row += unit.states[0].size();
  }
  return sum;
}
}  // namespace

TEMPLATE_TEST_CASE("the pseudo-likelihood is the sum of the units' log conditionals",
                   "[pseudo_likelihood][oracle]", BernoulliBernoulli, CategoricalGaussian, QuinticBernoulli) {
  for (std::uint64_t seed = 1; seed <= models_to_try<TestType>(100); ++seed) {
    const auto rbm = small_rbm<TestType>(seed, 1.0);
    const oracle::Machine machine = oracle_of(rbm);
    const Eigen::MatrixXd v = some_states(rbm, 4, 2);
    const Eigen::VectorXd exact = pseudo_likelihood(rbm, v, on);
    for (Index c = 0; c < v.cols(); ++c)
      CHECK(std::abs(exact(c) - expected(machine, column_of(v, c))) < 1e-11);
  }
}

TEST_CASE("the stochastic pseudo-likelihood is unbiased", "[pseudo_likelihood]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd few = some_states(rbm, 3, 2);
  const Eigen::VectorXd exact = pseudo_likelihood(rbm, few, on);
  const Index many = 20'000;
  for (Index c = 0; c < 3; ++c) {
    const Eigen::MatrixXd v = few.col(c).replicate(1, many);
    const Eigen::ArrayXd estimates = stochastic_pseudo_likelihood(rbm, v, {.seed = 5}, on).array();
    const double deviation = std::sqrt((estimates - estimates.mean()).square().mean());
    REQUIRE(deviation > 0.01);
    CHECK(standard_errors(estimates.mean(), exact(c), deviation, static_cast<double>(many)) < sigmas);
  }
}

TEST_CASE("over many models the stochastic pseudo-likelihood is right", "[pseudo_likelihood]") {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto rbm = small_rbm<BernoulliBernoulli>(seed, 1.0);
    const Eigen::MatrixXd one = some_states(rbm, 1, 2), v = one.replicate(1, 500);
    const Eigen::ArrayXd estimates = stochastic_pseudo_likelihood(rbm, v, {.seed = seed}, on).array();
    const double deviation = std::sqrt((estimates - estimates.mean()).square().mean());
    const double off = (estimates.mean() - pseudo_likelihood(rbm, one, on)(0)) / (deviation / std::sqrt(500));
    CHECK(std::abs(off) < 6);
    sum += off;
  }
  CHECK(std::abs(sum) < sigmas * std::sqrt(200));
}

TEST_CASE("grey values are mixtures of a unit's two states", "[pseudo_likelihood]") {
  BernoulliBernoulli rbm({.visible = 2, .hidden = 1, .weight_scale = 0});  // independent units
  rbm.visible.parameters << 0.4, -1;
  const Eigen::MatrixXd grey{{0.25}, {1}};
  const double p = 1 / (1 + std::exp(-0.4)), q = 1 / (1 + std::exp(1.0));
  CHECK(std::abs(pseudo_likelihood(rbm, grey, on)(0) -
                 (0.25 * std::log(p) + 0.75 * std::log(1 - p) + std::log(q))) < 1e-12);
}

TEST_CASE("all units of a mixed layer contribute", "[pseudo_likelihood]") {
  // Without weights it is the sum over the parts.
  Rbm<Mixed<Bernoulli, Categorical>, Bernoulli, Cpu<double>> rbm{
      {.visible = {2, {1, 3}}, .hidden = 1, .weight_scale = 0}};
  for_each_parameter(
      [](const ParameterName&, Role, auto x) {
        for (Index r = 0; r < x.rows; ++r) x(r, 0) = 0.3 * static_cast<double>(r) - 0.2;
      },
      rbm.visible);
  const Eigen::MatrixXd v{{1}, {0}, {0}, {1}, {0}};
  const auto on_off = [](double b, bool on_) {
    return on_ ? -std::log1p(std::exp(-b)) : -std::log1p(std::exp(b));
  };
  const double classes = 0.1 - std::log(std::exp(-0.2) + std::exp(0.1) + std::exp(0.4));
  CHECK(std::abs(pseudo_likelihood(rbm, v, on)(0) - (on_off(-0.2, true) + on_off(0.1, false) + classes)) <
        1e-12);
}

TEST_CASE("the pseudo-likelihood refuses samples of another size", "[pseudo_likelihood][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(3, 2);
  CHECK_THROWS_MATCHES(pseudo_likelihood(rbm, v, on), ShapeError,
                       Catch::Matchers::Message("pseudo_likelihood: the data have 3 rows, the model has 4"));
}

}  // namespace test::inference_pseudo_likelihood
