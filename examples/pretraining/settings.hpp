// The program's settings and their defaults.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <harmonium/harmonium.hpp>
#include <string>

#include "../options.hpp"

namespace pretraining {

using namespace harmonium;  // a part of one program

struct Settings {
  std::string data = "build/mnist/data";
  std::string output = "results";
  int epochs = 12;
  int seeds = 5;
  std::uint64_t first_seed = 1;
  int passes = 50;
  int threads = 0;
  bool labels = false;
  bool quick = false;

  // For each of the DBN's RBMs: they are small, and a stack needs them well trained. 30 epochs cost 0.2 %
  // after fine-tuning, and 100 gain nothing (on the digits that the study leaves unused).
  int deep_epochs() const { return quick ? epochs : std::max(epochs, 60); }
  Cpu<float> on() const { return threads == 0 ? Cpu<float>::all() : Cpu<float>(threads); }
  std::uint64_t seed(int i) const { return first_seed + static_cast<std::uint64_t>(i); }
  std::string path(const std::string& file) const { return output + '/' + file; }
};

// Parses the command line; what it throws is for app.exit().
inline void parse(CLI::App& app, Settings& settings, int argc, char** argv) {
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for models and results; results in it are reused")
      ->capture_default_str();
  app.add_flag(
      "--labels", settings.labels,
      "the other study: few labelled digits, all digits for pre-training, compared with modern networks");
  auto* epochs =
      app.add_option("--epochs", settings.epochs,
                     "at most, for each RBM (60 for a DBN's small ones, if that is more): 100 as in "
                     "the published work takes hours")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str();
  auto* seeds = app.add_option("--seeds", settings.seeds, "number of repetitions with different seeds")
                    ->check(CLI::Range(1, 1000))
                    ->capture_default_str();
  options::add_seed(app, settings.first_seed, "the first seed: the same seed gives the same result");
  app.add_option("--passes", settings.passes, "stochastic passes averaged in a DBN's reconstructions")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  options::add_threads(app, settings.threads);
  app.add_flag("--quick", settings.quick, "a tenth of the digits, two seeds, RBMs barely trained: a minute");
  app.parse(argc, argv);
  if (settings.quick) {
    if (epochs->empty()) settings.epochs = 6;
    if (seeds->empty()) settings.seeds = 2;
  }
}

}  // namespace pretraining
