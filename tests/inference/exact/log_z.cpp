#include <harmonium/inference/exact/log_z.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::inference_exact_log_z {

// Sums of fewer than 1e6 positive terms: 1e-11 is thousands of roundings.
TEMPLATE_TEST_CASE("log Z and log likelihood are those of the enumeration", "[exact][oracle]",
                   BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical, GaussianBernoulli,
                   GaussianCategorical, CategoricalBernoulli, CategoricalGaussian, CategoricalCategorical,
                   SpinAtMostOne, QuinticBernoulli, PlainGaussianQuintic, (Rbm<Spin, Rectified, Cpu<double>>),
                   (Rbm<Poisson, Spin, Cpu<double>>), (Rbm<Rectified, Bernoulli, Cpu<double>>),
                   (Rbm<Categorical, Poisson, Cpu<double>>), (Rbm<Categorical, Drelu, Cpu<double>>)) {
  for (std::uint64_t seed = 1; seed <= models_to_try<TestType>(40); ++seed) {
    const auto rbm = small_rbm<TestType>(seed, 0.3 + 0.05 * static_cast<double>(seed));
    const oracle::Machine machine = oracle_of(rbm);
    const double log_z = oracle::log_z(machine);
    CHECK_THAT(exact_log_z(rbm, Cpu<double>(1)), WithinAbs(log_z, 1e-11));
    const Eigen::MatrixXd v = some_states(rbm, 5, 2);
    const Eigen::VectorXd likelihood = exact_log_likelihood(rbm, v);
    REQUIRE(likelihood.size() == 5);
    for (Index c = 0; c < 5; ++c)
      CHECK_THAT(likelihood(c), WithinAbs(-oracle::free_energy(machine, column_of(v, c)) - log_z, 1e-11));
  }
}

TEMPLATE_TEST_CASE("probabilities of all visible states sum to one", "[exact]", BernoulliBernoulli,
                   BernoulliGaussian, CategoricalCategorical, SpinAtMostOne) {
  const auto rbm = small_rbm<TestType>(2);
  Eigen::MatrixXd all(rbm.visible.rows(), static_cast<Index>(state_count(rbm.visible)));
  write_states(rbm.visible, 0, View<double>(all));
  CHECK_THAT(exact_log_likelihood(rbm, all).array().exp().sum(), WithinAbs(1, 1e-12));
}

// Weighted by +1/n and by -p(v), statistics of samples and of all visible states are the likelihood's
// gradient.
TEST_CASE("the likelihood of categorical units with dReLU hidden units has the slopes of its gradient",
          "[exact][oracle]") {
  using R = Rbm<Categorical, Drelu, Cpu<double>>;
  R rbm({.visible = {.units = 2, .states = 3}, .hidden = 2});
  randomise(rbm, 4, 0.7, 0.5, 0.6);
  const Eigen::MatrixXd samples = some_states(rbm, 4, 5);
  Eigen::MatrixXd v(6, 13), all(6, 9), weights(1, 13);
  write_states(rbm.visible, 0, View<double>(all));
  v << samples, all;
  weights << Eigen::RowVectorXd::Constant(4, 0.25),
      -exact_log_likelihood(rbm, all).array().exp().matrix().transpose();
  auto state = make_state(rbm, 13);
  auto work = make_workspace(rbm, 13);
  state.visible = v;
  refresh(Cpu<double>(1), rbm, state.columns(0, 13));
  R gradient = rbm;
  set_statistics(Cpu<double>(1), rbm, state.columns(0, 13), View<const double>(weights), 0, gradient, work);
  CHECK(worst_slope(rbm, flatten(gradient),
                    [&](const R& at) { return exact_log_likelihood(at, samples).mean(); }) < 1e-9);
}

TEST_CASE("log Z is the same by the visible and by the hidden states", "[exact][oracle]") {
  for (const auto& [visible, hidden] : {std::pair{2, 9}, std::pair{9, 2}, std::pair{1, 1}}) {
    BernoulliBernoulli rbm{{.visible = visible, .hidden = hidden}};
    randomise(rbm, 3, 1.0);
    const double log_z = oracle::log_z(oracle_of(rbm));
    CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-11));
    CHECK_THAT(detail::log_z_by_visible(rbm, Cpu<double>{}), WithinAbs(log_z, 1e-11));
    CHECK_THAT(detail::log_z_by_hidden(rbm, Cpu<double>{}), WithinAbs(log_z, 1e-11));
  }
}

TEST_CASE("log Z is summed over several blocks of states, with any number of threads", "[exact]") {
  BernoulliBernoulli rbm{{.visible = 40, .hidden = 13}};  // 8192 states: two blocks
  // Without weights units are independent, and Z is a product.
  rbm.weights.setZero();
  double log_z = 0;
  for (Index r = 0; r < 40; ++r)
    log_z += std::log(1 + std::exp(rbm.visible.parameters(r, 0) = 0.1 * (double(r) - 20)));
  for (Index r = 0; r < 13; ++r)
    log_z += std::log(1 + std::exp(rbm.hidden.parameters(r, 0) = -0.2 * double(r)));
  CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-10));
  randomise(rbm, 4, 0.3);
  CHECK(exact_log_z(rbm, Cpu<double>(1)) == exact_log_z(rbm, Cpu<double>(3)));
}

TEST_CASE("log Z of two Gaussian layers is the integral over both", "[exact][oracle]") {
  for (const auto& [visible, hidden] : {std::pair{1, 1}, std::pair{2, 1}, std::pair{1, 2}, std::pair{2, 2}}) {
    GaussianGaussian rbm{{.visible = visible, .hidden = hidden}};
    randomise(rbm, static_cast<std::uint64_t>(10 * visible + hidden), 0.25);
    // 11 standard deviations cover means below 2 and tails down to e^-32; the grid's error is 2 exp(-2 pi^2 /
    // 0.7^2).
    oracle::Machine machine = oracle_of(rbm);
    for (oracle::Layer* layer : {&machine.visible, &machine.hidden}) {
      layer->units.clear();
      const auto& own = layer == &machine.visible ? rbm.visible : rbm.hidden;
      for (Index r = 0; r < own.rows(); ++r)
        layer->units.push_back(oracle::gaussian(own.parameters(r, 1), 11, 0.7));
    }
    INFO(visible << " and " << hidden << " units");
    const double log_z = oracle::log_z(machine);
    CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-9));
    const Eigen::MatrixXd v = some_states(rbm, 2, 2);
    for (Index c = 0; c < 2; ++c)
      CHECK_THAT(exact_log_likelihood(rbm, v)(c),
                 WithinAbs(-oracle::free_energy(oracle_of(rbm), column_of(v, c)) - log_z, 1e-9));
  }
}

TEST_CASE("log Z of Gaussian layers whose energy has no bottom is an error", "[exact][errors]") {
  GaussianGaussian rbm{{.visible = 4, .hidden = 1, .weight_scale = 0}};
  rbm.weights << 0.5, 0.5, 0.5, 0.25;
  // The remaining precision of the hidden unit is 1 - 0.8125: the determinant of the joint precision matrix.
  CHECK_THAT(exact_log_z(rbm), WithinAbs(0.5 * (5 * std::log(6.283185307179586) - std::log(0.1875)), 1e-12));
  const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(4, 1);
  for (const double weight : {0.5, 0.75, 5.0}) {  // with 0.5 the energy is flat along a line
    rbm.weights(3, 0) = weight;
    CHECK_THROWS_AS(exact_log_z(rbm), ValueError);
    CHECK_THROWS_WITH(exact_log_z(rbm), Catch::Matchers::StartsWith("log_z: the model can't be normalized"));
    CHECK_THROWS_AS(exact_log_likelihood(rbm, v), ValueError);
  }
}

TEST_CASE("log Z that is not finite is an error", "[exact][errors]") {
  const auto message =
      Catch::Matchers::StartsWith("log_z: the model can't be normalized in double precision");
  Rbm<Bernoulli, Poisson, Cpu<double>> counts{{.visible = 3, .hidden = 2}};
  counts.weights.setConstant(300);  // a rate of e^900 once all three are on, of e^600 with two
  CHECK_THROWS_WITH(exact_log_z(counts), message);
  counts.weights.setConstant(200);
  CHECK_THAT(exact_log_z(counts), Catch::Matchers::WithinRel(2 * std::exp(600), 1e-12));
  Rbm<Bernoulli, Exponential, Cpu<double>> waits{{.visible = 3, .hidden = 1}};
  waits.weights.setConstant(0.3);  // the rate is 1 - 0.9
  CHECK(std::isfinite(exact_log_z(waits)));
  waits.weights.setConstant(0.4);
  CHECK_THROWS_WITH(exact_log_z(waits), message);
}

TEST_CASE("exact sums work in double precision whatever the model's numbers are", "[exact]") {
  Rbm<Bernoulli, Bernoulli> narrow{{.visible = 8, .hidden = 6}};
  randomise(narrow, 3);
  CHECK(exact_log_z(narrow) == exact_log_z(convert<Cpu<double>>(narrow)));
  const Eigen::MatrixXf v = some_states(narrow, 4, 1);
  const Eigen::MatrixXd wide = v.cast<double>();
  CHECK(exact_log_likelihood(narrow, v) == exact_log_likelihood(convert<Cpu<double>>(narrow), wide));
}

TEST_CASE("exact sums over too many states are refused", "[exact][errors]") {
  const Rbm<Bernoulli, Bernoulli> rbm{{.visible = 31, .hidden = 32}};
  CHECK_THROWS_AS(exact_log_z(rbm), ValueError);
  CHECK_THROWS_WITH(exact_log_z(rbm), Catch::Matchers::StartsWith("exact: the layer has 2.14748e+09 states"));
  const Rbm<Rectified, Bernoulli> slow{{.visible = 3, .hidden = 27}};  // neither finite nor split
  CHECK_THROWS_WITH(exact_log_z(slow),
                    Catch::Matchers::StartsWith("exact: the layer has 1.34218e+08 states"));
  const Rbm<Bernoulli, Bernoulli> huge{{.visible = 2000, .hidden = 2000}};
  CHECK_THROWS_AS(exact_log_z(huge), ValueError);
  const Eigen::MatrixXf v(26, 1);
  CHECK_THROWS_MATCHES(exact_log_likelihood(rbm, v), ShapeError,
                       Message("exact_log_likelihood: the data have 26 rows, the model has 31"));
}

}  // namespace test::inference_exact_log_z
