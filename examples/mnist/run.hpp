// What a run of any mode has: where it runs, what it has been through, what may interrupt it.
#pragma once

#include <harmonium/io.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace mnist {

using namespace harmonium;  // this file is a part of one program

// Thrown when the program is asked to end: whatever it was doing, the checkpoint is there.
struct Interrupted {
  std::string checkpoint;
};

inline Cpu<float> cpu(const Settings& settings) {
  return settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
}

inline std::vector<StackSize> sizes_of(const Settings& settings) {
  std::vector<StackSize> sizes = {784};
  for (const int units : settings.layers) sizes.emplace_back(units);
  return sizes;
}

struct Run {
  // Says what is about to be done.
  Run(const Settings& settings, const Mnist& mnist, const std::string& device);

  // Adds what a phase reported. \returns its time, also what was spent on it before the program was started
  // again \throws Interrupted if the phase was
  double finish(const History& history);

  // What was measured, and how it was come by: written to metrics.json.
  Json write_metrics(Json measured) const;

  const Settings& settings;
  std::string device;
  Timer timer = {};
  StopOnInterrupt interrupt = {};
  Checkpoint checkpoint;
  std::vector<History> histories = {};
  double seconds_pre_training = 0, seconds_fine_tuning = 0;
};

}  // namespace mnist
