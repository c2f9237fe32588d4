// Exact moments and gradients against slopes of log Z, and exact samples against the enumeration.
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/inference/exact/samples.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_exact_moments {

namespace {

const Cpu<double> on;

template <class Model>
void check_moments(const Model& model) {
  CHECK(worst_slope(model, flatten(exact_moments(model, on)),
                    [](const Model& m) { return exact_log_z(m, on); }) < 1e-8);
}

template <class Model>
void check_gradient(const Model& model, const Eigen::MatrixXd& v) {
  const auto likelihood = [&](const Model& m) { return exact_log_likelihood(m, v, on); };
  CHECK(worst_slope(model, flatten(exact_gradient(model, v, {}, on)),
                    [&](const Model& m) { return likelihood(m).mean(); }) < 1e-8);
  std::vector<double> weights;
  for (Index c = 0; c < v.cols(); ++c) weights.push_back(static_cast<double>(c % 3));
  const Eigen::VectorXd shares = Eigen::Map<Eigen::VectorXd>(weights.data(), v.cols()) /
                                 Eigen::Map<Eigen::VectorXd>(weights.data(), v.cols()).sum();
  CHECK(worst_slope(model, flatten(exact_gradient(model, v, weights, on)),
                    [&](const Model& m) { return shares.dot(likelihood(m)); }) < 1e-8);
}

}  // namespace

TEMPLATE_TEST_CASE("exact moments are the slopes of log Z, and exact gradients those of the likelihood",
                   "[exact][gradient]", BernoulliBernoulli, GaussianBernoulli, CategoricalGaussian,
                   QuinticBernoulli, GaussianGaussian) {
  const auto rbm = small_rbm<TestType>(5);
  check_moments(rbm);
  check_gradient(rbm, some_states(rbm, 7, 2));
}

TEST_CASE("exact moments of tables and Boltzmann machines", "[exact][gradient][mixed]") {
  Rbm<Mixed<Bernoulli, Categorical, Gaussian>, Bernoulli, Cpu<double>> table{
      {.visible = {2, {1, 3}, 2}, .hidden = 3}};
  randomise(table, 3);
  check_moments(table);
  check_gradient(table, some_states(table, 5, 1));
  BoltzmannMachine<Spin, Cpu<double>> machine{{.visible = 4}};
  randomise(machine, 2);
  machine.weights = (machine.weights + machine.weights.transpose()).eval();
  machine.weights.diagonal().setZero();
  // Each coupling is stored twice: its slope is that of both numbers together.
  const auto moments = exact_moments(machine, on);
  for (Index r = 1; r < 4; ++r) {
    auto moved = machine;
    const double slope = oracle::derivative(
        [&](double w) {
          moved.weights(r, 0) = moved.weights(0, r) = w;
          return exact_log_z(moved, on);
        },
        machine.weights(r, 0));
    CHECK(std::abs(moments.weights(r, 0) + moments.weights(0, r) - slope) < 1e-8);
  }
}

TEST_CASE("exact moments are the same by either layer's states", "[exact]") {
  BernoulliBernoulli rbm{{.visible = 6, .hidden = 5}};
  randomise(rbm, 3, 1.0);
  const auto by_visible = detail::moments_by_visible(rbm, on), by_hidden = detail::moments_by_hidden(rbm, on);
  CHECK(largest_parameter_difference(by_visible, by_hidden) < 1e-13);
}

TEST_CASE("log Z of 20 hidden units takes seconds, in bounded memory", "[exact][slow]") {
  BernoulliBernoulli rbm{{.visible = 30, .hidden = 20}};
  rbm.weights.setZero();
  double log_z = 0;
  for (Index r = 0; r < 30; ++r)
    log_z += std::log1p(std::exp(rbm.visible.parameters(r, 0) = 0.1 * (double(r) - 15)));
  for (Index r = 0; r < 20; ++r)
    log_z += std::log1p(std::exp(rbm.hidden.parameters(r, 0) = 0.2 * (double(r) - 9)));
  // A million terms, each rounded to 1e-16 of about 20: the relative error of the sum is below 1e-13.
  CHECK(std::abs(exact_log_z(rbm, Cpu<double>(2)) - log_z) < 1e-11);
}

TEMPLATE_TEST_CASE("exact samples have the model's distribution", "[exact][samples][oracle]",
                   BernoulliBernoulli, CategoricalGaussian, QuinticBernoulli) {
  const auto rbm = small_rbm<TestType>(7, 1.5);
  const auto p = oracle::visible_distribution(oracle_of(rbm));
  CHECK(chi_square(exact_samples(rbm, 20'000, 3), p));
  CHECK(exact_samples(rbm, 30, 3) == exact_samples(rbm, 30, 3, Cpu<double>(3)));
  CHECK(exact_samples(rbm, 30, 3) != exact_samples(rbm, 30, 4));
  CHECK(exact_samples(rbm, 0).cols() == 0);
}

TEST_CASE("exact samples by hidden states and of two Gaussian layers", "[exact][samples]") {
  BernoulliBernoulli wide{{.visible = 6, .hidden = 2}};
  randomise(wide, 3, 1.5);
  CHECK(chi_square(exact_samples(wide, 20'000, 1), oracle::visible_distribution(oracle_of(wide))));

  GaussianGaussian rbm{{.visible = 3, .hidden = 2}};
  randomise(rbm, 4, 0.25);
  const detail::GaussianPair joint(rbm);
  const Index count = 40'000;
  const Eigen::MatrixXd v = exact_samples(rbm, count, 2);
  const Eigen::MatrixXd covariance =
      Eigen::MatrixXd(joint.variance_v_given_h.asDiagonal()) +
      joint.slope * joint.precision.solve(Eigen::MatrixXd::Identity(2, 2)) * joint.slope.transpose();
  const Eigen::MatrixXd centered = v.colwise() - joint.mean_v;
  const Eigen::MatrixXd found = centered * centered.transpose() / double(count);
  for (Index i = 0; i < 3; ++i) {
    CHECK(standard_errors(v.row(i).mean(), joint.mean_v(i), std::sqrt(covariance(i, i)), double(count)) <
          sigmas);
    for (Index j = 0; j < 3; ++j) {  // products of normal numbers: variance C_ii C_jj + C_ij^2
      const double spread = std::sqrt(covariance(i, i) * covariance(j, j) + std::pow(covariance(i, j), 2));
      CHECK(standard_errors(found(i, j), covariance(i, j), spread, double(count)) < sigmas);
    }
  }
}

TEST_CASE("exact moments and samples refuse what they can't do", "[exact][errors]") {
  const Rbm<Bernoulli, Bernoulli> large{{.visible = 31, .hidden = 32}};
  CHECK_THROWS_AS(exact_moments(large), ValueError);
  CHECK_THROWS_MATCHES(
      exact_samples(large, 1), ValueError,
      Message("exact_samples: the smaller layer has 2.14748e+09 states, expected at most 1.67772e+07"));
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  CHECK_THROWS_MATCHES(exact_samples(rbm, -1), ValueError,
                       Message("exact_samples: count is -1, expected at least 0"));
  const Eigen::MatrixXd wrong = Eigen::MatrixXd::Zero(3, 2), v = Eigen::MatrixXd::Zero(4, 2);
  CHECK_THROWS_MATCHES(exact_gradient(rbm, wrong), ShapeError,
                       Message("exact_gradient: the data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(exact_gradient(rbm, v.leftCols(0).eval()), DataError,
                       Message("exact_gradient: the data have no samples"));
  CHECK_THROWS_MATCHES(exact_gradient(rbm, v, std::vector<double>{1}), DataError,
                       Message("exact_gradient: 1 weights for 2 samples"));
  GaussianGaussian flat{{.visible = 1, .hidden = 1}};
  flat.weights(0, 0) = 1;  // the energy (v - h)^2 / 2 is flat along v = h
  CHECK_THROWS_AS(exact_moments(flat), ValueError);
  CHECK_THROWS_AS(exact_samples(flat, 1), ValueError);
}

TEST_CASE("a batch of a million samples has the exact gradient in single precision", "[exact][gradient]") {
  using Small = Rbm<Bernoulli, Bernoulli>;
  const Index n = 1000000;
  Small rbm{{.visible = 2, .hidden = 2, .seed = 3, .weight_scale = 0.5}};
  Eigen::MatrixXf v(2, n);
  Dice dice(1);
  for (Index c = 0; c < n; ++c)
    v.col(c) << (dice.uniform() < 0.7 ? 1.0f : 0.0f), (dice.uniform() < 0.9 ? 1.0f : 0.0f);
  const auto expected = exact_gradient(rbm, View<const float>(v));
  ContrastiveDivergence trainer{
      rbm,
      ContrastiveDivergenceOptions<Exact>{.batch_size = n, .centered = false, .fit_visible_biases = false},
      Cpu<float>{}};
  trainer.step({.values = v});
  double far = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto is, auto should) {
        for (Index c = 0; c < is.cols; ++c)
          for (Index r = 0; r < is.rows; ++r)
            far = std::fmax(far, std::abs(static_cast<double>(is(r, c)) - should(r, c)));
      },
      trainer.gradient(), expected);
  CHECK(far < 1e-5);
}

}  // namespace test::inference_exact_moments
