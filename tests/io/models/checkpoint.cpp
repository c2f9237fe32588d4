// A run that is killed anywhere and resumed ends like one that was not.
#include <harmonium/data/dataset.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/pseudo_likelihood.hpp>
#include <harmonium/training/score_matching.hpp>

#include "io/models/killed.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace {

Eigen::MatrixXf bits(Index rows, Index samples, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXf x(rows, samples);
  for (Index c = 0; c < samples; ++c)
    for (Index r = 0; r < rows; ++r) x(r, c) = dice.uniform() < 0.3 ? 1 : 0;
  return x;
}

using Bits = Rbm<Bernoulli, Bernoulli>;

// The whole program: a fresh model, a fresh trainer, and what they end with.
template <class Chains>
std::string train(const ContrastiveDivergenceOptions<Chains>& options, Killer& killer,
                  Checkpoint& checkpoint) {
  const Dataset data(bits(6, 53, 1));
  Bits rbm{{.visible = 6, .hidden = 4, .seed = 3}};
  ContrastiveDivergence<Bits, ContrastiveDivergenceOptions<Chains>> trainer{rbm, options};
  const History history = trainer.fit(data, EarlyStopping{.patience = 3}, killer, checkpoint);
  return bytes_of(rbm) + without_seconds(history) + std::to_string(trainer.steps());
}

}  // namespace

TEST_CASE("contrastive divergence that is killed and resumed ends in the same bytes", "[io][checkpoint]") {
  const ContrastiveDivergenceOptions<> options[] = {
      {.epochs = 7,
       .batch_size = 10,
       .optimizer = Momentum{.rate = linear(0.2, 0), .momentum = 0.9},
       .average_last = 0.6,
       .seed = 1},
      {.epochs = 7,
       .batch_size = 10,
       .steps = 2,
       .chains = Persistent{.chains = 7},
       .optimizer = Adam{.rate = 0.02},
       .penalties = {.l1 = 1e-4, .group = 1e-3, .sparsity = 0.1, .max_norm = 2},
       .seed = 2},
      {.epochs = 7, .batch_size = 10, .chains = FastWeights{.chains = 7}, .optimizer = Nesterov{}, .seed = 3},
      {.epochs = 7,
       .batch_size = 10,
       .chains = Tempered{.chains = 5, .temperatures = 4},
       .optimizer = Sgd{},
       .statistics = Statistics::samples,
       .seed = 4},
      {.epochs = 7, .batch_size = 10, .chains = Exact{}, .seed = 5}};
  std::uint64_t seed = 1;
  for (const auto& own : options) {
    INFO("case " << seed);
    check_that_kills_do_not_matter(
        [&](Killer& killer, Checkpoint& checkpoint) { return train(own, killer, checkpoint); }, 4, seed++);
  }
}

TEST_CASE("a run with a ladder of frozen models ends in the same bytes as well",
          "[io][checkpoint][trajectory]") {
  const Trajectory chains{
      .chains = 10, .blocks = 2, .freeze_below = 0.9, .refuse_below = 0.75, .settle = 1, .apart = 0.5};
  check_that_kills_do_not_matter(
      [&](Killer& killer, Checkpoint& checkpoint) {
        return train(ContrastiveDivergenceOptions<Trajectory>{.epochs = 12,
                                                              .batch_size = 10,
                                                              .steps = 1,
                                                              .chains = chains,
                                                              .optimizer = Momentum{.rate = 3},
                                                              .seed = 6},
                     killer, checkpoint);
      },
      6, 6);
  // The ladder grew, and updates were refused: else little was tested.
  Bits rbm{{.visible = 6, .hidden = 4, .seed = 3}};
  ContrastiveDivergence<Bits, ContrastiveDivergenceOptions<Trajectory>> trainer(
      rbm, {.epochs = 12,
            .batch_size = 10,
            .steps = 1,
            .chains = chains,
            .optimizer = Momentum{.rate = 3},
            .seed = 6});
  const auto last = trainer.fit(Dataset(bits(6, 53, 1))).epochs.back();
  CHECK(last.metric("rungs") >= 3);
  CHECK(last.metric("refusals") >= 1);
}

TEST_CASE("a run over several calls of fit is resumed within its plan", "[io][checkpoint][portions]") {
  const auto program = [](Killer& killer, Checkpoint& checkpoint) {
    Bits rbm{{.visible = 6, .hidden = 4, .seed = 3}};
    ContrastiveDivergence trainer{rbm,
                                  {.epochs = 2,
                                   .batch_size = 10,
                                   .optimizer = Momentum{.rate = linear(0.2, 0), .momentum = linear(0, 0.9)},
                                   .average_last = 0.5,
                                   .seed = 1}};
    trainer.plan_updates(3 * 2 * 3);
    std::string histories;
    for (std::uint64_t portion = 1; portion <= 3; ++portion)
      histories += without_seconds(trainer.fit(Dataset(bits(6, 23, portion)), killer, checkpoint));
    return bytes_of(rbm) + histories + std::to_string(trainer.steps());
  };
  check_that_kills_do_not_matter(program, 4, 8);
}

TEST_CASE("other models' runs end in the same bytes as well", "[io][checkpoint]") {
  const auto check = [](auto begin, const Dataset& data, std::uint64_t seed) {
    check_that_kills_do_not_matter(
        [&](Killer& killer, Checkpoint& checkpoint) {
          auto model = begin;
          ContrastiveDivergence trainer{model,
                                        {.epochs = 4,
                                         .batch_size = 10,
                                         .chains = Persistent{.chains = 7},
                                         .optimizer = Momentum{.rate = 0.02},
                                         .seed = 1}};
          const History history = trainer.fit(data, killer, checkpoint);
          return bytes_of(model) + without_seconds(history);
        },
        3, seed);
  };
  check(BoltzmannMachine<Spin, Cpu<double>>{{.visible = 5}},
        Dataset(Eigen::MatrixXf(2 * bits(5, 31, 1).array() - 1)), 1);
  using Table = Rbm<Mixed<Bernoulli, Gaussian>, Categorical>;
  check(Table{{.visible = {3, 2}, .hidden = {.units = 2, .states = 3}, .seed = 1}}, Dataset(bits(5, 31, 2)),
        2);
}

TEST_CASE("runs by local objectives end in the same bytes as well", "[io][checkpoint][objective]") {
  const LocalObjectiveOptions<> options{.epochs = 6,
                                        .batch_size = 10,
                                        .optimizer = Adam{.rate = linear(0.02, 0)},
                                        .penalties = {.sparsity = 0.1},
                                        .average_last = 0.5,
                                        .seed = 1};
  const auto check = [&](auto begin, auto make, std::uint64_t seed) {
    const Dataset data(bits(6, 53, 1));
    check_that_kills_do_not_matter(
        [&](Killer& killer, Checkpoint& checkpoint) {
          auto model = begin;
          auto trainer = make(model, options);
          const History history = trainer.fit(data, EarlyStopping{.patience = 3}, killer, checkpoint);
          return bytes_of(model) + without_seconds(history);
        },
        3, seed);
  };
  check(
      Bits{{.visible = 6, .hidden = 4, .seed = 3}},
      [](auto& model, const auto& o) { return PseudoLikelihood(model, o); }, 1);
  check(
      Rbm<Gaussian, Bernoulli>{{.visible = 6, .hidden = 4, .seed = 3}},
      [](auto& model, const auto& o) { return ScoreMatching(model, o); }, 2);
}
