// Training with all states in place of chains.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/mixed.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_chains_exact {

namespace {
const Cpu<double> on;

// The trainer's own gradient against the free function's, for batches of two sizes and with weights.
template <class Model>
void check_gradient(Model model, const Eigen::MatrixXd& v) {
  ContrastiveDivergence trainer{model,
                                {.batch_size = v.cols(),
                                 .chains = Exact{},
                                 .optimizer = Sgd{.rate = 0.1},
                                 .max_gradient_norm = 0,
                                 .centered = false},
                                on};
  const std::vector<double> weights(static_cast<std::size_t>(v.cols()), 1.0);
  for (const Index n : {v.cols(), v.cols() / 2, v.cols()}) {
    const Eigen::MatrixXd batch = v.leftCols(n);
    const auto expected = exact_gradient(model, batch, {}, on);
    trainer.step({.values = batch});
    CHECK(largest_difference(trainer.gradient().weights, expected.weights) < 1e-12);
    CHECK(largest_parameter_difference(trainer.gradient(), expected) < 1e-12);
  }
}
}  // namespace

TEST_CASE("with Exact the trainer's gradient is that of the log likelihood", "[cd][exact]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  check_gradient(rbm, some_states(rbm, 9, 4));
  const auto classes = small_rbm<CategoricalGaussian>(3);
  check_gradient(classes, some_states(classes, 8, 4));
}

TEST_CASE("with Exact and full batches the likelihood only rises", "[cd][exact]") {
  const Dataset data = bars_and_stripes(2);
  const Eigen::MatrixXd v = data.to_matrix<double>();
  Rbm<Bernoulli, Bernoulli, Cpu<double>> rbm{{.visible = 4, .hidden = 4, .seed = 2, .weight_scale = 0.5}};
  double before = -INFINITY;
  Index falls = 0;
  const History history = ContrastiveDivergence{rbm,
                                                {.epochs = 1000,
                                                 .batch_size = data.size(),
                                                 .chains = Exact{},
                                                 .optimizer = Sgd{.rate = 0.5},
                                                 .centered = false,
                                                 .seed = 1},
                                                on}
                              .fit(data, [&](const EpochReport&) {
                                const double now = exact_log_likelihood(rbm, v, on).mean();
                                falls += now < before;
                                before = now;
                              });
  CHECK(falls == 0);
  CHECK(before > -2.2);  // the best is -log 6 = -1.79 for six patterns, without learning -2.77
  for (const auto& [name, value] : history.epochs.back().metrics) CHECK(name != "chain_autocorrelation");
}

// However many visible states there are, those of the hidden layer will do.
TEST_CASE("with Exact the hidden layer is summed over where the visible one cannot be",
          "[cd][exact][oracle]") {
  const auto real = small_rbm<GaussianBernoulli>(3);
  check_gradient(real, some_states(real, 9, 4));
  const auto classes = small_rbm<GaussianCategorical>(3);
  check_gradient(classes, some_states(classes, 9, 4));
  const auto counts = small_rbm<PoissonSpin>(3, 0.2);
  check_gradient(counts, some_states(counts, 8, 4));
  const auto mixed = small_model<Table>(3);
  check_gradient(mixed, some_states(mixed, 8, 4));
  // More states than are looked at at once; most_states decides which layer it is.
  Rbm<Bernoulli, Bernoulli, Cpu<double>> wide{{.visible = 17, .hidden = 11, .seed = 2, .weight_scale = 0.3}};
  check_gradient(wide, some_states(wide, 4, 4));

  // The same as by visible states, and on any backend.
  const auto rbm = small_rbm<BernoulliBernoulli>(3);  // 16 and 8 states
  const Eigen::MatrixXd v = some_states(rbm, 9, 4);
  auto by_visible = rbm, by_hidden = rbm;
  auto there = convert<Device>(rbm);
  const auto learn = [&](auto& model, Index most, const auto& backend) {
    ContrastiveDivergence{model,
                          {.epochs = 20,
                           .batch_size = 4,
                           .chains = Exact{.most_states = most},
                           .optimizer = Sgd{.rate = 0.5},
                           .average_last = 0},
                          backend}
        .fit(Dataset(v));
  };
  learn(by_visible, 16, on);
  learn(by_hidden, 8, on);
  learn(there, 8, Device());
  CHECK(largest_difference(by_visible.weights, by_hidden.weights) < 1e-12);
  CHECK(largest_difference(by_visible.visible.parameters, by_hidden.visible.parameters) < 1e-12);
  CHECK(convert<Cpu<double>>(there) == by_hidden);
}

TEST_CASE("Exact refuses models with too many states in both layers", "[cd][exact][errors]") {
  Rbm<Bernoulli, Bernoulli> large{{.visible = 17, .hidden = 18}};
  CHECK_THROWS_MATCHES((ContrastiveDivergence{large, {.chains = Exact{}}}), ValueError,
                       Message("Exact: the visible layer has 131072 states and the hidden layer 262144, "
                               "expected at most 65536 in one of them (most_states)"));
  Rbm<Gaussian, Bernoulli> real{{.visible = 2, .hidden = 17}};
  CHECK_THROWS_MATCHES((ContrastiveDivergence{real, {.chains = Exact{}}}), ValueError,
                       Message("Exact: the visible layer has infinitely many states and the hidden layer "
                               "131072, expected at most 65536 in one of them (most_states)"));
  Rbm<Gaussian, Gaussian> both{{.visible = 2, .hidden = 2}};
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{both, {.chains = Exact{}}}), ValueError,
      Message("Exact: the visible layer has infinitely many states, expected at most 65536 (most_states)"));
  BoltzmannMachine<Bernoulli> machine{{.visible = 17}};
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{machine, {.chains = Exact{}}}), ValueError,
      Message("Exact: the visible layer has 131072 states, expected at most 65536 (most_states)"));
}

}  // namespace test::training_chains_exact
