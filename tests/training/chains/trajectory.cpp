// Chains that trade with frozen models: what trades leave as it is, and what the ladder knows.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/exact/samples.hpp>
#include <harmonium/inference/free_energy.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/chains/trajectory.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/ladders.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::training_chains_trajectory {

namespace {
const Cpu<double> on;
using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<Trajectory>;

// The states of a model's chains after one step.
auto advanced(Trajectory::Memory<Model>& memory, const Model& model, Index count) {
  auto state = make_state(model, count);
  auto work = make_workspace(model, count);
  const auto chains = state.columns(0, count);
  memory.begin(on, model, chains, {.seed = 1});
  memory.advance(on, model, chains, chains, work, 1, {});
  return state;
}
}  // namespace

TEST_CASE("trades leave the distributions of both models as they are", "[trajectory][oracle]") {
  Model model{{.visible = 3, .hidden = 2}};
  randomise(model, 4, 2);
  const Model lower = with_weights_scaled(model, 0.3);
  const Index columns = 20'000;
  Ladder<Model> ladder(model, columns, 1);
  ladder.begin(on, lower, {.seed = 1});
  const Matrix<Cpu<double>> below = exact_samples(lower, columns, 2),
                            above = exact_samples(model, columns, 3);
  ladder.freeze(on, lower, [&](auto out) {
    on.copy(View<const double>(below), out.visible);
    refresh(on, lower, out);
    return Births(static_cast<std::size_t>(columns));
  });
  auto state = make_state(model, columns);
  const auto x = state.columns(0, columns);
  on.copy(View<const double>(above), x.visible);
  refresh(on, model, x);
  const Partners partners = ladder.drawn_partners({.seed = 4});
  CHECK(partners.columns.front() > 0);  // rotated
  const PairEnergies pairs = ladder.compare(on, model, x, partners);
  Births born(static_cast<std::size_t>(columns), 7);
  ladder.trade(on, model, x, born, partners, pairs, {.seed = 4});

  CHECK(chi_square(state.visible, visible_distribution(oracle_of(model))));
  CHECK(chi_square(ladder.top().states, visible_distribution(oracle_of(lower))));
  CHECK(pairs.acceptance() > 0.2);
  CHECK(pairs.acceptance() < 0.9);  // else nothing was at stake
}

TEST_CASE("renewed reservoirs keep their distribution, and are born at the bottom", "[trajectory][oracle]") {
  Model model{{.visible = 3, .hidden = 2}};
  randomise(model, 5, 2);
  const Index columns = 20'000;
  Ladder<Model> ladder(model, columns, 1);
  ladder.begin(on, model, {.seed = 1});
  const Matrix<Cpu<double>> states = exact_samples(model, columns, 2);
  ladder.freeze(on, model, [&](auto out) {
    on.copy(View<const double>(states), out.visible);
    refresh(on, model, out);
    return Births(static_cast<std::size_t>(columns));
  });
  const auto independent = visible_distribution(oracle_of(with_weights_scaled(model, 0)));
  CHECK(chi_square(ladder.rungs()[0].states, independent));
  const Matrix<Cpu<double>> bottom = ladder.rungs()[0].states;
  ladder.renew(on, 1, 0, {.seed = 1, .step = 1});
  CHECK(chi_square(ladder.top().states, visible_distribution(oracle_of(model))));
  CHECK(chi_square(ladder.rungs()[0].states, independent));
  CHECK(ladder.top().states != states);
  CHECK(ladder.rungs()[0].states != bottom);
  // What is remembered of the members is true of those that are there now.
  for (const auto& rung : ladder.rungs()) {
    const Matrix<Cpu<double>> energies = free_energy(rung.model, rung.states, on);
    for (Index c = 0; c < columns; c += 997)
      CHECK_THAT(rung.energies[static_cast<std::size_t>(c)], WithinAbs(energies(0, c), 1e-12));
  }
}

TEST_CASE("the lowest rung's log Z is known", "[trajectory][oracle]") {
  const auto check = []<class M>(const M& model) {
    Ladder<M> ladder(model, 5, 2);
    ladder.begin(on, model, {.seed = 1});
    CHECK_THAT(ladder.log_z().log_z,
               WithinAbs(oracle::log_z(oracle_of(with_weights_scaled(model, 0))), 1e-10));
    CHECK(ladder.log_z().standard_error == 0);
  };
  check(small_rbm<BernoulliBernoulli>(1));
  check(small_rbm<CategoricalBernoulli>(2));
  check(small_rbm<CategoricalGaussian>(3));
  check(small_rbm<SpinRectified>(4));
}

TEST_CASE("chains of a trajectory learn, and know log Z on the way", "[trajectory][cd]") {
  const Eigen::MatrixXd data = bars_and_stripes(3).to_matrix<double>().replicate(1, 10);
  Rbm<Bernoulli, Bernoulli, Cpu<double>> rbm{{.visible = 9, .hidden = 8, .seed = 1}};
  ContrastiveDivergence<decltype(rbm), Options> trainer(rbm,
                                                        {.epochs = 150,
                                                         .batch_size = 14,
                                                         .steps = 1,
                                                         .chains = {.chains = 50},
                                                         .optimizer = Momentum{.rate = 0.2},
                                                         .average_last = 0,
                                                         .seed = 1},
                                                        on);
  const History history = trainer.fit(data);
  const EpochReport& last = history.epochs.back();
  CHECK(last.metric("rungs") >= 3);
  CHECK(last.metric("refusals") == 0);
  const double exact = exact_log_z(rbm);
  CHECK_THAT(last.metric("log_z"), WithinAbs(exact, sigmas * last.metric("log_z_error")));
  CHECK(last.metric("log_z_error") < 0.3);
  const double likelihood = exact_log_likelihood(rbm, data).mean();
  CHECK_THAT(last.metric("log_likelihood"),
             WithinAbs(likelihood, 1e-9 + std::abs(last.metric("log_z") - exact)));
  CHECK(likelihood > -3.6);  // independent units reach -6.24, and nothing is above -2.64
}

TEST_CASE("an update that goes too far is refused, and the rate halves until the next rung", "[trajectory]") {
  const Model begin = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(begin, 8, 3);
  Model model = begin;
  ContrastiveDivergence<Model, Options> trainer(model,
                                                {.batch_size = 8,
                                                 .steps = 1,
                                                 .chains = {.chains = 100},
                                                 .optimizer = Momentum{.rate = 200},
                                                 .max_gradient_norm = 0,
                                                 .average_last = 0,
                                                 .fit_visible_biases = false,
                                                 .seed = 6},
                                                on);
  trainer.step({.values = v});
  CHECK(model == begin);
  CHECK(trainer.chains().rate_share() == 0.5);
  int refusals = 1;
  while (trainer.chains().rate_share() < 1 && refusals < 60) {
    const double share = trainer.chains().rate_share();
    const Model before = model;
    trainer.step({.values = v});
    if (trainer.chains().rate_share() != share / 2) continue;
    CHECK(model == trainer.chains().fallback());
    ++refusals;
  }
  CHECK(refusals < 60);
  CHECK(model != begin);
  CHECK(model == trainer.chains().fallback());  // it was frozen
  CHECK(trainer.chains().ladder().rungs().size() == 2);
}

TEST_CASE("acceptance is that of chains of the new model", "[trajectory][oracle]") {
  // The chains were drawn from the model before the update, here one without weights, as is the lowest rung.
  Model after{{.visible = 3, .hidden = 2}};
  randomise(after, 4, 1.2);
  Model before = with_weights_scaled(after, 0);
  before.visible.parameters.setZero();
  const Trajectory policy{
      .chains = 20'000, .blocks = 1, .freeze_below = 0.02, .refuse_below = 0.01, .jumps = false};
  Trajectory::Memory<Model> memory(policy, before);
  const auto state = advanced(memory, before, policy.chains);
  REQUIRE_FALSE(memory.refuses(on, after));
  std::vector<std::pair<std::string, double>> metrics;
  memory.report(metrics);

  const auto p = visible_distribution(oracle_of(after)), q = visible_distribution(oracle_of(before));
  REQUIRE(p.states == q.states);
  double expected = 0;
  for (std::size_t x = 0; x < p.states.size(); ++x)
    for (std::size_t y = 0; y < p.states.size(); ++y)
      expected += std::fmin(p.probabilities[x] * q.probabilities[y], p.probabilities[y] * q.probabilities[x]);
  const auto rate = std::find_if(metrics.begin(), metrics.end(),
                                 [](const auto& metric) { return metric.first == "trade_rate"; });
  REQUIRE(rate != metrics.end());
  CHECK(expected < 0.8);
  CHECK_THAT(rate->second, WithinAbs(expected, sigmas * 0.5 / std::sqrt(10'000.0)));
}

TEST_CASE("whether a model is frozen or refused is judged by all pairs of chains and members",
          "[trajectory][oracle]") {
  // One block alone would say something else. Every acceptance is below this threshold.
  Model after = small_rbm<Model>(4, 1.5);
  const Model before = with_weights_scaled(after, 0.75);
  const Trajectory policy{
      .chains = 12, .blocks = 5, .freeze_below = 0.999, .refuse_below = 0, .most_steps = 5, .jumps = false};
  Trajectory::Memory<Model> memory(policy, before);
  const auto state = advanced(memory, before, policy.chains);
  const Matrix<Cpu<double>> x = state.visible;
  const auto lower = memory.ladder().top();
  const auto energy = [](const Model& model, const Matrix<Cpu<double>>& v) {
    return free_energy(model, v, on);
  };
  const Eigen::MatrixXd x_after = energy(after, x), x_before = energy(before, x),
                        x_lower = energy(lower.model, x), y_after = energy(after, lower.states),
                        y_lower = energy(lower.model, lower.states);
  double accepted = 0, total = 0;
  for (Index i = 0; i < x.cols(); ++i)
    for (Index j = 0; j < lower.states.cols(); ++j) {
      const double weight = std::exp(x_before(i) - x_after(i));
      accepted += weight * std::min(1.0, std::exp((x_after(i) - x_lower(i)) - (y_after(j) - y_lower(j))));
      total += weight;
    }
  REQUIRE(lower.states.cols() == 60);
  REQUIRE_FALSE(memory.refuses(on, after));
  std::vector<std::pair<std::string, double>> metrics;
  memory.report(metrics);
  CHECK(metrics.at(1).first == "trade_rate");
  CHECK_THAT(metrics.at(1).second, WithinAbs(accepted / total, 1e-12));
  CHECK(accepted / total < 0.95);
}

TEST_CASE("while a model trains, reservoirs are renewed", "[trajectory]") {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  const auto members = [&](int renew_every) {
    Model own = model;
    ContrastiveDivergence<Model, Options> trainer(
        own,
        {.batch_size = 8,
         .chains = {.chains = 50, .blocks = 2, .renew_every = renew_every},
         .optimizer = Sgd{.rate = 0},
         .seed = 6},
        on);
    for (int i = 0; i < 4; ++i) trainer.step({.values = v});
    return trainer.chains().ladder().top().states;
  };
  CHECK(members(5) == members(0));  // not yet
  CHECK(members(2) != members(0));
}

TEST_CASE("chains of a model that does not change stay as it is, however it began", "[trajectory][oracle]") {
  // Its weights are too large for chains without weights to be of use at once.
  Model model{{.visible = 3, .hidden = 2}};
  randomise(model, 4, 3);
  model.weights *= 2;
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  const Model begin = model;
  const Index chains = 2'000;
  ContrastiveDivergence<Model, Options> trainer(model,
                                                {.batch_size = 8,
                                                 .steps = 2,
                                                 .chains = {.chains = chains, .blocks = 2},
                                                 .optimizer = Sgd{.rate = 0},
                                                 .average_last = 0,
                                                 .fit_visible_biases = false,
                                                 .seed = 6},
                                                on);
  for (int i = 0; i < 60; ++i) trainer.step({.values = v});
  REQUIRE(model == begin);
  const auto& ladder = trainer.chains().ladder();
  CHECK(ladder.rungs().size() >= 2);
  const auto truth = visible_distribution(oracle_of(model));
  const auto f = trainer.fantasies();
  const Eigen::MatrixXd fantasies = Eigen::Map<const Eigen::MatrixXd>(f.data, f.rows, f.cols);
  CHECK(chi_square(fantasies, truth));
  for (const auto& rung : ladder.rungs())
    CHECK(chi_square(rung.states, visible_distribution(oracle_of(rung.model))));
  const LogZEstimate top = ladder.log_z();
  CHECK_THAT(top.log_z, WithinAbs(exact_log_z(ladder.top().model), sigmas * top.standard_error));
}

TEST_CASE("a Boltzmann machine's chains can follow its trajectory", "[trajectory][boltzmann]") {
  BoltzmannMachine<Spin, Cpu<double>> glass{{.visible = 5}};
  const Eigen::MatrixXd v = (numbers(5, 200, 3).array() < 0.7).cast<double>() * 2 - 1;
  ContrastiveDivergence<decltype(glass), Options> trainer(
      glass, {.epochs = 10, .batch_size = 20, .chains = {.chains = 40}, .average_last = 0, .seed = 2}, on);
  const History history = trainer.fit(v);
  CHECK_THAT(history.epochs.back().metric("log_z"),
             WithinAbs(exact_log_z(glass), sigmas * history.epochs.back().metric("log_z_error") + 1e-9));
}

TEST_CASE("a trajectory has the same bytes for any number of threads", "[trajectory][threads]") {
  const auto trained = [](int threads) {
    Rbm<Bernoulli, Bernoulli> rbm{{.visible = 40, .hidden = 30, .seed = 1}};
    const Eigen::MatrixXf data = (numbers(40, 200, 1).array() < 0.3).cast<float>();
    ContrastiveDivergence<decltype(rbm), Options> trainer(rbm,
                                                          {.epochs = 3,
                                                           .batch_size = 50,
                                                           .chains = {.chains = 70, .blocks = 3},
                                                           .optimizer = Momentum{.rate = 0.5},
                                                           .seed = 1},
                                                          Cpu<float>(threads));
    trainer.fit(data);
    return rbm;
  };
  CHECK(trained(1) == trained(3));
}

TEST_CASE("options of a trajectory that are out of range are refused", "[trajectory][errors]") {
  Model model = small_rbm<Model>(1);
  const auto refused = [&](const Trajectory& chains, const std::string& message) {
    CHECK_THROWS_MATCHES((ContrastiveDivergence<Model, Options>(model, {.chains = chains}, on)), ValueError,
                         Message(message));
  };
  refused({.chains = 1}, "Trajectory: chains is 1, expected at least 2");
  refused({.blocks = 0}, "Trajectory: blocks is 0, expected 1 to 1000000");
  refused({.freeze_below = 1}, "Trajectory: freeze_below is 1, expected above 0 and below 1");
  refused({.freeze_below = NAN}, "Trajectory: freeze_below is nan, expected above 0 and below 1");
  refused({.refuse_below = 0.3},
          "Trajectory: refuse_below is 0.3, expected at least 0 and below freeze_below, 0.3");
  refused({.settle = 0}, "Trajectory: settle is 0, expected at least 1");
  refused({.apart = 0}, "Trajectory: apart is 0, expected above 0");
  refused({.most_steps = 0}, "Trajectory: most_steps is 0, expected at least 1");
  refused({.renew_every = -1}, "Trajectory: renew_every is -1, expected at least 0");
}

}  // namespace test::training_chains_trajectory
