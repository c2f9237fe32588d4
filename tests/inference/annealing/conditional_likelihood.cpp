// Conditional queries against sums over all states.
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/inference/fill_in.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace test::inference_annealing_conditional_likelihood {

namespace {

const Cpu<double> on;

// Does a state agree with a sample in the marked rows?
bool agrees(const oracle::Numbers& state, const Eigen::MatrixXd& v, const Mask& mask, Index column) {
  for (Index r = 0; r < v.rows(); ++r)
    if (mask(r, column) && state[static_cast<std::size_t>(r)] != v(r, column)) return false;
  return true;
}

// A mask that marks whole units, each with a given probability.
Mask random_mask(Index rows, Index group, Index cols, double share, Dice& dice) {
  Mask mask(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; r += group) mask.col(c).segment(r, group).setConstant(dice.uniform() < share);
  return mask;
}

Mask without(const Mask& a, const Mask& b) { return (a.array() && !b.array()).matrix(); }

}  // namespace

TEMPLATE_TEST_CASE("log p(a | b) is that of the enumeration", "[conditional][oracle]", BernoulliBernoulli,
                   CategoricalGaussian, SpinAtMostOne) {
  Dice dice(3);
  for (std::uint64_t seed = 1; seed <= models_to_try<TestType>(100); ++seed) {
    const auto rbm = small_rbm<TestType>(seed, 1.0);
    const auto p = oracle::visible_distribution(oracle_of(rbm));
    const Eigen::MatrixXd v = some_states(rbm, 5, seed);
    const Mask b = random_mask(v.rows(), rbm.visible.group, 5, 0.4, dice);
    const Mask a = without(random_mask(v.rows(), rbm.visible.group, 5, 0.5, dice), b);
    const auto found = log_conditional(rbm, v, a, b, {}, on);
    const auto marginal = log_marginal(rbm, v, a, {}, on);
    REQUIRE(found.size() == 5);
    for (Index c = 0; c < 5; ++c) {
      double p_b = 0, p_ab = 0, p_a = 0;
      for (std::size_t i = 0; i < p.states.size(); ++i) {
        const bool in_a = agrees(p.states[i], v, a, c), in_b = agrees(p.states[i], v, b, c);
        p_a += in_a ? p.probabilities[i] : 0;
        p_b += in_b ? p.probabilities[i] : 0;
        p_ab += in_a && in_b ? p.probabilities[i] : 0;
      }
      const auto& own = found[static_cast<std::size_t>(c)];
      CHECK(std::abs(own.log_p - std::log(p_ab / p_b)) < 1e-11);
      CHECK((own.exact && own.consistent() && own.standard_error == 0));
      CHECK(std::abs(marginal[static_cast<std::size_t>(c)].log_p - std::log(p_a)) < 1e-11);
    }
  }
}

TEST_CASE("log p(a | b) of tables and Gaussians follows the rules of probability", "[conditional][mixed]") {
  // log p(a, b) = log p(b) + log p(a | b), and log p of all numbers is the likelihood.
  const auto check_rules = [](const auto& rbm, const Eigen::MatrixXd& v, const Mask& a, const Mask& b) {
    const Mask both = (a.array() || b.array()).matrix(), all = Mask::Ones(v.rows(), v.cols());
    const auto given = log_conditional(rbm, v, a, b, {}, on), of_b = log_marginal(rbm, v, b, {}, on),
               of_both = log_marginal(rbm, v, both, {}, on), of_all = log_marginal(rbm, v, all, {}, on);
    const Eigen::VectorXd likelihood = exact_log_likelihood(rbm, v);
    for (std::size_t c = 0; c < given.size(); ++c) {
      CHECK(std::abs(of_b[c].log_p + given[c].log_p - of_both[c].log_p) < 1e-11);
      CHECK(std::abs(of_all[c].log_p - likelihood(static_cast<Index>(c))) < 1e-11);
      CHECK(given[c].exact);
    }
  };
  Rbm<Mixed<Bernoulli, Categorical, Gaussian>, Bernoulli, Cpu<double>> table{
      {.visible = {2, {1, 3}, 2}, .hidden = 3}};
  randomise(table, 3);
  Mask a = Mask::Zero(7, 4), b = Mask::Zero(7, 4);
  a.block(2, 0, 3, 3).setOnes();  // the class
  b.row(0).setOnes();
  b.row(6).setOnes();
  b(6, 2) = false;
  a(5, 1) = true;
  check_rules(table, some_states(table, 4, 1), a, b);
  GaussianGaussian rbm{{.visible = 3, .hidden = 2}};
  randomise(rbm, 4, 0.25);
  Mask x = Mask::Zero(3, 2), y = Mask::Zero(3, 2);
  x.row(0).setOnes();
  y(2, 0) = true;
  check_rules(rbm, some_states(rbm, 2, 1), x, y);
}

TEST_CASE("the free part of a clamped model has the model's conditional distribution",
          "[conditional][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(5, 1.5);
  const oracle::Machine machine = oracle_of(rbm);
  const Eigen::MatrixXd v{{1}, {NAN}, {0}, {NAN}}, h{{NAN}, {1}, {NAN}};
  Mask known_v(4, 1), known_h(3, 1);
  known_v << true, false, true, false;
  known_h << false, true, false;
  const auto left = clamp(rbm, v, known_v, h, known_h);
  CHECK((left.visible_rows == std::vector<Index>{1, 3} && left.hidden_rows == std::vector<Index>{0, 2}));
  for (const double v1 : {0.0, 1.0})
    for (const double v3 : {0.0, 1.0})
      for (const double h0 : {0.0, 1.0})
        for (const double h2 : {0.0, 1.0})
          CHECK(std::abs(left.log_weight - oracle::energy(oracle_of(left.rbm), {v1, v3}, {h0, h2}) +
                         oracle::energy(machine, {1, v1, 0, v3}, {h0, 1, h2})) < 1e-12);
  const auto nothing_left = clamp(rbm, Eigen::MatrixXd(Eigen::MatrixXd::Ones(4, 1)), Mask(Mask::Ones(4, 1)));
  CHECK(std::abs(log_sum_over_free(nothing_left).log_p + oracle::free_energy(machine, {1, 1, 1, 1})) < 1e-12);
}

TEMPLATE_TEST_CASE("chains fill in missing entries by their conditional distribution",
                   "[conditional][oracle]", BernoulliBernoulli, CategoricalGaussian) {
  const auto rbm = small_rbm<TestType>(7, 1.0);
  const Index group = rbm.visible.group, many = 20'000;
  const Eigen::MatrixXd one = some_states(rbm, 1, 4), v = one.replicate(1, many);
  Mask known = Mask::Zero(v.rows(), 1);
  known.topRows(group).setOnes();
  const Mask all_known = known.replicate(1, many);
  auto p = oracle::visible_distribution(oracle_of(rbm));
  double total = 0;
  for (std::size_t i = 0; i < p.states.size(); ++i)
    total += p.probabilities[i] *= agrees(p.states[i], one, known, 0);
  for (double& x : p.probabilities) x /= total;
  CHECK(chi_square(fill_in(rbm, v, all_known, {.steps = 30, .seed = 2, .exact_states = 0}, {}, on), p));

  // Averages are the clamped model's exact means.
  const Eigen::MatrixXd few = one.replicate(1, 400);
  const Eigen::MatrixXd mean =
      fill_in(rbm, few, Mask(known.replicate(1, 400)),
              {.steps = 60, .average = true, .burn_in = 20, .exact_states = 0}, {}, on);
  const auto left = clamp(rbm, one, known);
  const Eigen::VectorXd expected = exact_moments(left.rbm).visible.parameters.col(0);
  for (std::size_t i = 0; i < left.visible_rows.size(); ++i) {
    const Eigen::RowVectorXd row = mean.row(left.visible_rows[i]);
    const double deviation = std::sqrt((row.array() - row.mean()).square().mean());
    CHECK(standard_errors(row.mean(), expected(static_cast<Index>(i)), deviation, 400) < sigmas);
  }
  CHECK(mean.topRows(group) == few.topRows(group));
}

TEST_CASE("hidden units can be held while visible ones are filled in", "[conditional][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(7, 1.5);
  const oracle::Machine machine = oracle_of(rbm);
  const Index many = 20'000;
  const Eigen::MatrixXd v = Eigen::MatrixXd::Constant(4, many, NAN), h = Eigen::MatrixXd::Ones(3, many);
  const Mask unknown = Mask::Zero(4, many);
  const Mask all = Mask::Ones(3, many);
  const auto p = oracle::conditional(machine.visible, oracle::visible_input(machine, {1, 1, 1}));
  CHECK(chi_square(fill_in(rbm, v, unknown, {.steps = 3, .exact_states = 0}, {.values = h, .known = all}, on),
                   p));
}

TEST_CASE("filling in takes all randomness from the seed, on any backend", "[conditional][backend]") {
  Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli, Cpu<double>> b{{.visible = {3, 2}, .hidden = 4}};
  randomise(b, 2);
  const auto a = convert<Device>(b);
  Eigen::MatrixXd v = some_states(b, 6, 3);
  Mask known = Mask::Zero(5, 6);
  known.row(0).setOnes();
  known.row(4).setOnes();
  v.row(1).setConstant(NAN);
  DeviceMatrix<double> there(5, 6);
  Device{}.upload(View<const double>(v), there);
  for (const bool average : {false, true})
    for (const double exact_states : {0, 16}) {
      const FillInOptions options{
          .steps = 20, .average = average, .burn_in = 5, .seed = 3, .exact_states = exact_states};
      const Eigen::MatrixXd here = fill_in(b, v, known, options, {}, on);
      CHECK(here == fill_in(b, v, known, options, {}, Cpu<double>(3)));
      const DeviceMatrix<double> far = fill_in(a, there, known, options);
      Eigen::MatrixXd back(5, 6);
      Device{}.download(far, View<double>(back));
      CHECK(back == here);
      CHECK(here.allFinite());
    }
  const auto there_p = log_marginal(a, there, known), here_p = log_marginal(b, v, known);
  for (std::size_t c = 0; c < 6; ++c) CHECK(there_p[c].log_p == here_p[c].log_p);
}

TEST_CASE("conditional queries refuse what makes no sense", "[conditional][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(4, 2), wrong = Eigen::MatrixXd::Zero(3, 2);
  const Mask all = Mask::Ones(4, 2), none = Mask::Zero(4, 2), short_mask = Mask::Ones(4, 1);
  CHECK_THROWS_MATCHES(log_conditional(rbm, wrong, all, none), ShapeError,
                       Message("log_conditional: v has 3 rows, the RBM has 4 visible rows"));
  CHECK_THROWS_MATCHES(log_conditional(rbm, v, all, short_mask), ShapeError,
                       Message("log_conditional: the mask b is 4 x 1, expected 4 x 2"));
  CHECK_THROWS_MATCHES(log_conditional(rbm, v, all, all), ValueError,
                       Message("log_conditional: row 0 of column 0 is both asked for and given"));
  Eigen::MatrixXd bad = v;
  bad(2, 1) = 3;
  CHECK_THROWS_MATCHES(log_marginal(rbm, bad, all), DataError,
                       Message("clamp: row 2 is 3; a bernoulli unit takes numbers from 0 to 1"));
  CHECK_THROWS_MATCHES(
      fill_in(rbm, bad, all), DataError,
      Message("fill_in: row 2 of column 1 is 3; a bernoulli unit takes numbers from 0 to 1"));
  CHECK_THROWS_MATCHES(fill_in(rbm, v, short_mask), ShapeError,
                       Message("fill_in: the mask is 4 x 1, expected 4 x 2"));
  CHECK_THROWS_MATCHES(fill_in(rbm, v, all, {.steps = 0}), ValueError,
                       Message("fill_in: steps is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(fill_in(rbm, v, all, {.steps = 5, .average = true, .burn_in = 5}), ValueError,
                       Message("fill_in: burn_in is 5, expected 0 to 4"));
  CHECK_THROWS_MATCHES(fill_in(rbm, v, all, {.exact_states = -1}), ValueError,
                       Message("fill_in: exact_states is -1, expected at least 0"));
  CHECK_THROWS_AS(fill_in(rbm, v, all, {}, {.values = v, .known = all}), ShapeError);
  CHECK_THROWS_AS(clamp(rbm, v, all), ShapeError);
  const auto classes = small_rbm<CategoricalGaussian>(1);
  Mask part = Mask::Zero(6, 1);
  part(4, 0) = true;
  CHECK_THROWS_MATCHES(
      fill_in(classes, some_states(classes, 1, 1), part), ValueError,
      Message("fill_in: rows 3 to 5 are one unit: all of them are known, or none, in column 0"));
  CHECK_THROWS_AS(log_marginal(classes, some_states(classes, 1, 1), part), ValueError);
}

}  // namespace test::inference_annealing_conditional_likelihood
