// What the ladder of a trajectory's chains knows of log Z, over a hundred seeds, and what it leaves as it is.
#include "support/ladders.hpp"
#include "support/catch.hpp"
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

// In how many of 100 seeds the 95 % interval holds the exact log Z.
template <class M>
int intervals_that_hold(const M& model, int apart, bool meet) {
  const double exact = oracle::log_z(oracle_of(model));
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const LogZEstimate estimate = ladder_to(model, 3, 50, 4, seed, apart, meet).log_z();
    REQUIRE(estimate.standard_error > 0);
    inside += std::abs(estimate.log_z - exact) < 1.96 * estimate.standard_error ? 1 : 0;
  }
  return inside;
}
}  // namespace

TEMPLATE_TEST_CASE("intervals of the ladder's log Z hold as often as they should",
                   "[trajectory][oracle][slow]", BernoulliBernoulli, BernoulliSpin, BernoulliCategorical,
                   SpinBernoulli, SpinSpin, SpinCategorical, CategoricalBernoulli, CategoricalSpin,
                   CategoricalCategorical, SpinAtMostOne, QuinticBernoulli) {
  const int inside = intervals_that_hold(strong<TestType>(3), 10, false);
  CHECK(inside >= 90);
  CHECK(inside <= 99);
}

TEST_CASE("they hold as well where blocks of a reservoir are hardly apart", "[trajectory][oracle][slow]") {
  // Then four blocks know little more than one: errors of independent draws would be half as large.
  const int inside = intervals_that_hold(strong<BernoulliBernoulli>(6), 1, false);
  CHECK(inside >= 90);
}

TEST_CASE("they nearly hold where columns share reservoirs", "[trajectory][oracle][slow]") {
  // Copies of the same member are counted as if they were independent: 88 of 100, where apart it is 90 to 99.
  const int inside = intervals_that_hold(strong<BernoulliBernoulli>(3), 10, true);
  CHECK(inside >= 85);
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
