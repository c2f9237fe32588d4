// Chains with more state than their visible units: fast weights and parallel tempering.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_chains_chains {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;

const ContrastiveDivergenceOptions<> plain{.batch_size = 8,
                                           .steps = 1,
                                           .optimizer = Sgd{.rate = 0.1},
                                           .average_last = 0,
                                           .fit_visible_biases = false,
                                           .seed = 6};

// Two modes separated by a wide valley, which single steps of Gibbs sampling do not cross.
Model two_modes() {
  Model model{{.visible = 6, .hidden = 3}};
  model.weights.setConstant(3.0);
  model.visible.parameters.setConstant(-4.5);
  model.hidden.parameters.setConstant(-9.0);
  return model;
}

}  // namespace

TEST_CASE("fast weights with rate 0 are persistent chains", "[cd][fast_weights]") {
  // Until the weights change: persistent chains keep their hidden states across an update.
  const Model begin = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(begin, 8, 3);
  Model persistent = begin, fast = begin;
  auto options = plain;
  options.chains = Persistent{.chains = 5};
  ContrastiveDivergence{persistent, options, on}.step({.values = v});
  options.chains = FastWeights{.chains = 5, .rate = 0};
  ContrastiveDivergence{fast, options, on}.step({.values = v});
  CHECK(fast == persistent);
}

TEST_CASE("fast weights learn from each gradient, decay, and move the chains", "[cd][fast_weights]") {
  // Seen in the chains' next move, which uses the sum of slow and fast weights.
  Model model = small_rbm<Model>(4);
  auto options = plain;
  options.chains = FastWeights{.chains = 5, .rate = 1.5, .keep = 0.6};
  options.steps = 2;
  options.centered = false;
  ContrastiveDivergence trainer{model, options, on};
  Model fast = zeros_like(model);
  auto state = make_state(model, 5);
  auto work = make_workspace(model, 5);
  const auto all = state.columns(0, 5);
  start(on, model, all, {.seed = 6});
  for (const std::uint32_t update : {0u, 1u, 2u}) {
    Model sum = model;
    for_each_parameter([](const ParameterName&, Role, auto s,
                          auto f) { on.update([](double& a, double b) { a += b; }, s, f); },
                       sum, fast);
    refresh(on, sum, all);  // with the weights that the chains use
    for (const std::uint32_t k : {0u, 1u})
      transition(on, sum, all, all, work, {.seed = 6, .step = 2 * update + k});
    refresh(on, model, all);
    const Eigen::MatrixXd v = some_states(model, 8, 20 + update), h = mean_hidden(model, v),
                          chain_h = mean_hidden(model, state.visible);
    const Eigen::MatrixXd expected = v * h.transpose() / 8 - state.visible * chain_h.transpose() / 5;
    trainer.step({.values = v});
    INFO("update " << update);
    CHECK(largest_difference(trainer.gradient().weights, expected) < 1e-12);
    for_each_parameter([](const ParameterName&, Role, auto f,
                          auto g) { on.update([](double& a, double b) { a = 0.6 * a + 1.5 * b; }, f, g); },
                       fast, trainer.gradient());
  }
}

TEST_CASE("chains with fast weights draw with their current weights", "[cd][fast_weights]") {
  // Slow parameters are 0; fast weights copy v to h and back, so that chains at 1 stay there.
  using One = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  One slow{{.visible = 1, .hidden = 1, .weight_scale = 0}};
  FastWeights::Memory<One> fast({.chains = 500, .rate = 1, .keep = 0}, slow);
  One copies = slow;
  copies.weights(0, 0) = 20;
  copies.visible.parameters(0) = copies.hidden.parameters(0) = -10;
  fast.learned(on, copies);
  auto state = make_state(slow, 500);
  auto work = make_workspace(slow, 500);
  const auto all = state.columns(0, 500);
  state.visible.setOnes();
  refresh(on, slow, all);
  for (const int steps : {1, 2, 3}) {
    fast.advance(on, slow, all, all, work, steps, {.seed = 1});
    CHECK(state.visible.mean() > 0.99);  // sigmoid(10) each way
  }
}

TEST_CASE("tempered chains have the model's distribution where plain ones stay in a mode",
          "[cd][tempered][slow]") {
  const Model model = two_modes();
  const auto expected = oracle::visible_distribution(oracle_of(model));
  const Index chains = 4000;
  Tempered::Memory<Model> tempered({.chains = chains, .temperatures = 6}, model);
  auto state = make_state(model, chains), data = make_state(model, 2);
  auto work = make_workspace(model, chains);
  const auto all = state.columns(0, chains), both = data.columns(0, 2);
  data.visible << Eigen::VectorXd::Zero(6), Eigen::VectorXd::Ones(6);  // one sample of each mode
  refresh(on, model, both);
  tempered.begin(on, model, all, {.seed = 1});
  tempered.advance(on, model, both, all, work, 150, {.seed = 1});
  CHECK(chi_square(state.visible, expected));
  // Shares of chains in the mode where units are on. Plain chains that start in the other mode stay there.
  const auto full = [](const Eigen::MatrixXd& v) {
    return (v.colwise().sum().array() > 3).cast<double>().mean();
  };
  CHECK(std::abs(full(state.visible) - 0.5) < 0.05);
  state.visible.setZero();
  refresh(on, model, all);
  for (std::uint32_t k = 0; k < 150; ++k) transition(on, model, all, all, work, {.seed = 1, .step = k});
  CHECK(full(state.visible) < 0.3);
}

TEST_CASE("the spacing of a ladder adapts until all neighbours swap equally often", "[cd][tempered][slow]") {
  const Model model = two_modes();
  const Index chains = 500;
  auto state = make_state(model, chains), data = make_state(model, 2);
  auto work = make_workspace(model, chains);
  const auto all = state.columns(0, chains), both = data.columns(0, 2);
  data.visible << Eigen::VectorXd::Zero(6), Eigen::VectorXd::Ones(6);
  refresh(on, model, both);
  const auto spread = [&](double adapt) {
    Tempered::Memory<Model> tempered({.chains = chains, .temperatures = 5, .adapt = adapt}, model);
    tempered.begin(on, model, all, {.seed = 1});
    tempered.advance(on, model, both, all, work, 2000, {.seed = 1});
    const auto& ladder = tempered.ladder();
    REQUIRE((ladder.size() == 5 && ladder.front() == 0));
    CHECK_THAT(ladder.back(), Catch::Matchers::WithinAbs(1, 1e-12));
    for (std::size_t i = 0; i + 1 < 5; ++i) CHECK(ladder[i] < ladder[i + 1]);
    const auto& rates = tempered.swap_rates();
    for (const double rate : rates) CHECK((rate > 0 && rate < 1));
    return *std::max_element(rates.begin(), rates.end()) - *std::min_element(rates.begin(), rates.end());
  };
  const double even = spread(0), adapted = spread(0.1);
  INFO("spread of the rates: even " << even << ", adapted " << adapted);
  CHECK(adapted < 0.03);
  CHECK(even > 5 * adapted);
}

TEST_CASE("tempered chains report their swap rates, and all persistent chains their autocorrelation",
          "[cd][tempered]") {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 50, 3);
  auto options = plain;
  options.epochs = 2;
  options.chains = Tempered{.chains = 20, .temperatures = 4};
  ContrastiveDivergence trainer{model, options, on};
  const EpochReport last = trainer.fit(v).epochs.back();
  CHECK((last.metric("lowest_swap_rate") > 0 && last.metric("lowest_swap_rate") <= last.metric("swap_rate")));
  CHECK(last.metric("swap_rate") <= 1);
  CHECK(std::abs(last.metric("chain_autocorrelation")) <= 1);
  CHECK(std::get<Tempered::Memory<Model>>(trainer.chains()).ladder().size() == 4);
  // Chains of a model with independent units forget everything at once; those of a strongly coupled one
  // nothing.
  auto still = plain;
  still.optimizer = Sgd{.rate = 0};
  still.chains = Persistent{.chains = 4000};
  Model free{{.visible = 6, .hidden = 3, .weight_scale = 0}}, stiff = free;
  stiff.weights.topRows(3) =
      8 * Eigen::MatrixXd::Identity(3, 3);  // three strongly coupled pairs, three units off
  stiff.visible.parameters << -4, -4, -4, -30, -30, -30;
  stiff.hidden.parameters.setConstant(-4);
  const Eigen::MatrixXd six = some_states(free, 8, 3);
  CHECK(std::abs(ContrastiveDivergence{free, still, on}.fit(six).epochs[0].metric("chain_autocorrelation")) <
        0.04);
  CHECK(ContrastiveDivergence{stiff, still, on}.fit(six).epochs.back().metric("chain_autocorrelation") > 0.8);
}

TEST_CASE("options of chains that are out of range are refused", "[cd][errors]") {
  Model model = small_rbm<Model>(4);
  const auto refused = [&](const AnyChains& chains, const std::string& message) {
    auto options = plain;
    options.chains = chains;
    CHECK_THROWS_MATCHES((ContrastiveDivergence{model, options, on}), ValueError, Message(message));
  };
  refused(FastWeights{.chains = 0}, "ContrastiveDivergence: there are 0 chains, expected at least 1");
  refused(FastWeights{.rate = -1}, "FastWeights: rate is -1, expected a number of at least 0");
  refused(FastWeights{.keep = 1}, "FastWeights: keep is 1, expected at least 0 and less than 1");
  refused(Tempered{.chains = 0}, "ContrastiveDivergence: there are 0 chains, expected at least 1");
  refused(Tempered{.temperatures = 1}, "Tempered: temperatures is 1, expected 2 to 10000");
  refused(Tempered{.adapt = -0.1}, "Tempered: adapt is -0.1, expected 0 to 1");
}

// Over seeds 1 to 4 the likelihood was -3.416, -3.415, ...; the best is -3.379.
TEST_CASE("4 x 4 bars and stripes are learned to within 0.05 nats of their best likelihood",
          "[cd][learning][slow]") {
  const Dataset data = bars_and_stripes(4);
  Model model{{.visible = 16, .hidden = 32, .seed = 1, .weight_scale = 0.1}};
  ContrastiveDivergence{model,
                        {.epochs = 5000,
                         .batch_size = 32,
                         .steps = 5,
                         .chains = Persistent{.chains = 500},
                         .optimizer = Momentum{.rate = linear(0.1, 0.02), .momentum = 0.5},
                         .average_last = 0.5,
                         .seed = 1}}
      .fit(data);
  const double likelihood = exact_log_likelihood(model, data.to_matrix<double>()).mean();
  CHECK(likelihood > -3.379 - 0.05);
  CHECK(likelihood < -3.379);
}

}  // namespace test::training_chains_chains
