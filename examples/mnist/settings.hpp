// The program's settings.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <harmonium/core/process_group.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../options.hpp"

namespace mnist {

using Json = nlohmann::ordered_json;

struct Mode;

struct Settings {
  const Mode* mode = nullptr;
  std::string data = "build/mnist/data";
  std::string output = "results";
  std::vector<int> layers;
  int pre_training_epochs = 0;
  int epochs = 0;
  std::uint64_t seed = 1;
  int seeds = 1;
  int threads = 0;
  std::string backend = "auto";
  std::string products = "exact";
  int hold_out = 0;
#if defined(HARMONIUM_MPI)
  int shards = 8;  // fixed, so that the model is the same for any number of processes
#else
  int shards = 1;
#endif
  harmonium::ProcessGroup group;
  bool quick = false;
  bool no_pre_training = false;
  bool resume = false;

  std::string path(const std::string& file) const { return output + '/' + file; }
  std::string checkpoint() const { return path("checkpoint.safetensors"); }
};

// Parses the command line; what it throws is for app.exit().
void parse(CLI::App& app, Settings& settings, int argc, char** argv);

// Everything that results depend on, as written to metrics.json.
Json described(const Settings& settings);

}  // namespace mnist
