/// \file
/// What a training run tells its observers, and what they answer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/error.hpp"
#include "../../core/view.hpp"

namespace harmonium {

/// An observer's answer.
enum class Flow {
  go_on,             ///< nothing to say
  keep,              ///< the model is the best so far: keep it
  stop,              ///< end the run with the model as it is
  stop_and_restore,  ///< end the run with the model that was kept last
  pause              ///< end `fit` now although the run is not over: it can be resumed later
};

/// One epoch: a pass over all samples.
struct EpochReport {
  std::string phase = {};    ///< what is trained, such as "rbm 1" or "fine-tuning"
  int epoch = 0;             ///< this epoch, counted from 1
  int epochs = 0;            ///< epochs planned
  double seconds = 0;        ///< time that the epoch took
  double total_seconds = 0;  ///< time since the run began
  double rate = 0;           ///< learning rate at the epoch's end
  std::vector<std::pair<std::string, double>> metrics = {};  ///< what was measured, by name
  std::vector<std::string> warnings = {};                    ///< known problems, as sentences

  /// A metric by its name. \throws ValueError if it was not measured
  double metric(std::string_view name) const {
    std::string known;
    for (const auto& [key, value] : metrics) {
      if (key == name) return value;
      known += (known.empty() ? "" : ", ") + key;
    }
    throw ValueError("report: there is no metric '" + std::string(name) + "', measured were: " + known);
  }
};

/// Progress within an epoch.
struct BatchReport {
  std::string_view phase = {};  ///< what is trained
  int epoch = 0;                ///< this epoch, counted from 1
  int epochs = 0;               ///< epochs planned
  Index batch = 0;              ///< batches done in this epoch
  Index batches = 0;            ///< batches in an epoch
  double total_seconds = 0;     ///< time since the run began
};

/// All epochs of a run.
struct History {
  std::vector<EpochReport> epochs = {};  ///< in order
  bool paused = false;                   ///< did an observer end it before it was over?
};

/// Anything that can be called with a report, and answers with a `Flow` or nothing. One that takes
/// `EpochReport&` may add metrics and warnings, which the observers after it and the history see. If it also
/// has `on_batch(const BatchReport&)`, that is called after every batch, and may answer `Flow::pause`. Two
/// more optional members, `on_begin` and `on_state`, are described in training/run/run_state.hpp.
template <class O>
concept Observer = requires(O& observer, EpochReport& report) {
  observer(report);
};

/// Notifies an observer of an epoch.
template <Observer O>
Flow notify(O& observer, EpochReport& report) {
  if constexpr (std::is_same_v<decltype(observer(report)), Flow>) {
    return observer(report);
  } else {
    observer(report);
    return Flow::go_on;
  }
}

/// Notifies an observer of a batch, if it listens to batches.
template <class O>
Flow notify_batch(O& observer, const BatchReport& report) {
  if constexpr (std::is_same_v<decltype(observer.on_batch(report)), Flow>) {
    return observer.on_batch(report);
  } else {
    observer.on_batch(report);
    return Flow::go_on;
  }
}

}  // namespace harmonium
