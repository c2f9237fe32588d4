// The program's settings: one list, from which the command line, the run file and the help are generated.
#pragma once

#include <cstdint>
#include <harmonium/training/contrastive_divergence_options.hpp>
#include <harmonium/training/fine_tuning_options.hpp>
#include <string>
#include <variant>
#include <vector>

namespace program {

// How to train.
struct TrainSettings {
  std::string visible = "", target = "", chains = "tempered", optimizer = "adam";
  std::vector<int> hidden = {32};
  int epochs = 100, batch_size = 20, steps = 1, chain_count = 20, temperatures = 10;
  double rate = 0.01, final_rate = 0, momentum = 0.5, weight_decay = 1e-4, l1 = 0, sparsity = 0,
         activity_target = 0.1;
  double max_norm = 0, l1b = 0, average_last = 0.5, hold_out = 0.1, weight_scale = 0.01;
  bool plain_gradient = false, generative = false;
  int patience = 0, threads = 0, tune_epochs = 100, tune_batch_size = 20;
  double tune_rate = 0.003, tune_weight_decay = 0.01, dropout = 0.2, input_dropout = 0;
  std::uint64_t seed = 1;
};

// Calls f(name, value, help, choices) for each; a name is --name on the command line and "name" in a file.
template <class Settings, class F>
void for_each_setting(Settings& s, F f) {
  using Choices = std::vector<std::string>;
  f("visible", s.visible,
    "kinds of columns where the guess is wrong: kind:column,column,... of the kinds bernoulli, "
    "categorical, "
    "gaussian, poisson and ignored; a..b are all columns from a to b, * all others",
    Choices{});
  f("target", s.target,
    "column to predict: the other columns are learned first, and then what it is given them; without a name: "
    "the label that each line of a LIBSVM file begins with",
    Choices{});
  f("generative", s.generative,
    "with --target: learn the classes together with the other columns, as one of them, and predict by that "
    "model: "
    "`score` and `sample --given` then know the target",
    Choices{});
  f("hidden", s.hidden,
    "hidden units, with --target 128 if nothing is said; more numbers make a deep belief network: 64,32",
    Choices{});
  f("epochs", s.epochs, "passes over the rows, for each layer", Choices{});
  f("batch-size", s.batch_size, "rows per update", Choices{});
  f("chains", s.chains,
    "where the negative phase comes from: cd, persistent chains, fast weights, tempered chains, or chains "
    "that follow the training path, which is kept with the model for its samples (of sequences, if nothing "
    "is "
    "said)",
    Choices{"cd", "pcd", "fast", "tempered", "trajectory"});
  f("chain-count", s.chain_count, "number of chains, except for cd", Choices{});
  f("temperatures", s.temperatures, "number of temperatures of tempered chains", Choices{});
  f("steps", s.steps, "steps of the chains per update", Choices{});
  f("optimizer", s.optimizer, "how parameters move", Choices{"adam", "momentum", "nesterov", "sgd"});
  f("rate", s.rate, "learning rate at the beginning", Choices{});
  f("final-rate", s.final_rate, "learning rate at the end, reached linearly", Choices{});
  f("momentum", s.momentum, "coefficient of momentum and nesterov", Choices{});
  f("weight-decay", s.weight_decay, "L2 penalty", Choices{});
  f("l1", s.l1, "L1 penalty", Choices{});
  f("l1b", s.l1b, "penalty on the squared sum of the sizes of a hidden unit's weights, for sequences",
    Choices{});
  f("sparsity", s.sparsity, "strength with which hidden units' mean activity is pulled to its target",
    Choices{});
  f("activity-target", s.activity_target, "target of the mean activity", Choices{});
  f("max-norm", s.max_norm, "largest norm of a hidden unit's weights; 0: no limit", Choices{});
  f("plain-gradient", s.plain_gradient, "use the plain gradient, not the centered one", Choices{});
  f("average-last", s.average_last, "end with the mean parameters of this last share of the updates",
    Choices{});
  f("weight-scale", s.weight_scale, "standard deviation of the initial weights", Choices{});
  f("tune-epochs", s.tune_epochs, "passes over the rows with a known target, to learn to predict it",
    Choices{});
  f("tune-batch-size", s.tune_batch_size, "rows per update of these passes", Choices{});
  f("tune-rate", s.tune_rate, "learning rate of these passes at their beginning", Choices{});
  f("tune-weight-decay", s.tune_weight_decay, "L2 penalty of these passes", Choices{});
  f("dropout", s.dropout, "fraction of each hidden layer's units dropped in an update of these passes",
    Choices{});
  f("input-dropout", s.input_dropout, "likewise of the inputs", Choices{});
  f("hold-out", s.hold_out, "share of the rows held out for evaluation", Choices{});
  f("patience", s.patience,
    "end with the best model after this many epochs in which the loss of held-out rows (minus their "
    "pseudo-likelihood; with --target then that of their predictions) was not the least so far; 0: never",
    Choices{});
  f("seed", s.seed, "of everything random: the same seed gives the same result", Choices{});
  f("threads", s.threads, "0 for all processors; the result does not depend on it", Choices{});
}

// How many threads: 0 for all processors.
inline harmonium::Cpu<float> processors(int threads) {
  return threads == 0 ? harmonium::Cpu<float>::all() : harmonium::Cpu<float>(threads);
}

// The library's chains, and those that follow the training path.
using Chains = std::variant<harmonium::Persistent, harmonium::DataChains, harmonium::FastWeights,
                            harmonium::Tempered, harmonium::Exact, harmonium::Trajectory>;
using LearningOptions = harmonium::ContrastiveDivergenceOptions<Chains>;

// The library's options for layer `layer`. Throws ValueError if one makes no sense.
LearningOptions training_options(const TrainSettings& settings, int layer);

// Likewise for learning to predict a target.
harmonium::FineTuningOptions<> fine_tuning_options(const TrainSettings& settings, bool classes);

// How to judge.
struct JudgeSettings {
  int chains = 100, temperatures = 2000, start_steps = 500, sweeps = 2000, threads = 0;
  std::uint64_t seed = 1;
};

}  // namespace program
