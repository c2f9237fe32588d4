// What the ladder of a trajectory's chains knows of log Z, over a hundred seeds, and what it leaves as it is.
#include "support/ladders.hpp"

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/trials.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::long_runs_ladders {

namespace {
using BernoulliSpin = Pair<Bernoulli, Spin>;
using SpinBernoulli = Pair<Spin, Bernoulli>;
using SpinSpin = Pair<Spin, Spin>;
using SpinCategorical = Pair<Spin, Categorical>;
using CategoricalSpin = Pair<Categorical, Spin>;

template <class M>
M strong(double factor) {
  M model = small_rbm<M>(6);
  model.weights *= factor;
  return model;
}

// The 95 % interval holds the exact log Z in 90 to 99 of 100 seeds.
template <class M>
void check_intervals(const M& model, double exact, int apart = 10, bool meet = true) {
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const LogZEstimate estimate = ladder_to(model, 5, 50, 4, seed, apart, meet).log_z();
    REQUIRE(estimate.standard_error > 0);
    inside += std::abs(estimate.log_z - exact) < 1.96 * estimate.standard_error ? 1 : 0;
  }
  CHECK(inside >= 90);
  CHECK(inside <= 99);
}
}  // namespace

TEMPLATE_TEST_CASE("intervals of the ladder's log Z hold as often as they should",
                   "[trajectory][oracle][slow]", BernoulliBernoulli, BernoulliSpin, BernoulliCategorical,
                   SpinBernoulli, SpinSpin, SpinCategorical, CategoricalBernoulli, CategoricalSpin,
                   CategoricalCategorical, SpinAtMostOne, QuinticBernoulli) {
  const TestType model = strong<TestType>(2);
  check_intervals(model, oracle::log_z(oracle_of(model)));
}

TEST_CASE("they hold as well for counts, several types in a layer, and no hidden layer",
          "[trajectory][oracle][slow]") {
  SECTION("counts above") {
    Pair<Categorical, Binomial> model{{.visible = {2, 3}, .hidden = 2}};
    randomise(model, 1, 0.8);
    set_trials(model.hidden, Eigen::Vector2d(3, 1));
    check_intervals(model, exact_log_z(model));
  }
  SECTION("counts below") {
    Pair<Binomial, Spin> model{{.visible = 3, .hidden = 2}};
    randomise(model, 2, 0.6);
    set_trials(model.visible, Eigen::Vector3d(4, 1, 6));
    check_intervals(model, exact_log_z(model));
  }
  SECTION("both layers are mixed") {
    const Table model = small_model<Table>(3, 1);
    check_intervals(model, exact_log_z(model));
  }
  SECTION("a Boltzmann machine") {
    BoltzmannMachine<Spin, Cpu<double>> model{{.visible = 5}};
    randomise(model, 4, 0.8);
    const Eigen::MatrixXd symmetric = (model.weights + model.weights.transpose()) / 2;
    model.weights = symmetric;
    model.weights.diagonal().setZero();
    check_intervals(model, exact_log_z(model));
  }
}

TEST_CASE("they hold as well where blocks of a reservoir are hardly apart", "[trajectory][oracle][slow]") {
  // Then four blocks know little more than one: errors of independent draws would be half as large.
  const auto model = strong<BernoulliBernoulli>(6);
  check_intervals(model, oracle::log_z(oracle_of(model)), 1, false);
}

TEST_CASE("long runs of a ladder leave the enumerated distributions as they are",
          "[trajectory][oracle][slow]") {
  const Cpu<double> on;
  const auto model = strong<SpinSpin>(2);
  const Index columns = 1000;
  auto ladder = ladder_to(model, 3, columns, 2, 1);
  auto state = make_state(model, columns);
  auto work = make_workspace(model, columns);
  const auto chains = state.columns(0, columns);
  Draws draws{.seed = 2};
  Births born = ladder.draw(on, model, chains, draws);
  for (Index turn = 0; turn < 600; ++turn) {
    ++draws.step;
    ladder.renew(on, 1 + turn % 3, turn / 3 % 2, draws);
    ++draws.step;
    ladder.move(on, model, chains, born, work, draws);
  }
  CHECK(chi_square(state.visible, visible_distribution(oracle_of(model))));
  for (const auto& rung : ladder.rungs())
    CHECK(chi_square(rung.states, visible_distribution(oracle_of(rung.model))));
  CHECK(*std::min_element(born.begin(), born.end()) > 0);  // all were born since
}

}  // namespace test::long_runs_ladders
