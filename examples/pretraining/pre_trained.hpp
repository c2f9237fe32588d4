// DBNs of one or several RBMs, trained once per seed and kept in a file; and statistics of their codes.
#pragma once

#include <algorithm>
#include <cstdio>
#include <harmonium/io.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../kept.hpp"
#include "settings.hpp"

namespace pretraining {

using Json = nlohmann::ordered_json;
using BinaryDbn = Dbn<Stack<Bernoulli>>;
using GaussianDbn = Dbn<Stack<Gaussian, Bernoulli>>;  // for grey pixels

// Everything that determines a DBN.
struct Recipe {
  std::string name;
  std::vector<Index> sizes;
  int epochs = 0;
  std::uint64_t seed = 0;
  Index digits = 0;  // number of training digits
  // Hidden units start mostly off (Hinton, 2010, section 8): 2,500 units that start half on move together for
  // a long time, and their codes, half on, make a poor start for fine-tuning. On the digits that the study
  // leaves unused, -2 is better than 0 for both networks, and for the DBN as good as -3 or -4.
  float hidden_bias = -2;

  std::string file() const { return name + '-' + std::to_string(seed) + ".safetensors"; }
  Json settings() const {
    return {{"sizes", sizes},
            {"epochs", epochs},
            {"steps", 10},
            {"batch", 128},
            {"rate", 0.0005},
            {"centered", false},
            {"hidden_bias", hidden_bias},
            {"patience", 10},
            {"digits", digits},
            {"seed", seed}};
  }
};

// The first digits of a set, on which errors and codes are measured.
inline Eigen::MatrixXf first_of(const Dataset& digits, Index count) {
  std::vector<Index> columns;
  for (Index i = 0; i < std::min(count, digits.size()); ++i) columns.push_back(i);
  return digits.subset(columns).to_matrix<float>();
}

// Mean absolute difference between a pixel, or a unit below, and its reconstruction one step up and down.
template <class R>
double absolute_error(const R& rbm, const Eigen::MatrixXf& v, const Cpu<float>& on) {
  return (reconstruct(rbm, v, {}, on) - v).cwiseAbs().mean();
}

// Trains one RBM until its mean absolute error has not decreased for ten epochs. \returns the number of
// epochs
template <class R, class Source>
std::size_t train(const Recipe& recipe, R& rbm, Index layer, const Source& source, const Cpu<float>& on) {
  ContrastiveDivergence trainer{rbm,
                                {.epochs = recipe.epochs,
                                 .batch_size = 128,
                                 .steps = 10,
                                 .chains = DataChains{},
                                 .optimizer = Adam{.rate = 0.0005},
                                 .max_gradient_norm = 0,
                                 .centered = false,
                                 .average_last = 0,
                                 .seed = seed_of_layer(recipe.seed, static_cast<std::size_t>(layer)),
                                 .phase = recipe.name + ", rbm " + std::to_string(layer + 1)},
                                on};
  const Index count = std::min<Index>(1000, source.size());
  Eigen::MatrixXf v(source.rows(), count);
  std::vector<Index> columns(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) columns[static_cast<std::size_t>(i)] = i;
  source.fill(on, columns, View<float>(v));
  const auto look = [&](EpochReport& report) {
    report.metrics.emplace_back("absolute_error", absolute_error(rbm, v, on));
  };
  return trainer.fit(source, look, EarlyStopping{.metric = "absolute_error", .patience = 10}, ProgressBar{})
      .epochs.size();
}

// A trained DBN: from its file if that is complete and was made with the same settings.
template <class Model>
kept::Found<Model> pre_trained(const Settings& settings, const Recipe& recipe, const Dataset& digits,
                               const Cpu<float>& on) {
  const std::string path = settings.path(recipe.file()), how = recipe.settings().dump();
  if (auto found = kept::find<Model>(path, how)) {
    std::printf("%s is complete\n", recipe.file().c_str());
    return std::move(*found);
  }
  const Timer timer;
  Model dbn{{.sizes = {recipe.sizes.begin(), recipe.sizes.end()}, .seed = recipe.seed}};
  std::string epochs;
  for_each_rbm(dbn, [&](auto& rbm, Index i) {
    rbm.hidden.parameters.setConstant(recipe.hidden_bias);
    const std::size_t taken =
        i == 0 ? train(recipe, rbm, i, digits, on)
               : train(recipe, rbm, i, EncodedSource<Model, Dataset>(dbn, digits, i, false, recipe.seed), on);
    epochs += (i == 0 ? "" : ",") + std::to_string(taken);
  });
  const double seconds = timer.seconds();
  const Metadata more = {{"epochs", epochs}};
  kept::keep(path, dbn, how, seconds, more);
  return {std::move(dbn), seconds, more};
}

// Statistics of the codes of a DBN's layers, one record per layer. A unit is dead if it is off for all
// digits, saturated if it is on for all.
template <class Model>
Json describe_codes(const Recipe& recipe, const kept::Found<Model>& found, const Eigen::MatrixXf& digits,
                    const Cpu<float>& on) {
  Json layers = Json::array();
  Eigen::MatrixXf x = digits;
  for_each_rbm(found.model, [&](const auto& rbm, Index i) {
    const double error = absolute_error(rbm, x, on);
    x = mean_hidden(rbm, x, on);
    const auto share = [&](const auto& units) {
      return static_cast<double>(units.count()) / static_cast<double>(x.rows());
    };
    layers.push_back({{"model", recipe.name},
                      {"seed", recipe.seed},
                      {"layer", i + 1},
                      {"units", x.rows()},
                      {"mean_activation", x.cast<double>().mean()},
                      {"dead", share(x.rowwise().maxCoeff().array() < 0.01f)},
                      {"saturated", share(x.rowwise().minCoeff().array() > 0.99f)},
                      {"absolute_error", error},
                      {"epochs", found.metadata.at("epochs")},
                      {"seconds", found.seconds}});
  });
  return layers;
}

}  // namespace pretraining
