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

// Modes "all off" and "all on" of nearly the same probability with a wide valley between them: the biases of
// single units lead into the first.
BernoulliBernoulli two_modes(Index visible, Index hidden, double weight) {
  BernoulliBernoulli model{{.visible = visible, .hidden = hidden}};
  model.weights.setConstant(weight);
  model.visible.parameters.setConstant(-0.5 * weight * static_cast<double>(hidden));
  model.hidden.parameters.setConstant(-0.5 * weight * static_cast<double>(visible));
  return model;
}

// Half of the columns in each mode.
Eigen::MatrixXd each_mode(const BernoulliBernoulli& model, Index columns) {
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(model.visible.rows(), columns);
  v.leftCols(columns / 2).setOnes();
  return v;
}

struct Coverage {
  double held = 0, consistent = 0, confidently_wrong = 0;
  void add(const Sandwich& s, double log_z) {
    if (!s.consistent()) return;
    ++consistent;
    held += s.low() <= log_z && log_z <= s.high();
    confidently_wrong += std::abs(s.log_z - log_z) > 5 * s.standard_error + 0.02;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("consistent intervals hold the truth in 90 to 99 of 100 runs", "[sandwich][oracle][slow]",
                   BernoulliBernoulli, CategoricalBernoulli) {
  // 300 models of all temperatures; exact starts, and starts that chains have to find.
  for (const double states : {65536.0, 0.0}) {
    if (states == 0 && !std::is_same_v<TestType, BernoulliBernoulli>) continue;
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      TestType rbm({.visible = small<typename decltype(TestType::visible)::Unit>(8), .hidden = 6});
      randomise(rbm, seed, 0.3 + 0.005 * static_cast<double>(seed), 1.0);
      coverage.add(sandwich(rbm,
                            {.betas = uniform_betas(60),
                             .seed = seed,
                             .exact_states = states,
                             .start_steps = 100,
                             .resamples = 100},
                            on),
                   exact_log_z(rbm, on));
    }
    INFO(coverage.held << " of " << coverage.consistent << " consistent runs, exact up to " << states
                       << " states");
    CHECK(coverage.consistent > 150);
    CHECK(coverage.held >= 0.90 * coverage.consistent);
    CHECK(coverage.held <= 0.99 * coverage.consistent);
    CHECK(coverage.confidently_wrong == 0);
  }
}

TEST_CASE("two modes of which annealing sees one are inconsistent", "[sandwich][slow]") {
  for (const auto& model : {two_modes(6, 3, 3), two_modes(20, 10, 2), two_modes(12, 8, 1.5)}) {
    const double log_z = exact_log_z(model, on);
    for (const Index steps : {100, 1000}) {
      const SandwichOptions options{.betas = uniform_betas(steps), .seed = 3};
      // The trap: forward chains agree with each other, and with reverse chains from the mode they see.
      const Eigen::MatrixXd off = Eigen::MatrixXd::Zero(model.visible.rows(), 100);
      const Sandwich trapped =
          sandwich_from(model, base_rates(model), off, ReverseStarts::heuristic, options, on);
      CHECK(std::abs(trapped.forward.log_z - log_z) > 0.5);
      CHECK(trapped.forward.standard_error < 0.01);

      const Sandwich by_modes = sandwich_from(model, base_rates(model), each_mode(model, 100),
                                              ReverseStarts::heuristic, options, on);
      CHECK(!by_modes.consistent());
      CHECK_THAT(by_modes.reason, ContainsSubstring("annealing misses modes"));
      CHECK(!sandwich(model, options, on).consistent());  // exact starts
      auto large = options;
      large.exact_states = 0;  // chains that search for modes themselves
      CHECK(!sandwich(model, large, on).consistent());
      large.start_steps = 1;
      CHECK(!sandwich(model, large, on).consistent());
    }
  }
}

TEST_CASE("data in one mode do not hide the other mode", "[sandwich]") {
  const auto model = two_modes(12, 8, 1.5);
  const Eigen::MatrixXd on_only = Eigen::MatrixXd::Ones(12, 20);
  for (const double states : {65536.0, 0.0})
    CHECK(!sandwich(model, on_only, {.betas = uniform_betas(300), .exact_states = states}, on).consistent());
}

TEST_CASE("models at low temperatures are right or inconsistent", "[sandwich][slow]") {
  // Random models whose weights grow until chains hardly move. Chains start in each mode: at exact draws.
  Index consistent = 0, inconsistent = 0, missed = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    BernoulliBernoulli model{{.visible = 10, .hidden = 6}};
    randomise(model, seed, 2.0 + 0.5 * static_cast<double>(seed % 30), 3.0);
    const double log_z = exact_log_z(model, on);
    const Sandwich s = sandwich(model, {.betas = uniform_betas(10), .seed = seed}, on);
    (s.consistent() ? consistent : inconsistent) += 1;
    missed += std::abs(s.forward.log_z - log_z) > 0.5;
    INFO("seed " << seed << ": " << s.log_z << " +- " << s.standard_error << " for " << log_z << "; "
                 << s.reason);
    if (s.consistent()) CHECK(std::abs(s.log_z - log_z) < 5 * s.standard_error + 0.02);
  }
  CHECK(missed >= 10);  // the forward estimate alone is often far off
  CHECK(inconsistent >= missed);
  // A ferromagnet far below its critical temperature in a field that points the wrong way for single units.
  CHECK(!sandwich(two_modes(16, 16, 4), {.exact_states = 0}, on).consistent());
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
    const Sandwich s = sandwich(rbm, {.betas = uniform_betas(50), .seed = seed}, on);
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
