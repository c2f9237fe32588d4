// Intervals and verdicts of annealing, over hundreds of models.
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/annealing/sandwich.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;

namespace {

const Cpu<double> on;

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
  // 150 models of all temperatures; exact starts, and starts that chains have to find.
  for (const double states : {65536.0, 0.0}) {
    if (states == 0 && !std::is_same_v<TestType, BernoulliBernoulli>) continue;
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
      TestType rbm({.visible = small<typename decltype(TestType::visible)::Unit>(8), .hidden = 6});
      randomise(rbm, seed, 0.3 + 0.01 * static_cast<double>(seed), 1.0);
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
    CHECK(coverage.consistent > 75);
    CHECK(coverage.held >= 0.90 * coverage.consistent);
    CHECK(coverage.held <= 0.99 * coverage.consistent);
    CHECK(coverage.confidently_wrong == 0);
  }
}

TEST_CASE("two modes of which annealing sees one are inconsistent", "[sandwich][slow]") {
  for (const auto& model : {two_modes(6, 3, 3), two_modes(20, 10, 2), two_modes(12, 8, 1.5)}) {
    const double log_z = exact_log_z(model, on);
    for (const Index steps : {100, 400}) {
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

TEST_CASE("large conditionals are annealed, with an error and a verdict", "[conditional][slow]") {
  double held = 0, count = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BernoulliBernoulli rbm{{.visible = 10, .hidden = 8}};
    randomise(rbm, seed, 1.0);
    const Eigen::MatrixXd v = some_states(rbm, 2, seed);
    Mask a = Mask::Zero(10, 2), b = Mask::Zero(10, 2);
    a.topRows(2).setOnes();
    b(9, 0) = b(8, 0) = true;
    const auto exact = log_conditional(rbm, v, a, b, {}, on);
    const auto annealed = log_conditional(
        rbm, v, a, b, {.betas = uniform_betas(100), .seed = seed, .exact_states = 0, .start_steps = 100}, on);
    for (std::size_t c = 0; c < 2; ++c) {
      CHECK((exact[c].exact && !annealed[c].exact && annealed[c].consistent()));
      CHECK_THAT(annealed[c].reason, ContainsSubstring("heuristic"));
      const double off = std::abs(annealed[c].log_p - exact[c].log_p) / annealed[c].standard_error;
      CHECK(off < sigmas);
      held += off < 1.96;
      ++count;
    }
  }
  CHECK((held >= 0.85 * count && held < count));  // 95 of 100: at most 4 standard errors of 40 less

  // With log Z supplied, only the known part is computed.
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd one = some_states(rbm, 1, 2);
  Mask upper = Mask::Zero(4, 1);
  upper.topRows(2).setOnes();
  const Sandwich off{.log_z = exact_log_z(rbm) + 1, .standard_error = 0.1, .verdict = Verdict::consistent};
  const auto shifted = log_marginal(rbm, off, one, upper, {}, on),
             plain = log_marginal(rbm, one, upper, {}, on);
  CHECK(std::abs(shifted[0].log_p + 1 - plain[0].log_p) < 1e-12);
  CHECK((shifted[0].standard_error == 0.1 && !shifted[0].exact && shifted[0].consistent()));

  // Two modes: annealing fails with nothing known, and the verdict says so.
  BernoulliBernoulli modes{{.visible = 12, .hidden = 8}};
  modes.weights.setConstant(1.5);
  modes.visible.parameters.setConstant(-6);
  modes.hidden.parameters.setConstant(-9);
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(12, 1);
  Mask first = Mask::Zero(12, 1);
  first(0, 0) = true;
  const auto wrong = log_marginal(modes, ones, first, {.betas = uniform_betas(100), .exact_states = 0}, on);
  CHECK(!wrong[0].consistent());
  CHECK_THAT(wrong[0].reason, ContainsSubstring("misses modes"));
}
