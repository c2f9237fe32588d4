// Trains with nothing but defaults, with settings chosen by hand, and with every optimizer and chain policy
// at its own defaults; judges by the log likelihood of test samples.
#pragma once

#include <cstdio>
#include <harmonium/io.hpp>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../harmonium/settings.hpp"
#include "tasks.hpp"

namespace defaults {

using Json = nlohmann::ordered_json;
using Options = program::LearningOptions;

// A way to train. `set` sets everything that is not left at its default.
struct Way {
  std::string name;
  void (*set)(const std::string& task, Options& options);
};

// The best of a few settings tried by hand for each task; the guide says on which samples.
inline void tune(const std::string& task, Options& options) {
  options.steps = 3;
  options.max_gradient_norm = 10;
  const auto momentum = [&](double rate) { options.optimizer = Momentum{.rate = linear(rate, 0)}; };
  if (task == "digits") {
    options.epochs = 20;
    options.steps = 5;
    momentum(0.1);
    options.average_last = 0.3;
  } else if (task == "patches" || task == "patches-shifted") {
    options.epochs = 40;
    options.steps = 5;
  } else if (task == "topics") {
    options.epochs = 200;
    options.weight_decay = 2e-4;
  } else if (task == "sites") {
    options.epochs = 100;
    options.steps = 5;
    momentum(0.3);
  } else if (task == "table") {
    options.epochs = 1000;
    options.chains = Tempered{};
    momentum(0.1);
  } else if (task == "bars") {
    options.epochs = 20'000;
    options.chains = Tempered{};
    momentum(0.1);
  }
}

inline const char* const independent = "independent columns";

// The first table: independent units, nothing but defaults, settings chosen by hand.
inline std::vector<Way> main_ways() {
  return {{independent, [](const std::string&, Options& o) { o.epochs = 0; }},
          {"defaults", [](const std::string&, Options&) {}},
          {"tuned", tune}};
}
// The second table: a policy at its own defaults in place of the default one.
inline std::vector<Way> policy_ways() {
  return {{"Momentum", [](const std::string&, Options& o) { o.optimizer = Momentum{}; }},
          {"Nesterov", [](const std::string&, Options& o) { o.optimizer = Nesterov{}; }},
          {"Sgd", [](const std::string&, Options& o) { o.optimizer = Sgd{}; }},
          {"Adam", [](const std::string&, Options& o) { o.optimizer = Adam{}; }},
          {"Persistent", [](const std::string&, Options& o) { o.chains = Persistent{}; }},
          {"DataChains", [](const std::string&, Options& o) { o.chains = DataChains{}; }},
          {"FastWeights", [](const std::string&, Options& o) { o.chains = FastWeights{}; }},
          {"Tempered", [](const std::string&, Options& o) { o.chains = Tempered{}; }},
          {"Exact", [](const std::string&, Options& o) { o.chains = Exact{}; }}};
}

// How much of it, and how it is judged.
struct Study {
  std::uint64_t seed = 1;
  int hold_out = 0;          // training samples that take the place of the test samples
  int temperatures = 40000;  // of the sandwich, where states are too many to be summed over
  bool quick = false;
};

// Held-out training samples in place of the test samples, for choosing settings. All patterns of bars and
// stripes are learned from: none can be spared.
inline void hold_out(const std::string& task, Sets& sets, int count) {
  if (count <= 0 || task == "bars") return;
  std::tie(sets.test, sets.train) = split(sets.train, std::min<Index>(count, sets.train.size() / 4), 0);
}

// The mean log likelihood of test samples: exact if a layer has few states, otherwise by a sandwich.
template <class Model>
Json judge(const Model& model, const Sets& sets, const Study& study, const Cpu<float>& on) {
  const Eigen::MatrixXf test = sets.test.to_matrix<float>();
  const Cpu<double> precise(on.threads());
  if (detail::states_to_sum(model) <= (1 << 16)) {
    const Eigen::VectorXd each = exact_log_likelihood(model, test, precise);
    return {{"test_log_likelihood", each.mean()}, {"verdict", "exact"}};
  }
  const Index some = std::min<Index>(sets.train.size(), 1000);
  const Eigen::MatrixXf seen = sets.train.to_matrix<float>().leftCols(some);
  const Sandwich s =
      sandwich(model, seen, {.betas = uniform_betas(study.temperatures), .seed = study.seed}, on);
  return {{"test_log_likelihood", log_likelihood(model, test, s.log_z, on).mean()},
          {"verdict", s.consistent() ? "consistent" : "inconsistent"},
          {"gap", s.gap},
          {"reason", s.reason}};
}

// Trains a model as the options say, and judges it.
template <class Model>
Json train_and_judge(Model model, const Options& options, const Sets& sets, const Study& study,
                     const Cpu<float>& on) {
  const Timer timer;
  std::printf("%s\n", options.phase.c_str());
  std::fflush(stdout);
  ContrastiveDivergence{model, options, on}.fit(sets.train);
  const double seconds = timer.seconds();
  Json record = judge(model, sets, study, on);
  record["seconds_training"] = seconds;
  return record;
}

// How a task is learned in one way.
inline Options options_of(const std::string& task, const Way& way, const Study& study) {
  Options options{.seed = study.seed};
  way.set(task, options);
  options.phase = task + ", " + way.name;
  return options;
}
template <class Model>
Json learn(const Task<Model>& task, const Way& way, Options options, const Study& study,
           const Cpu<float>& on) {
  auto sizes = task.sizes;
  sizes.seed = study.seed;
  if (way.name == independent) {
    sizes.hidden = 1;
    sizes.weight_scale = 0;
  } else if (study.quick) {
    options.epochs = 2;
  }
  return train_and_judge(Model{sizes}, options, task.sets, study, on);
}

// A table of the program `harmonium`: its defaults on the rows of the task "table". One entry per run.
struct ProgramRun {
  std::string name;
  int hidden, times;  // hidden units, how many times the default number of epochs
};
inline std::vector<ProgramRun> program_runs() {
  return {{"10 hidden units", 10, 1},
          {"10 hidden units, ten times the epochs", 10, 10},
          {"32 hidden units", 32, 1}};
}
inline program::TrainSettings program_settings(const ProgramRun& run, std::uint64_t seed) {
  program::TrainSettings settings;
  settings.seed = seed;
  settings.epochs *= run.times;
  return settings;
}
inline Json learn_as_program(const ProgramRun& run, const program::TrainSettings& settings,
                             const Study& study, const Cpu<float>& on) {
  Task<Table> task = table_task(run.hidden);
  std::tie(std::ignore, task.sets.train) = split(
      task.sets.train, static_cast<Index>(settings.hold_out * static_cast<double>(task.sets.train.size())),
      settings.seed);  // the program keeps them aside
  task.sizes.seed = settings.seed;
  task.sizes.weight_scale = settings.weight_scale;
  Options options = program::training_options(settings, 0);
  if (study.quick) options.epochs = 2;
  options.fit_visible_biases = true;
  options.phase = run.name + ", seed " + std::to_string(settings.seed);
  return train_and_judge(Table{task.sizes}, options, task.sets, study, on);
}

}  // namespace defaults
