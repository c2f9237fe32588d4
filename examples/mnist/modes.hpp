// What the program can do: a mode is a row of the table in modes.cpp and a file that has its `run`.
#pragma once

#include <harmonium/data/dataset.hpp>
#include <harmonium/io/formats/idx.hpp>
#include <span>

#include "settings.hpp"

namespace mnist {

// How much of it, unless options say otherwise.
struct Amount {
  std::vector<int> layers;
  int pre_training_epochs, epochs;
};

struct Mode {
  const char* name;
  const char* flag;    // the option that chooses it; none for what is done by default
  const char* what;    // the option's help
  const char* number;  // the one of metrics.json that seeds are compared by
  Amount usual, quick;
  // Learns from mnist.train, tests on mnist.test, leaves all files in the output folder. \returns
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
