// What a monitor measures, and when it warns: models with known faults.
#include <harmonium/observers/monitor.hpp>

#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/layers.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace test::observers_monitor {

namespace {
const Cpu<double> on;

EpochReport look(auto& monitor, int epoch = 1) {
  EpochReport report{.epoch = epoch, .epochs = 9};
  monitor(report);
  return report;
}
}  // namespace

TEST_CASE("a monitor measures what it claims", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 40, 2), w = some_states(rbm, 30, 3);
  const Dataset train(v), held_out(w);
  Monitor monitor{rbm, train, held_out, {.samples = 20}, on};
  const EpochReport report = look(monitor);
  CHECK(report.warnings.empty());
  CHECK_THAT(report.metric("weight_norm"), WithinAbs(rbm.weights.norm(), 1e-12));
  Eigen::MatrixXd even(4, 20), others(4, 20);  // evenly spread
  for (Index c = 0; c < 20; ++c) {
    even.col(c) = v.col(2 * c);
    others.col(c) = w.col(c * 30 / 20);
  }
  CHECK_THAT(report.metric("free_energy_gap"),
             WithinAbs(free_energy(rbm, others).mean() - free_energy(rbm, even).mean(), 1e-12));
  CHECK_THAT(report.metric("pseudo_likelihood"),
             WithinAbs(stochastic_pseudo_likelihood(rbm, even, {.seed = 0, .step = 1}, on).mean(), 1e-12));
  CHECK(report.metric("constant_units") == 0);
  Monitor of_matrices{rbm, v, w, {.samples = 20}, on};
  CHECK(look(of_matrices).metrics == report.metrics);

  rbm.hidden.parameters << -30, 0, 30;  // one never on, one always
  const EpochReport stuck = look(monitor);
  CHECK_THAT(stuck.metric("dead_units"), WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(stuck.metric("saturated_units"), WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(stuck.metric("constant_units"), WithinAbs(2.0 / 3, 1e-12));
  CHECK(stuck.warnings.empty());
}

TEST_CASE("a monitor warns of codes that are all constant", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  rbm.hidden.parameters.setConstant(-30);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  const auto warnings = look(monitor).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("all codes are constant"));
}

TEST_CASE("a monitor warns of parameters that are not numbers", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  rbm.weights(1, 1) = std::nan("");
  const auto warnings = look(monitor).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("infinite or not numbers"));
}

TEST_CASE("a monitor warns of over-fitting when the gap has been higher than ever for some epochs",
          "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Dataset train(Eigen::MatrixXd(Eigen::MatrixXd::Ones(4, 5))),
      held_out(Eigen::MatrixXd(Eigen::MatrixXd::Zero(4, 5)));
  Monitor monitor{rbm, train, held_out, {.patience = 2}, on};
  const auto warned = [&](int epoch, double bias) {
    rbm.visible.parameters.col(0).setConstant(bias);  // the higher, the better for training samples only
    const EpochReport report = look(monitor, epoch);
    for (const std::string& warning : report.warnings)
      if (warning.find("over-fitting") != std::string::npos) return true;
    return false;
  };
  CHECK_FALSE(warned(1, 0));
  CHECK_FALSE(warned(2, 0.5));
  CHECK(warned(3, 1));
  CHECK_FALSE(warned(4, 0.8));
  CHECK_FALSE(warned(5, 0.9));  // it grows, but has been higher
  CHECK_FALSE(warned(6, 1.5));
  CHECK(warned(7, 1.6));
  CHECK_FALSE(warned(1, 2));  // a new run
}

TEST_CASE("a monitor warns of a rate too high for Gaussian units", "[monitors]") {
  GaussianBernoulli rbm = small_rbm<GaussianBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  rbm.weights *= 30;                         // far from the data
  CHECK(look(monitor, 1).warnings.empty());  // anything is allowed in the first epoch
  const auto warnings = look(monitor, 2).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("Hinton, 2010"));
  CHECK_THROWS_AS(look(monitor).metric("pseudo_likelihood"), ValueError);  // infinitely many states
}

TEST_CASE("what a monitor adds reaches later observers and the history", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  EpochReport report{.epoch = 1, .epochs = 1};
  notify(monitor, report);
  double seen = 0;
  auto after = [&](const EpochReport& later) { seen = later.metric("weight_norm"); };
  notify(after, report);
  CHECK_THAT(seen, WithinAbs(rbm.weights.norm(), 1e-12));
}

TEST_CASE("a monitor refuses options and sets that make no sense", "[monitors][errors]") {
  const BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  using M = Monitor<BernoulliBernoulli>;
  const Dataset good(some_states(rbm, 40, 2)), low(Eigen::MatrixXd(Eigen::MatrixXd::Zero(3, 5))),
      none(Eigen::MatrixXd(4, 0));
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES((M{rbm, good, {.samples = 1}, on}), ValueError,
                       Message("Monitor: samples is 1, expected at least 2"));
  CHECK_THROWS_MATCHES((M{rbm, good, {.patience = 0}, on}), ValueError,
                       Message("Monitor: patience is 0, expected at least 1"));
  CHECK_THROWS_MATCHES((M{rbm, low, {}, on}), ShapeError,
                       Message("Monitor: the training data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES((M{rbm, good, none, {}, on}), DataError,
                       Message("Monitor: the held-out data have no samples"));
}

}  // namespace test::observers_monitor
