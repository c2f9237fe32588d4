// The program's modes: each is a row of the table in modes.cpp and a file with its `run`.
#pragma once

#include <harmonium/data/dataset.hpp>
#include <harmonium/io/formats/idx.hpp>
#include <span>

#include "settings.hpp"

namespace mnist {

// The amount of training, unless options override it.
struct Amount {
  std::vector<int> layers;
  int pre_training_epochs, epochs;
};

struct Mode {
  const char* name;
  const char* flag;    // the option that selects it; none for the default
  const char* what;    // the option's help
  const char* number;  // the entry of metrics.json by which seeds are compared
  Amount usual, quick;
  // Learns from mnist.train, tests on mnist.test, and writes all files to the output folder. \returns
  // metrics.json
  Json (*run)(const Settings& settings, const harmonium::Mnist& mnist);
};

// The default first.
std::span<const Mode> modes();

Json run_classifier(const Settings& settings, const harmonium::Mnist& mnist);
Json run_long(const Settings& settings, const harmonium::Mnist& mnist);
Json run_autoencoder(const Settings& settings, const harmonium::Mnist& mnist);
Json run_wake_sleep(const Settings& settings, const harmonium::Mnist& mnist);

}  // namespace mnist
