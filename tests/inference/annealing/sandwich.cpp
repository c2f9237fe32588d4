// The sandwich: its intervals contain the truth where it claims so, and it does not claim so for planted
// failures.
#include <harmonium/inference/annealing/sandwich.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace test::inference_annealing_sandwich {

namespace {

const Cpu<double> on;

}  // namespace

TEST_CASE("data in one mode do not hide the other mode", "[sandwich]") {
  const auto model = two_modes(12, 8, 1.5);
  const Eigen::MatrixXd on_only = Eigen::MatrixXd::Ones(12, 20);
  for (const double states : {65536.0, 0.0})
    CHECK(!sandwich(model, on_only, {.betas = uniform_betas(300), .exact_states = states}, on).consistent());
}

TEST_CASE("reverse chains that start outside the model's mass are detected", "[sandwich]") {
  BernoulliBernoulli model{{.visible = 8, .hidden = 6}};
  randomise(model, 3, 1.0);
  model.visible.parameters.array() += 2;
  const Eigen::MatrixXd improbable = Eigen::MatrixXd::Zero(8, 100);
  const Sandwich s = sandwich_from(model, base_rates(model), improbable, ReverseStarts::heuristic,
                                   {.betas = uniform_betas(5)}, on);
  CHECK(!s.consistent());
  CHECK(s.gap < -0.1);
  CHECK_THAT(s.reason,
             ContainsSubstring("below the forward one") && ContainsSubstring("did not start at draws"));
}

TEST_CASE("too few temperatures show in the effective sample size", "[sandwich]") {
  BernoulliBernoulli model{{.visible = 30, .hidden = 12}};
  randomise(model, 3, 1.0);
  const Sandwich s = sandwich(model, {.betas = {0, 1}}, on);
  CHECK(!s.consistent());
  CHECK(s.forward_effective < 10);
  const Sandwich better = sandwich(model, {.betas = uniform_betas(1000)}, on);
  CHECK(better.consistent());
  CHECK(std::abs(better.log_z - exact_log_z(model, on)) < 5 * better.standard_error);
  CHECK(better.standard_error < 0.1);
  CHECK_THAT(better.reason, ContainsSubstring("exact draws"));
}

TEST_CASE("errors of known weights are right", "[sandwich]") {
  // Log weights normal about log Z -+ s^2 / 2 with variance s^2 are consistent. The true spread of the
  // estimates is measured over 400 repetitions (its own relative error is 1 / sqrt(800)), and the bootstrap
  // must reproduce it.
  const double s = 0.8, log_z = 7;
  Dice dice(4);
  Eigen::VectorXd forward(100), reverse(100);
  double sums[3] = {}, squares[3] = {}, told[3] = {};
  const int repetitions = 400;
  for (int i = 0; i < repetitions; ++i) {
    for (double& x : forward) x = log_z - s * s / 2 + s * dice.normal();
    for (double& y : reverse) y = log_z + s * s / 2 + s * dice.normal();
    const Sandwich both = sandwich_of(forward, reverse, ReverseStarts::exact, {.resamples = 100});
    const double values[3] = {both.forward.log_z, both.reverse.log_z, both.log_z};
    const double errors[3] = {both.forward.standard_error, both.reverse.standard_error, both.standard_error};
    for (int k = 0; k < 3; ++k) {
      sums[k] += values[k] - log_z;
      squares[k] += std::pow(values[k] - log_z, 2);
      told[k] += errors[k] / repetitions;
    }
  }
  for (int k = 0; k < 3; ++k) {
    INFO("estimate " << k);
    const double spread = std::sqrt(squares[k] / repetitions);
    // bias (e^(s^2) - 1) / 200 = 0.0045, and chance 5 * 0.0048
    CHECK(std::abs(sums[k] / repetitions) < 0.03);
    CHECK(std::abs(told[k] / spread - 1) < 0.2);
  }
  CHECK(squares[2] < 0.8 * squares[0]);  // both sides together are better than one
}

TEST_CASE("sums of exponentials", "[sandwich]") {
  Eigen::VectorXd x(3);
  x << 1000, 1000 + std::log(2.0), 1000 + std::log(3.0);
  CHECK(std::abs(log_mean_exp(x) - (1000 + std::log(2.0))) < 1e-12);
  CHECK(std::abs(effective_sample_size(x) - 36.0 / 14.0) < 1e-12);
  CHECK(log_mean_exp(Eigen::VectorXd()) == -INFINITY);
  CHECK(effective_sample_size(Eigen::VectorXd()) == 0);
  x(0) = INFINITY;
  CHECK(log_mean_exp(x) == INFINITY);
}

TEST_CASE("two Gaussian layers have their closed form, or are refused", "[sandwich]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    GaussianGaussian rbm{{.visible = 5, .hidden = 4}};
    randomise(rbm, seed, 0.15);
    const Sandwich s = sandwich(rbm, {.chains = 100, .betas = uniform_betas(50), .seed = seed}, on);
    CHECK(s.consistent());
    CHECK(std::abs(s.log_z - exact_log_z(rbm)) < 5 * s.standard_error);
  }
  GaussianGaussian flat{{.visible = 1, .hidden = 1}};
  flat.weights(0, 0) = 1.5;
  CHECK_THROWS_AS(sandwich(flat, {}, on), ValueError);
  // Without a closed form the weights show it: the energy of v h > 0 is unbounded below.
  Rbm<Gaussian, Rectified, Cpu<double>> half{{.visible = 1, .hidden = 1}};
  half.weights(0, 0) = 1.5;
  CHECK(!sandwich(half, {.betas = uniform_betas(300)}, on).consistent());
}

TEST_CASE("likelihoods by an estimate of log Z", "[sandwich]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 5, 2);
  CHECK(largest_difference(log_likelihood(rbm, v, exact_log_z(rbm)), exact_log_likelihood(rbm, v)) < 1e-12);
}

TEST_CASE("a sandwich is the same with any number of threads and in device memory", "[sandwich][backend]") {
  BernoulliBernoulli b{{.visible = 6, .hidden = 5}};
  randomise(b, 2);
  const auto a = convert<Device>(b);
  const Eigen::MatrixXd data = some_states(b, 9, 1);
  DeviceMatrix<double> there(6, 9);
  Device{}.upload(View<const double>(data), there);
  for (const double states : {65536.0, 0.0}) {
    const SandwichOptions options{.betas = uniform_betas(40), .exact_states = states, .start_steps = 5};
    const Sandwich of_b = sandwich(b, data, options, on), of_a = sandwich(a, there, options),
                   again = sandwich(b, data, options, Cpu<double>(3));
    CHECK(of_a.log_z == of_b.log_z);
    CHECK(of_a.standard_error == of_b.standard_error);
    CHECK(of_a.reason == of_b.reason);
    CHECK(again.log_z == of_b.log_z);
    CHECK(again.reason == of_b.reason);
  }
}

TEST_CASE("a sandwich refuses what makes no sense", "[sandwich][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  CHECK_THROWS_MATCHES(sandwich(rbm, {.chains = 9}), ValueError,
                       Message("sandwich: chains is 9, expected at least 10"));
  CHECK_THROWS_MATCHES(sandwich(rbm, {.start_steps = 0}), ValueError,
                       Message("sandwich: start_steps is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(sandwich(rbm, {.resamples = 5}), ValueError,
                       Message("sandwich: resamples is 5, expected at least 50"));
  CHECK_THROWS_AS(sandwich(rbm, {.tolerance = -1}), ValueError);
  const Eigen::MatrixXd wrong = Eigen::MatrixXd::Zero(3, 20), few = Eigen::MatrixXd::Zero(4, 9);
  CHECK_THROWS_AS(sandwich(rbm, wrong), ShapeError);
  CHECK_THROWS_MATCHES(sandwich_from(rbm, base_rates(rbm), few), ShapeError,
                       Message("sandwich: the starts are 4 x 9, expected 4 rows and at least 10 columns"));
  CHECK_THROWS_AS(sandwich_of(Eigen::VectorXd::Zero(10), Eigen::VectorXd::Zero(9), ReverseStarts::exact),
                  ValueError);
}

}  // namespace test::inference_annealing_sandwich
