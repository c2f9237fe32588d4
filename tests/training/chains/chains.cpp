// Chains with more state than their visible units: fast weights and parallel tempering.
#include <algorithm>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

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
  options.chains = FastWeights{.chains = 5, .rate = 1.5, .keep = 0.6, .max_gradient = 0.1};
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
    for_each_parameter(
        [](const ParameterName&, Role, auto f, auto g) {
          on.update([](double& a, double b) { a = 0.6 * a + 1.5 * std::clamp(b, -0.1, 0.1); }, f, g);
        },
        fast, trainer.gradient());
  }
}

TEST_CASE("chains with fast weights draw with their current weights", "[cd][fast_weights]") {
  // Slow parameters are 0; fast weights copy v to h and back, so that chains at 1 stay there.
  using One = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  One slow{{.visible = 1, .hidden = 1, .weight_scale = 0}};
  FastWeights::Memory<One> fast({.chains = 500, .rate = 1, .keep = 0, .max_gradient = 0}, slow);
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
  still.epochs = 10;
  still.steps = 1;
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
  refused(FastWeights{.max_gradient = -1},
          "FastWeights: max_gradient is -1, expected a number of at least 0");
  refused(Tempered{.chains = 0}, "ContrastiveDivergence: there are 0 chains, expected at least 1");
  refused(Tempered{.temperatures = 1}, "Tempered: temperatures is 1, expected 2 to 10000");
  refused(Tempered{.adapt = -0.1}, "Tempered: adapt is -0.1, expected 0 to 1");
}

}  // namespace test::training_chains_chains
