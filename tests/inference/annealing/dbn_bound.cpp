// The bound on a DBN's likelihood against sums over all states of its layers.
#include <harmonium/inference/annealing/dbn_bound.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_annealing_dbn_bound {

namespace {

const Cpu<double> on;
using Deep = Dbn<Stack<Categorical, Bernoulli>, Cpu<double>>;

struct Truth {
  double log_p, bound;
};

// Sums over the states of layers i and above, x being the state of layer i: log of the sum of p(x | ...)
// p(top), times Z of the top RBM, and the expectation over q of the logarithms.
Truth by_enumeration(const std::vector<oracle::Machine>& machines, std::size_t i, const oracle::Numbers& x) {
  if (i + 1 == machines.size()) {
    const double f = -oracle::free_energy(machines[i], x);
    return {f, f};
  }
  const oracle::Machine& machine = machines[i];
  const auto q = oracle::conditional(machine.hidden, oracle::hidden_input(machine, x));
  oracle::Numbers terms;
  double bound = 0;
  for (std::size_t k = 0; k < q.states.size(); ++k) {
    const oracle::Numbers down = oracle::visible_input(machine, q.states[k]);
    const double log_p = -oracle::energy(machine.visible, x) + oracle::dot(down, x) -
                         oracle::log_partition(machine.visible, down);
    const Truth above = by_enumeration(machines, i + 1, q.states[k]);
    terms.push_back(log_p + above.log_p);
    bound += q.probabilities[k] * (log_p - std::log(q.probabilities[k]) + above.bound);
  }
  return {oracle::log_sum_exp(terms), bound};
}

}  // namespace

TEST_CASE("the bound is the enumerated one, below the likelihood", "[dbn][bound][oracle]") {
  Deep dbn{{GroupedSize{.units = 2, .states = 3}, 3, 3, 2}};
  randomise(dbn, 5, 0.9);
  const std::vector<oracle::Machine> machines{oracle_of(std::get<CategoricalBernoulli>(dbn.rbms[0])),
                                              oracle_of(std::get<BernoulliBernoulli>(dbn.rbms[1])),
                                              oracle_of(std::get<BernoulliBernoulli>(dbn.rbms[2]))};
  const double log_z = oracle::log_z(machines[2]);
  const Eigen::MatrixXd v = some_states(std::get<CategoricalBernoulli>(dbn.rbms[0]), 6, 2);
  double likelihood = 0, expected = 0;
  for (Index c = 0; c < 6; ++c) {
    const Truth truth = by_enumeration(machines, 0, column_of(v, c));
    likelihood += (truth.log_p - log_z) / 6;
    expected += (truth.bound - log_z) / 6;
    const Eigen::MatrixXd one = v.col(c);
    const DbnBound found = log_likelihood_bound(dbn, one, log_z, {.samples = 3000, .seed = 4}, on);
    CHECK(found.standard_error > 1e-4);
    CHECK(std::abs(found.mean - (truth.bound - log_z)) < sigmas * found.standard_error);
    const DbnBound tight =
        log_likelihood_bound(dbn, one, log_z, {.samples = 3000, .seed = 4, .importance_weighted = true}, on);
    CHECK(std::abs(tight.mean - (truth.log_p - log_z)) < sigmas * tight.standard_error);
  }
  REQUIRE(expected < likelihood - 0.01);
  const DbnBound all = log_likelihood_bound(dbn, v, log_z, {.samples = 500, .seed = 1}, on);
  CHECK(all.bounds.size() == 6);
  CHECK(std::abs(all.bounds.mean() - all.mean) < 1e-12);
  CHECK(std::abs(all.mean - expected) < sigmas * all.standard_error);
  CHECK(log_likelihood_bound(dbn, v, log_z, {.samples = 500, .seed = 1}, Cpu<double>(3)).bounds ==
        all.bounds);
}

TEST_CASE("over many models the bound is neither too high nor too low", "[dbn][bound][oracle]") {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Deep dbn{{GroupedSize{.units = 2, .states = 3}, 3, 2}};
    randomise(dbn, seed, 0.8);
    const std::vector<oracle::Machine> machines{oracle_of(std::get<CategoricalBernoulli>(dbn.rbms[0])),
                                                oracle_of(std::get<BernoulliBernoulli>(dbn.rbms[1]))};
    const double log_z = oracle::log_z(machines[1]);
    const Eigen::MatrixXd v = some_states(std::get<CategoricalBernoulli>(dbn.rbms[0]), 1, seed);
    const DbnBound found = log_likelihood_bound(dbn, v, log_z, {.samples = 200, .seed = seed}, on);
    const double off =
        (found.mean - by_enumeration(machines, 0, column_of(v, 0)).bound + log_z) / found.standard_error;
    CHECK(std::abs(off) < 6);  // 200 numbers of few values are not quite normal
    sum += off;
  }
  CHECK(std::abs(sum) < sigmas * std::sqrt(200));
}

TEST_CASE("the bound with a top RBM's sandwich", "[dbn][bound]") {
  Deep dbn{{GroupedSize{.units = 2, .states = 3}, 4, 3}};
  randomise(dbn, 6, 0.8);
  const auto& top = std::get<BernoulliBernoulli>(dbn.rbms[1]);
  const Eigen::MatrixXd v = some_states(std::get<CategoricalBernoulli>(dbn.rbms[0]), 30, 2);
  for (const double states : {65536.0, 0.0}) {
    const Sandwich s =
        sandwich(dbn, v, {.betas = uniform_betas(100), .exact_states = states, .start_steps = 50}, on);
    CHECK(s.consistent());
    CHECK(std::abs(s.log_z - exact_log_z(top)) < 5 * s.standard_error);
  }
  CHECK(sandwich(dbn, Eigen::MatrixXd(), {.betas = uniform_betas(100)}, on).consistent());
}

TEST_CASE("for a single RBM the bound is the likelihood", "[dbn][bound]") {
  Deep dbn{{GroupedSize{.units = 2, .states = 3}, 4}};
  randomise(dbn, 6, 0.8);
  const auto& rbm = std::get<CategoricalBernoulli>(dbn.rbms[0]);
  const Eigen::MatrixXd v = some_states(rbm, 7, 2);
  const DbnBound bound = log_likelihood_bound(dbn, v, exact_log_z(rbm), {}, on);
  CHECK(largest_difference(bound.bounds, exact_log_likelihood(rbm, v)) < 1e-12);
  CHECK(bound.standard_error < 1e-12);
}

TEST_CASE("the bound refuses what makes no sense", "[dbn][bound][errors]") {
  const Deep dbn{{GroupedSize{.units = 2, .states = 3}, 4}};
  const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(5, 2);
  CHECK_THROWS_MATCHES(log_likelihood_bound(dbn, v, 0), ShapeError,
                       Message("log_likelihood_bound: the data have 5 rows, the model has 6"));
  CHECK_THROWS_AS(sandwich(dbn, v), ShapeError);
  const Eigen::MatrixXd good = Eigen::MatrixXd::Zero(6, 2);
  CHECK_THROWS_MATCHES(log_likelihood_bound(dbn, good, 0, {.samples = 1}), ValueError,
                       Message("log_likelihood_bound: samples is 1, expected at least 2"));
  CHECK_THROWS_AS(log_likelihood_bound(Deep{}, good, 0), ShapeError);
  CHECK_THROWS_AS(sandwich(Deep{}, good), ShapeError);
}

}  // namespace test::inference_annealing_dbn_bound
