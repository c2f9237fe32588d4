// Where a model that learns the shifter set puts its probability: on 384 of 2^17 states.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <map>

#include "support/catch.hpp"

using namespace harmonium;

TEST_CASE("the shifter set is learned to within 0.05 nats of its best likelihood", "[learning][slow]") {
  const Dataset data = shifter(7);
  const Eigen::MatrixXf v = data.to_matrix<float>();
  // The entropy of the empirical distribution, by counting; no model can do better.
  std::map<std::vector<float>, double> counts;
  for (Index c = 0; c < v.cols(); ++c) counts[{v.col(c).begin(), v.col(c).end()}] += 1;
  double best = 0;
  const auto n = static_cast<double>(v.cols());
  for (const auto& [sample, count] : counts) best += count / n * std::log(count / n);
  CHECK(std::abs(best + std::log(384)) < 1e-12);

  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 17, .hidden = 64, .seed = 1, .weight_scale = 0.3}};
  ContrastiveDivergence{rbm,
                        {.epochs = 14000,
                         .batch_size = 96,
                         .steps = 10,
                         .chains = Persistent{.chains = 100},
                         .optimizer = Momentum{.rate = linear(0.07, 0), .momentum = 0.5},
                         .seed = 1},
                        Cpu<float>{}}
      .fit(data);
  const double by_chains = exact_log_likelihood(rbm, v).mean();

  // The exact gradient removes the noise left by the chains.
  using Precise = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  Precise precise = convert<Cpu<double>>(rbm);
  const Eigen::MatrixXd x = v.cast<double>();
  const Cpu<double> on;
  const Adam adam{.rate = 0.01};
  OptimizerState<Precise> optimizer(precise, adam);
  for (int step = 0; step < 60; ++step)
    optimizer.step(on, adam, 0, 0, 0, exact_gradient(precise, x, {}, on), precise);
  const double reached = exact_log_likelihood(precise, x).mean();
  INFO("reached " << by_chains << " by chains, " << reached << " by the exact gradient; the best is "
                  << best);
  CHECK(by_chains > best - 1);
  CHECK(reached > best - 0.05);
  CHECK(reached < best);
}
