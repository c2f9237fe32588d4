// Training with all states in place of chains.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
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
  ContrastiveDivergence trainer{
      model,
      {.batch_size = v.cols(), .chains = Exact{}, .optimizer = Sgd{.rate = 0.5}, .centered = false},
      on};
  const std::vector<double> weights(static_cast<std::size_t>(v.cols()), 1.0);
  for (const Index n : {v.cols(), v.cols() / 2, v.cols()}) {
    const Eigen::MatrixXd batch = v.leftCols(n);
    const auto expected = exact_gradient(model, batch, {}, on);
    trainer.step({.values = batch});
    CHECK(largest_difference(trainer.gradient().weights, expected.weights) < 1e-12);
    double far = 0;
    for_each_parameter(
        [&](const ParameterName&, Role, auto a, auto b) {
          for (Index i = 0; i < a.size(); ++i) far = std::fmax(far, std::abs(a.data[i] - b.data[i]));
        },
        trainer.gradient(), expected);
    CHECK(far < 1e-12);
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

TEST_CASE("Exact refuses models with too many visible states", "[cd][exact][errors]") {
  Rbm<Bernoulli, Bernoulli> large{{.visible = 17, .hidden = 2}};
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{large, {.chains = Exact{}}}), ValueError,
      Message("Exact: the visible layer has 131072 states, expected at most 65536 (most_states)"));
  Rbm<Gaussian, Bernoulli> real{{.visible = 2, .hidden = 2}};
  CHECK_THROWS_MATCHES((ContrastiveDivergence{real, {.chains = Exact{}}}), ValueError,
                       Message("Exact: the visible units have infinitely many states"));
}

}  // namespace test::training_chains_exact
