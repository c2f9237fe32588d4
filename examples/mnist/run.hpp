// What a run of any mode has: its backend, its history, and what may interrupt it.
#pragma once

#include <harmonium/io.hpp>
#include <string>
#include <vector>

#include "settings.hpp"

namespace mnist {

using namespace harmonium;  // a part of one program

// Thrown when the program is asked to end; the checkpoint has been written.
struct Interrupted {
  std::string checkpoint;
};

inline Cpu<float> cpu(const Settings& settings) {
  const auto on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
  return settings.products == "bf16" ? Cpu<float>(on.threads(), Precision::mixed) : on;
}

inline std::vector<StackSize> sizes_of(const Settings& settings) {
  std::vector<StackSize> sizes = {784};
  for (const int units : settings.layers) sizes.emplace_back(units);
  return sizes;
}

inline Shards shards(const Settings& settings) { return {.count = settings.shards, .group = settings.group}; }

struct Run {
  // Prints what is about to be done.
  Run(const Settings& settings, const Mnist& mnist, const std::string& device);

  // Adds a phase's history. \returns its time, including time spent before the program was restarted \throws
  // Interrupted if the phase was interrupted
  double finish(const History& history);

  // Is this the process that writes files?
  bool writes() const { return settings.group.is_first(); }

  // The measurements and the settings behind them, as written to metrics.json.
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
