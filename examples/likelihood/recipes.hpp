// The models of the table, and how each is trained.
#pragma once

#include <harmonium/harmonium.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace likelihood {

using namespace harmonium;  // a part of one program

using Json = nlohmann::ordered_json;
using BinaryRbm = Rbm<Bernoulli, Bernoulli>;
using BinaryDbn = Dbn<Stack<Bernoulli>>;

// How grey pixels become black and white.
enum class Pixels {
  thresholded,  // 1 above one half
  drawn         // once, with the grey level as the probability of a 1
};
inline const char* text_of(Pixels pixels) {
  return pixels == Pixels::thresholded ? "thresholded at 0.5"
                                       : "drawn once with the grey level as probability";
}

// A model and its training. For a DBN only the top RBM is trained here: the one below it is the RBM of
// another recipe.
struct Recipe {
  std::string name;
  Pixels pixels = Pixels::thresholded;
  int hidden = 0;          // of the RBM to train
  std::string below = {};  // the recipe of the RBM below it, if any
  int epochs = 0, steps = 0;
  double rate = 0;  // falls to 0 linearly
  bool by_default = true;
};

// Settings were chosen on 10,000 held-out training digits (--hold-out 10000).
inline std::vector<Recipe> recipes(bool quick) {
  std::vector<Recipe> all = {
      {.name = "rbm-16", .hidden = 16, .epochs = 50, .steps = 5, .rate = 0.8},
      {.name = "rbm-500", .hidden = 500, .epochs = 30, .steps = 5, .rate = 0.03},
      {.name = "rbm-500-drawn",
       .pixels = Pixels::drawn,
       .hidden = 500,
       .epochs = 60,
       .steps = 5,
       .rate = 0.08,
       .by_default = false},
      {.name = "dbn-500-2000-drawn",
       .pixels = Pixels::drawn,
       .hidden = 2000,
       .below = "rbm-500-drawn",
       .epochs = 5,
       .steps = 5,
       .rate = 0.002,
       .by_default = false},
  };
  for (Recipe& recipe : all)
    if (quick) {
      recipe.epochs = recipe.hidden == 16 ? 10 : 2;
      recipe.by_default = true;
    }
  return all;
}

// Everything that determines the result. A model made with the same settings is not made again.
inline Json settings_of(const Recipe& recipe, Index digits, int hold_out, std::uint64_t seed) {
  return {{"pixels", text_of(recipe.pixels)}, {"hidden", recipe.hidden}, {"below", recipe.below},
          {"epochs", recipe.epochs},          {"steps", recipe.steps},   {"rate", recipe.rate},
          {"training_digits", digits},        {"hold_out", hold_out},    {"seed", seed}};
}

// Persistent chains, the centered gradient, and the mean of the last parameters.
inline ContrastiveDivergenceOptions<> training_options(const Recipe& recipe, std::uint64_t seed) {
  const Schedule rate = linear(recipe.rate, 0);
  return {.epochs = recipe.epochs,
          .batch_size = 100,
          .steps = recipe.steps,
          .chains = Persistent{.chains = 100},
          .optimizer = Momentum{.rate = recipe.below.empty() ? rate : warm_up(0.1, rate), .momentum = 0.5},
          .max_gradient_norm = 0,
          .average_last = 0.2,
          .seed = seed,
          .phase = recipe.name};
}

inline BinaryRbm train_rbm(const Recipe& recipe, const Dataset& digits, std::uint64_t seed,
                           const Cpu<float>& on) {
  BinaryRbm rbm{{.visible = digits.rows(), .hidden = recipe.hidden, .seed = seed}};
  ContrastiveDivergence{rbm, training_options(recipe, seed), on}.fit(digits, ProgressBar{});
  return rbm;
}

// A DBN on a trained RBM. Its top RBM starts as that RBM upside down, with extra units: the bound on the
// DBN's likelihood is then the RBM's own likelihood, and further learning improves on it (Hinton, Osindero
// and Teh, 2006).
inline BinaryDbn train_dbn(const Recipe& recipe, const BinaryRbm& below, const Dataset& digits,
                           std::uint64_t seed, const Cpu<float>& on) {
  const Index pixels = below.visible.rows();
  check<ValueError>(recipe.hidden >= pixels, recipe.name, ": ", recipe.hidden,
                    " units on top cannot hold the RBM below, which has ", pixels, " visible ones");
  BinaryDbn dbn{{.sizes = {pixels, below.hidden.rows(), recipe.hidden}, .seed = seed}};
  auto& top = std::get<BinaryRbm>(dbn.rbms[1]);
  dbn.rbms[0] = below;
  top.weights.leftCols(pixels) = below.weights.transpose();
  top.visible.parameters = below.hidden.parameters;
  top.hidden.parameters.topRows(pixels) = below.visible.parameters;
  const EncodedSource<BinaryDbn, Dataset> codes(dbn, digits, 1, true, seed);
  ContrastiveDivergence{top, training_options(recipe, seed_of_layer(seed, 1)), on}.fit(codes, ProgressBar{});
  return dbn;
}

}  // namespace likelihood
