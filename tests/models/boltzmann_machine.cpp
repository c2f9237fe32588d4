// A fully visible Boltzmann machine compared with sums over all its states, and the gauge of categorical
// layers.
#include <harmonium/models/boltzmann_machine.hpp>

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::models_boltzmann_machine {

namespace {

const Cpu<double> on;
using Spins = BoltzmannMachine<test::Spin, Cpu<double>>;
using Potts = BoltzmannMachine<Categorical, Cpu<double>>;

template <class M>
M small_machine(std::uint64_t seed, double couplings = 0.5) {
  M machine;
  if constexpr (std::is_same_v<M, Potts>) {
    machine = M({.visible = {.units = 3, .states = 3}});
  } else {
    machine = M({.visible = 5});
  }
  randomise(machine, seed, couplings);
  const Eigen::MatrixXd symmetric = (machine.weights + machine.weights.transpose()) / 2;
  machine.weights = symmetric;
  const Index group = machine.visible.group;
  for (Index r = 0; r < machine.weights.rows(); r += group)
    machine.weights.block(r, r, group, group).setZero();
  return machine;
}

// E(v) by loops over pairs.
template <class M>
double energy(const M& machine, const oracle::Numbers& v) {
  double sum = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    sum -= machine.visible.parameters(static_cast<Index>(i), 0) * v[i];
    for (std::size_t j = 0; j < i; ++j)
      sum -= machine.weights(static_cast<Index>(i), static_cast<Index>(j)) * v[i] * v[j];
  }
  return sum;
}

template <class M>
oracle::Distribution distribution(const M& machine) {
  oracle::Distribution result;
  oracle::Numbers terms;
  oracle::for_each_state(oracle_of(machine.visible), [&](const oracle::Numbers& v, double) {
    result.states.push_back(v);
    terms.push_back(-energy(machine, v));
  });
  const double log_z = oracle::log_sum_exp(terms);
  for (const double term : terms) result.probabilities.push_back(std::exp(term - log_z));
  return result;
}

// n draws from a distribution.
Eigen::MatrixXd draw(const oracle::Distribution& p, Index n, std::uint64_t seed) {
  Dice dice(seed);
  std::vector<oracle::Numbers> drawn;
  for (Index i = 0; i < n; ++i) {
    std::size_t k = 0;
    for (double u = dice.uniform(); k + 1 < p.states.size() && u >= p.probabilities[k]; ++k)
      u -= p.probabilities[k];
    drawn.push_back(p.states[k]);
  }
  return columns(drawn);
}

}  // namespace

TEMPLATE_TEST_CASE("energy and log Z of a Boltzmann machine are sums over pairs and states",
                   "[boltzmann][oracle]", Spins, Potts) {
  const auto machine = small_machine<TestType>(1);
  const auto p = distribution(machine);
  const Eigen::MatrixXd all = columns(p.states), free = free_energy(machine, all);
  oracle::Numbers terms;
  for (Index c = 0; c < all.cols(); ++c) {
    CHECK(std::abs(free(0, c) - energy(machine, column_of(all, c))) < 1e-12);
    terms.push_back(-energy(machine, column_of(all, c)));
  }
  CHECK(std::abs(exact_log_z(machine) - oracle::log_sum_exp(terms)) < 1e-12);
  const Eigen::VectorXd likelihood = exact_log_likelihood(machine, all);
  for (Index c = 0; c < all.cols(); ++c)
    CHECK(std::abs(likelihood(c) - std::log(p.probabilities[static_cast<std::size_t>(c)])) < 1e-11);
}

TEMPLATE_TEST_CASE("a sweep leaves a Boltzmann machine's distribution unchanged", "[boltzmann][oracle][slow]",
                   Spins, Potts) {
  const auto machine = small_machine<TestType>(2, 0.8);
  const auto p = distribution(machine);
  const Index n = 20'000;
  auto state = make_state(machine, n);
  auto work = make_workspace(machine, n);
  state.visible = draw(p, n, 3);
  REQUIRE(chi_square(state.visible, p));
  const Eigen::MatrixXd before = state.visible;
  transition(on, machine, state.columns(0, n), state.columns(0, n), work, {.seed = 4});
  CHECK(chi_square(state.visible, p));
  CHECK(largest_difference(state.input, (machine.weights * state.visible).eval()) < 1e-12);
  CHECK((before - state.visible).cwiseAbs().maxCoeff() > 0.5);
  // Chains converge to it from anywhere, here from the layer alone.
  start(on, machine, state.columns(0, n), {.seed = 5});
  CHECK_FALSE(chi_square(state.visible, p));
  for (std::uint32_t k = 0; k < 100; ++k)
    transition(on, machine, state.columns(0, n), state.columns(0, n), work, {.seed = 5, .step = k});
  CHECK(chi_square(state.visible, p));
}

TEMPLATE_TEST_CASE("a Boltzmann machine's statistics are the slopes of minus its energy",
                   "[boltzmann][oracle]", Spins, Potts) {
  auto machine = small_machine<TestType>(3);
  auto state = make_state(machine, 4);
  auto work = make_workspace(machine, 4);
  state.visible = draw(distribution(machine), 4, 5);
  refresh(on, machine, state.columns(0, 4));
  const Eigen::MatrixXd weights{{0.7, -1.5, 0.2, 0.6}};
  TestType gradient = machine;
  set_statistics(on, machine, state.columns(0, 4), View<const double>(weights), 0, gradient, work);
  const Index rows = machine.visible.rows(), group = machine.visible.group;
  for (Index i = 0; i < rows; ++i) {
    double bias = 0;
    for (Index c = 0; c < 4; ++c) bias += weights(0, c) * state.visible(i, c);
    CHECK(std::abs(gradient.visible.parameters(i, 0) - bias) < 1e-12);
    for (Index j = 0; j < rows; ++j) {
      double pair = 0;  // each of a pair's two numbers has half of its slope
      for (Index c = 0; c < 4; ++c) pair += 0.5 * weights(0, c) * state.visible(i, c) * state.visible(j, c);
      CHECK(std::abs(gradient.weights(i, j) - (i / group == j / group ? 0 : pair)) < 1e-12);
    }
  }
}

TEST_CASE("a centered update of a Boltzmann machine is a plain one of the centered model",
          "[boltzmann][centering]") {
  Spins machine = small_machine<Spins>(4);
  const Spins before = machine;
  const Eigen::MatrixXd v = draw(distribution(machine), 8, 5);
  const ContrastiveDivergenceOptions<> options{.batch_size = 8,
                                               .chains = Persistent{.chains = 6},
                                               .optimizer = Sgd{.rate = 0.1},
                                               .centered = false,
                                               .fit_visible_biases = false,
                                               .seed = 6};
  Spins plain = machine;
  ContrastiveDivergence plain_trainer{plain, options, on};
  plain_trainer.step({.values = v});
  const Spins& g = plain_trainer.gradient();
  auto centered_options = options;
  centered_options.centered = true;
  ContrastiveDivergence trainer{machine, centered_options, on};
  trainer.step({.values = v});
  // E = -(v - mu)^T W (v - mu) / 2 - b'^T v, so b' = b + W mu
  const Eigen::VectorXd mu = v.rowwise().mean(), gb = g.visible.parameters.col(0);
  Eigen::MatrixXd gw = g.weights - (mu * gb.transpose() + gb * mu.transpose()) / 2;
  gw.diagonal().setZero();
  const Eigen::MatrixXd w = before.weights + 0.1 * gw;
  const Eigen::VectorXd b = before.visible.parameters.col(0) + before.weights * mu + 0.1 * gb - w * mu;
  CHECK(largest_difference(machine.weights, w) < 1e-12);
  CHECK(largest_difference(machine.visible.parameters.col(0), b) < 1e-12);
}

TEST_CASE("a Boltzmann machine learns the couplings of its data", "[boltzmann][learning][slow]") {
  const Spins truth = small_machine<Spins>(6, 0.7);
  const auto p = distribution(truth);
  const Eigen::MatrixXd data = draw(p, 5000, 7);
  const double best = exact_log_likelihood(truth, data).mean();
  for (const AnyChains& chains :
       {AnyChains(Persistent{.chains = 100}), AnyChains(Tempered{.chains = 100, .temperatures = 3})}) {
    Spins machine({.visible = 5});
    ContrastiveDivergence{machine,
                          {.epochs = 40,
                           .batch_size = 100,
                           .chains = chains,
                           .optimizer = Sgd{.rate = linear(0.2, 0)},
                           .seed = 1},
                          on}
        .fit(data);
    const double likelihood = exact_log_likelihood(machine, data).mean();
    CHECK(likelihood > best - 0.002);  // its 15 parameters overfit by about 15 / 10,000
    CHECK(likelihood < best + 0.004);
    CHECK(machine.weights.diagonal().isZero(0));
    CHECK(largest_difference(machine.weights, machine.weights.transpose()) < 1e-12);
    CHECK(largest_difference(machine.weights, truth.weights) < 0.15);
  }
}

TEST_CASE(
    "tempered sweeps of a Boltzmann machine at beta 1 are plain ones, at beta 0 draws of independent units",
    "[boltzmann][tempered]") {
  const Spins machine = small_machine<Spins>(2, 0.8);
  const Index n = 20'000;
  auto state = make_state(machine, n), twin = state;
  auto work = make_workspace(machine, n);
  auto means = make_means(machine);
  means.visible.col(0) << 0.2, -0.3, 0.1, 0.5, -0.6;
  means.hidden.col(1) = means.visible.col(0);
  prepare_tempering(on, machine, means);
  start(on, machine, state.columns(0, n), {.seed = 1});
  start(on, machine, twin.columns(0, n), {.seed = 1});
  Eigen::MatrixXd betas(2, n);
  betas.row(0).setOnes();
  betas.row(1).setZero();
  tempered_transition(on, machine, View<const double>(betas), means, state.columns(0, n), work, {.seed = 2});
  transition(on, machine, twin.columns(0, n), twin.columns(0, n), work, {.seed = 2});
  CHECK(state.visible == twin.visible);
  betas.row(0).setZero();
  betas.row(1).setOnes();
  tempered_transition(on, machine, View<const double>(betas), means, state.columns(0, n), work, {.seed = 3});
  Spins independent({.visible = 5});
  independent.visible.parameters.col(0) =
      machine.visible.parameters.col(0) + machine.weights * means.visible.col(0);
  CHECK(chi_square(state.visible, distribution(independent)));
}

TEST_CASE("a Boltzmann machine refuses options for hidden units", "[boltzmann][errors]") {
  Spins machine = small_machine<Spins>(1);
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{machine, {.penalties = {.max_norm = 1}}, on}), ValueError,
      Catch::Matchers::Message(
          "ContrastiveDivergence: l1b, group, max_norm and sparsity are for models with hidden units"));
}

TEST_CASE("the zero-sum gauge changes numbers, not the distribution", "[gauge][oracle]") {
  const auto check = [](auto rbm) {
    const auto begin = rbm;
    const Eigen::MatrixXd v = some_states(rbm, 30, 3);
    const Eigen::VectorXd before = exact_log_likelihood(rbm, v);
    fix_gauge(on, rbm);
    CHECK_FALSE(rbm == begin);
    CHECK(largest_difference(exact_log_likelihood(rbm, v), before) < 1e-11);
    const auto zero = [](const auto& numbers) { return numbers.cwiseAbs().maxCoeff() < 1e-13; };
    if constexpr (std::is_same_v<typename decltype(rbm.visible)::Unit, Categorical>)
      for (Index r = 0; r < rbm.visible.rows(); r += 3) {
        CHECK(zero(rbm.weights.middleRows(r, 3).colwise().sum()));
        CHECK(std::abs(rbm.visible.parameters.col(0).segment(r, 3).sum()) < 1e-13);
      }
    if constexpr (std::is_same_v<typename decltype(rbm.hidden)::Unit, Categorical>)
      for (Index r = 0; r < rbm.hidden.rows(); r += 3) {
        CHECK(zero(rbm.weights.middleCols(r, 3).rowwise().sum()));
        CHECK(std::abs(rbm.hidden.parameters.col(0).segment(r, 3).sum()) < 1e-13);
      }
    const auto once = rbm;
    fix_gauge(on, rbm);
    CHECK(largest_difference(rbm.weights, once.weights) < 1e-13);
  };
  check(small_rbm<CategoricalBernoulli>(3));
  check(small_rbm<BernoulliCategorical>(3));
  check(small_rbm<CategoricalCategorical>(3));
  auto none = small_rbm<BernoulliBernoulli>(3);
  fix_gauge(on, none);
  CHECK(none == small_rbm<BernoulliBernoulli>(3));
}

TEST_CASE("training can keep the zero-sum gauge", "[gauge][cd]") {
  auto rbm = small_rbm<CategoricalCategorical>(3);
  const Eigen::MatrixXd v = some_states(rbm, 50, 3);
  ContrastiveDivergence{rbm, {.epochs = 2, .zero_sum = true, .seed = 1}, on}.fit(v);
  for (Index r = 0; r < 6; r += 3) {
    CHECK(rbm.weights.middleRows(r, 3).colwise().sum().cwiseAbs().maxCoeff() < 1e-12);
    CHECK(rbm.weights.middleCols(r, 3).rowwise().sum().cwiseAbs().maxCoeff() < 1e-12);
  }
}

}  // namespace test::models_boltzmann_machine
