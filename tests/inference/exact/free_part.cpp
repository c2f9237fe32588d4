// What is missing, given what is known, where few states are left: against sums over all of them.
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/fill_in.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::inference_exact_free_part {

namespace {

const Cpu<double> on;

// The states that agree with a sample where it is known, with their probabilities; `log_sum` is the log of
// their sum before they are normalized. `log_weight` is minus a state's free energy.
struct Completions {
  oracle::Distribution p;
  double log_sum = 0;

  template <class LogWeight>
  Completions(const std::vector<oracle::Numbers>& states, const Eigen::VectorXd& v, const Mask& known,
              LogWeight log_weight) {
    for (const oracle::Numbers& state : states) {
      bool agrees = true;
      for (Index r = 0; r < v.size(); ++r)
        agrees = agrees && (!known(r, 0) || state[static_cast<std::size_t>(r)] == v(r));
      if (!agrees) continue;
      p.states.push_back(state);
      p.probabilities.push_back(log_weight(state));
    }
    log_sum = oracle::log_sum_exp(p.probabilities);
    for (double& x : p.probabilities) x = std::exp(x - log_sum);
  }
  Eigen::VectorXd mean() const {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(static_cast<Index>(p.states[0].size()));
    for (std::size_t i = 0; i < p.states.size(); ++i)
      for (Index r = 0; r < sum.size(); ++r)
        sum(r) += p.probabilities[i] * p.states[i][static_cast<std::size_t>(r)];
    return sum;
  }
};

// Words and reals with 20 hidden units: 2^20 hidden states, infinitely many visible ones.
using WordsAndReals = Rbm<Row, Bernoulli, Cpu<double>>;
WordsAndReals words_and_reals() {
  WordsAndReals rbm{{.visible = {2, {1, 3}, 1}, .hidden = 20}};
  randomise(rbm, 3);
  return rbm;
}
// Its completions: 2 bits and a word, at the real number of the sample.
Completions completions(const WordsAndReals& rbm, const Eigen::VectorXd& v, const Mask& known) {
  std::vector<oracle::Numbers> states;
  for (const double first : {0.0, 1.0})
    for (const double second : {0.0, 1.0})
      for (int word = 0; word < 3; ++word)
        states.push_back(
            {first, second, word == 0 ? 1.0 : 0, word == 1 ? 1.0 : 0, word == 2 ? 1.0 : 0, v(5)});
  const oracle::Layer visible = mixed_oracle(rbm.visible);
  return Completions(states, v, known, [&](const oracle::Numbers& state) {
    double sum = -oracle::energy(visible, state);
    for (Index j = 0; j < rbm.hidden.rows(); ++j) {
      double field = rbm.hidden.parameters(j, 0);
      for (Index r = 0; r < v.size(); ++r) field += rbm.weights(r, j) * state[static_cast<std::size_t>(r)];
      sum += std::log1p(std::exp(field));
    }
    return sum;
  });
}

}  // namespace

TEMPLATE_TEST_CASE("few missing units are averaged over and drawn exactly", "[conditional][oracle]",
                   BernoulliBernoulli, CategoricalGaussian, SpinAtMostOne) {
  const auto rbm = small_rbm<TestType>(7, 1.0);
  const oracle::Machine machine = oracle_of(rbm);
  const Index group = rbm.visible.group, many = 20'000;
  const Eigen::MatrixXd one = some_states(rbm, 1, 4), v = one.replicate(1, many);
  Mask known = Mask::Zero(v.rows(), 1);
  known.topRows(group).setOnes();
  const Mask all_known = known.replicate(1, many);
  const Completions expected(oracle::visible_distribution(machine).states, one.col(0), known,
                             [&](const auto& state) { return -oracle::free_energy(machine, state); });
  const Eigen::MatrixXd mean = fill_in(rbm, one, known, {.average = true}, {}, on);
  CHECK(largest_difference(mean, expected.mean()) < 1e-11);
  CHECK(chi_square(fill_in(rbm, v, all_known, {.steps = 1, .seed = 2}, {}, on), expected.p));
  const auto rest = clamp(rbm, one, known);
  const auto log_sum = exact_log_sum_over_free(rest);
  REQUIRE(log_sum.has_value());
  CHECK(std::abs(*log_sum - expected.log_sum) < 1e-11);
  CHECK(exact_log_sum_over_free(rest, 1) == std::nullopt);  // more than one state is left
}

TEST_CASE("missing words of a table with real numbers are summed over if they are few",
          "[conditional][oracle][mixed]") {
  const WordsAndReals rbm = words_and_reals();
  Eigen::MatrixXd v = some_states(rbm, 6, 5);
  Mask known = Mask::Ones(6, 6);
  known.col(0) << false, true, false, false, false, true;
  known(1, 1) = false;
  known.rightCols(2) = known.col(0).replicate(1, 2);  // the same, of other samples
  known(5, 2) = false;                                // the real number: 2^20 states are left
  for (Index c = 0; c < 6; ++c)
    for (Index r = 0; r < 6; ++r)
      if (!known(r, c)) v(r, c) = NAN;
  const auto log_p = log_marginal(rbm, {.log_z = 3, .verdict = Verdict::consistent}, v, known,
                                  {.chains = 10, .betas = uniform_betas(20)}, on);
  const Eigen::MatrixXd mean = fill_in(rbm, v, known, {.steps = 20, .average = true, .burn_in = 5}, {}, on);
  for (const Index c : {0, 1, 3, 4, 5}) {
    const Completions expected = completions(rbm, v.col(c), known.col(c));
    CHECK(largest_difference(mean.col(c), expected.mean()) < 1e-11);
    CHECK(std::abs(log_p[static_cast<std::size_t>(c)].log_p - (expected.log_sum - 3)) < 1e-11);
  }
  CHECK(exact_log_sum_over_free(clamp(rbm, v.col(0).eval(), known.col(0).eval())).has_value());
  CHECK(exact_log_sum_over_free(clamp(rbm, v.col(2).eval(), known.col(2).eval())) == std::nullopt);

  // The column with a chain has the numbers that it has alone.
  const Eigen::MatrixXd alone = fill_in(rbm, v.col(2).eval(), known.col(2).eval(),
                                        {.steps = 20, .average = true, .burn_in = 5}, {}, on);
  CHECK(mean.col(2) == alone);
  CHECK(alone.topRows(5) == v.col(2).topRows(5));

  // Equal columns, side by side or not, have draws of their own.
  const Eigen::MatrixXd many = v.col(0).replicate(1, 20'000);
  Mask all_known = known.col(0).replicate(1, 20'000);
  for (const bool apart : {false, true}) {
    Eigen::MatrixXd some = many;
    Mask of_some = all_known;
    for (Index c = 0; c < (apart ? 2000 : 0); c += 2) {
      some.col(c) = v.col(3);
      of_some.col(c) = known.col(3);
    }
    const Eigen::MatrixXd x = fill_in(rbm, some, of_some, {.steps = 1, .seed = 2}, {}, on);
    CHECK(x.rightCols(18'000) == fill_in(rbm, many, all_known, {.seed = 2}, {}, on).rightCols(18'000));
    std::vector<Index> drawn;
    for (Index c = apart ? 1 : 0; c < 2000; c += apart ? 2 : 1) drawn.push_back(c);
    CHECK(chi_square(x(Eigen::all, drawn).eval(), completions(rbm, v.col(0), known.col(0)).p));
  }
}

TEST_CASE("exact means and draws hold hidden units as well", "[conditional][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(7, 1.5);
  const oracle::Machine machine = oracle_of(rbm);
  const Index many = 20'000;
  const Eigen::MatrixXd v = Eigen::MatrixXd::Constant(4, many, NAN), h = Eigen::MatrixXd::Ones(3, many);
  const Mask unknown = Mask::Zero(4, many);
  for (const bool all : {false, true}) {
    Mask held = Mask::Ones(3, many);
    if (!all) held.row(1).setZero();
    oracle::Distribution p = oracle::conditional(machine.visible, oracle::visible_input(machine, {1, 1, 1}));
    if (!all) {  // the other state of the unit that is not held
      double total = 0;
      for (std::size_t i = 0; i < p.states.size(); ++i) {
        p.probabilities[i] = 0;
        for (const double free : {0.0, 1.0})
          p.probabilities[i] += std::exp(-oracle::energy(machine, p.states[i], {1, free, 1}));
        total += p.probabilities[i];
      }
      for (double& x : p.probabilities) x /= total;
    }
    CHECK(chi_square(fill_in(rbm, v, unknown, {.steps = 1}, {.values = h, .known = held}, on), p));
    const Eigen::MatrixXd mean =
        fill_in(rbm, v, unknown, {.average = true}, {.values = h, .known = held}, on);
    for (Index r = 0; r < 4; ++r) {
      const double expected = p.expect([&](const auto& x) { return x[static_cast<std::size_t>(r)]; });
      CHECK(std::abs(mean(r, 0) - expected) < 1e-12);
      CHECK(mean(r, many - 1) == mean(r, 0));
    }
  }
}

}  // namespace test::inference_exact_free_part
