// Does training reach the best model? Judged by exact likelihoods.
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/bars_and_stripes.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_learning {

// Over seeds 1 to 8 the likelihood was -1.773, and -1.783 at worst; the best is -1.733.
TEST_CASE("small bars and stripes are learned to within 0.1 nats of their best likelihood",
          "[cd][learning]") {
  check_bars_and_stripes(2, 8, 0.3, -1.733, 0.1,
                         {.epochs = 3000,
                          .batch_size = 8,
                          .steps = 5,
                          .chains = Persistent{.chains = 100},
                          .optimizer = Momentum{.rate = linear(0.3, 0), .momentum = 0.5},
                          .seed = 1});
}

TEST_CASE("the precisions of a Gaussian model are learned from its samples", "[cd][learning][slow]") {
  // Samples of a model whose hidden states hide well-separated clusters: h from p(h), then v given h.
  GaussianBernoulli truth{{.visible = 4, .hidden = 2}};
  truth.visible.parameters << 0.3, -1, -0.5, 0, 0.2, 0.5, 0, 1.5;
  truth.weights << 1, -0.8, -1.5, 1, 2, 1.5, 3, -4;
  truth.hidden.parameters << -0.5, 0.4;
  const Index samples = 20'000;
  const Cpu<double> on;
  Eigen::MatrixXd states(2, 4), input(4, 4), log_p = Eigen::MatrixXd::Zero(1, 4);
  write_states(truth.hidden, 0, View<double>(states));
  visible_input(on, truth, View<const double>(states), View<double>(input));
  add_log_partition(on, truth.visible, input, 1, log_p);
  add_energy(on, truth.hidden, states, -1, log_p);
  const Eigen::MatrixXd p = log_p.array().exp() / log_p.array().exp().sum();
  REQUIRE(p.maxCoeff() < 0.8);  // otherwise there would be one cluster
  Dice dice(1);
  Eigen::MatrixXf data(4, samples);
  for (Index c = 0; c < samples; ++c) {
    Index k = 0;
    for (double u = dice.uniform(); k < 3 && u >= p(0, k); ++k) u -= p(0, k);
    for (Index r = 0; r < 4; ++r) {
      const double precision = std::exp(truth.visible.parameters(r, 1));
      const double mean = (truth.visible.parameters(r, 0) + input(r, k)) / precision;
      data(r, c) = static_cast<float>(mean + dice.normal() / std::sqrt(precision));
    }
  }
  Rbm<Gaussian, Bernoulli> rbm{{.visible = 4, .hidden = 2, .seed = 1}};
  ContrastiveDivergence{rbm,
                        {.epochs = 30,
                         .batch_size = 100,
                         .optimizer = Momentum{.rate = linear(0.2, 0), .momentum = 0.5},
                         .seed = 1},
                        Cpu<float>{}}
      .fit(data);
  // 5 % are 0.05 of a logarithm. Chance's share is sqrt(2 / 20,000) = 0.01.
  for (Index r = 0; r < 4; ++r)
    CHECK_THAT(static_cast<double>(rbm.visible.parameters(r, 1)),
               Catch::Matchers::WithinAbs(truth.visible.parameters(r, 1), 0.05));
  const double best = exact_log_likelihood(truth, data.cast<double>().eval()).mean();
  CHECK(exact_log_likelihood(rbm, data).mean() > best - 0.01);
}

}  // namespace test::training_learning
