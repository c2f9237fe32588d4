// The display while a model learns.
#pragma once

#include <functional>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/progress_bar.hpp>
#include <optional>
#include <set>

namespace program {

// A live line on a terminal, a permanent line for each tenth of the epochs, and every warning once.
struct Progress {
  harmonium::ProgressBar bar{stderr};
  std::set<std::string> warned = {};
  void show(const harmonium::EpochReport& report, bool last);
};

// Looks, reports, and stops. One type, so that training is compiled once.
struct Watcher {
  std::function<void(harmonium::EpochReport&)> look;
  Progress progress = {};
  std::optional<harmonium::EarlyStopping> stopping = {};
  harmonium::Flow operator()(harmonium::EpochReport& report) {
    look(report);
    const harmonium::Flow flow = stopping ? (*stopping)(report) : harmonium::Flow::go_on;
    progress.show(report, flow == harmonium::Flow::stop_and_restore);
    return flow;
  }
  void on_batch(const harmonium::BatchReport& report) { progress.bar.on_batch(report); }
};

}  // namespace program
