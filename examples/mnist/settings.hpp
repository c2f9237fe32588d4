// What the program can be asked to do, and what it does by default.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "../options.hpp"

namespace mnist {

struct Settings {
  std::string data = "build/mnist/data";
  std::string output = "results";
  std::vector<int> layers = {500, 500, 2000};
  int pre_training_epochs = 8;
  int epochs = 12;
  std::uint64_t seed = 1;
  int threads = 0;
  std::string backend = "auto";
  std::string products = "exact";
  int hold_out = 0;
  bool quick = false;
  bool no_pre_training = false;
  bool resume = false;

  std::string checkpoint() const { return output + "/checkpoint.safetensors"; }
};

// Reads the command line; what it throws goes to app.exit().
inline void parse(CLI::App& app, Settings& settings, int argc, char** argv) {
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for pictures, tables and models; made if need be")
      ->capture_default_str();
  app.add_option("--layers", settings.layers, "units of each hidden layer from the bottom up")
      ->delimiter(',')
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  auto* pre_training_epochs =
      app.add_option("--pre-training-epochs", settings.pre_training_epochs, "epochs of each RBM")
          ->check(CLI::Range(0, 1000000))
          ->capture_default_str();
  auto* epochs = app.add_option("--epochs", settings.epochs, "epochs of fine-tuning")
                     ->check(CLI::Range(0, 1000000))
                     ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_option("--backend", settings.backend,
                 "cpu, cuda (if the program was built with it), or auto: cuda where there is a device")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--products", settings.products, "of a CUDA device: exact, or tf32 or bf16 by tensor cores")
      ->check(CLI::IsMember({"exact", "tf32", "bf16"}))
      ->capture_default_str();
  app.add_option(
         "--hold-out", settings.hold_out,
         "test on so many training digits, kept aside, instead of the test set: to choose settings by")
      ->check(CLI::Range(0, 59999))
      ->capture_default_str();
  app.add_flag("--quick", settings.quick, "fewer epochs: a minute instead of several");
  app.add_flag("--no-pre-training", settings.no_pre_training, "the same network from a fresh start");
  app.add_flag("--resume", settings.resume,
               "go on where the last run with the same options and output folder was interrupted or killed");
  app.parse(argc, argv);
  if (settings.quick) {
    if (pre_training_epochs->empty()) settings.pre_training_epochs = 1;
    if (epochs->empty()) settings.epochs = 3;
  }
}

}  // namespace mnist
