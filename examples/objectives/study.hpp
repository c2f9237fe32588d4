// Compares objectives: the same small RBM is trained by each and judged by its exact log likelihood, as in
// Marlin, Swersky, Chen and de Freitas (2010).
#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <harmonium/io.hpp>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../kept.hpp"
#include "patches.hpp"

namespace objectives {

using namespace harmonium;  // this file is a part of one program

using Json = nlohmann::ordered_json;
using Digits = Rbm<Bernoulli, Bernoulli>;  // thresholded, 784-16
using Patches = Rbm<Gaussian, Bernoulli>;  // of 7 x 7 grey pixels, 49-16

// One row of the table: a model's data, its objective, the number of epochs and the rate. Rates fall linearly
// to 0, and the mean over the last fifth of all updates is judged.
struct Recipe {
  std::string data, objective;
  int epochs = 0;
  double rate = 0;
};

// Rates were chosen on 10,000 held-out training samples (--hold-out 10000).
inline std::vector<Recipe> recipes(bool quick) {
  std::vector<Recipe> all = {{"digits", "pseudo-likelihood", 10, 0.01},
                             {"digits", "ratio matching", 10, 0.03},
                             {"digits", "minimum probability flow", 10, 0.03},
                             {"digits", "CD-1", 20, 0.3},
                             {"digits", "PCD", 20, 0.8},
                             {"patches", "score matching", 20, 0.01},
                             {"patches", "CD-1", 20, 0.01},
                             {"patches", "PCD", 20, 0.1}};
  for (Recipe& recipe : all)
    if (quick) recipe.epochs = recipe.data == "digits" ? 2 : 3;
  return all;
}

inline Json settings_of(const Recipe& recipe, Index samples, int hold_out, std::uint64_t seed) {
  return {{"data", recipe.data},
          {"objective", recipe.objective},
          {"epochs", recipe.epochs},
          {"rate", recipe.rate},
          {"training_samples", samples},
          {"hold_out", hold_out},
          {"seed", seed},
          {"hidden", 16},
          {"batch_size", 100}};
}

template <class Model>
void train(const Recipe& recipe, Model& model, const Dataset& data, std::uint64_t seed,
           const Cpu<float>& on) {
  const Schedule rate = linear(recipe.rate, 0);
  const std::string phase = recipe.data + ", " + recipe.objective;
  const LocalObjectiveOptions<> local{.epochs = recipe.epochs,
                                      .optimizer = Adam{.rate = rate},
                                      .max_gradient_norm = 100,
                                      .average_last = 0.2,
                                      .seed = seed,
                                      .phase = phase};
  if (recipe.objective == "CD-1" || recipe.objective == "PCD") {
    ContrastiveDivergenceOptions<> options{.epochs = recipe.epochs,
                                           .steps = 1,
                                           .chains = DataChains{},
                                           .optimizer = Momentum{.rate = rate, .momentum = 0.5},
                                           .max_gradient_norm = 0,
                                           .average_last = 0.2,
                                           .seed = seed,
                                           .phase = phase};
    if (recipe.objective == "PCD") options.chains = Persistent{.chains = 100};
    ContrastiveDivergence{model, options, on}.fit(data, ProgressBar{});
  } else if constexpr (decltype(model.visible)::finite) {
    if (recipe.objective == "pseudo-likelihood") PseudoLikelihood{model, local, on}.fit(data, ProgressBar{});
    if (recipe.objective == "ratio matching") RatioMatching{model, local, on}.fit(data, ProgressBar{});
    if (recipe.objective == "minimum probability flow")
      MinimumProbabilityFlow{model, local, on}.fit(data, ProgressBar{});
  } else {
    ScoreMatching{model, local, on}.fit(data, ProgressBar{});
  }
}

// A model's mean log likelihood over test samples, and its standard error.
template <class Model>
Json judge(const Model& model, const Sets& sets, const Cpu<float>& on) {
  const Cpu<double> precise(on.threads());
  const auto log_likelihood = [&](const Dataset& data) {
    return exact_log_likelihood(model, data.to_matrix<float>(), precise);
  };
  const Eigen::VectorXd test = log_likelihood(sets.test);
  const double spread = std::sqrt((test.array() - test.mean()).square().mean());
  const Index some = std::min<Index>(sets.train.size(), 10000);
  const double train =
      exact_log_likelihood(model, sets.train.to_matrix<float>().leftCols(some).eval(), precise).mean();
  return {{"test_log_likelihood", test.mean()},
          {"sampling_error", spread / std::sqrt(static_cast<double>(test.size()))},
          {"train_log_likelihood", train}};
}

template <class Model>
Json train_and_judge(const Recipe& recipe, const Sets& sets, std::uint64_t seed, const Cpu<float>& on) {
  Model model{{.visible = sets.train.rows(), .hidden = 16, .seed = seed}};
  const Timer timer;
  train(recipe, model, sets.train, seed, on);
  const double seconds = timer.seconds();
  Json record = judge(model, sets, on);
  record["seconds_training"] = seconds;
  return record;
}

// The results as a table in Markdown.
inline std::string table_of(const Json& records) {
  std::ostringstream table;
  table << "data | objective | nats per test sample | sampling error | nats per training sample | seconds\n"
        << "---|---|---|---|---|---\n"
        << std::fixed;
  for (const Json& record : records) {
    const auto number = [&](const char* name) { return record.at(name).get<double>(); };
    table << record.at("data").get<std::string>() << " | " << record.at("objective").get<std::string>()
          << " | " << std::setprecision(2) << number("test_log_likelihood") << " | "
          << number("sampling_error") << " | " << number("train_log_likelihood") << " | "
          << std::setprecision(0) << number("seconds_training") << '\n';
  }
  return table.str();
}

}  // namespace objectives
