/// \file
/// The progress of a run, and what depends on it: schedules, averaging, the report of an epoch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../optimizers/optimizer.hpp"
#include "averaging.hpp"
#include "planned_epochs.hpp"
#include "report.hpp"

namespace harmonium::detail {

/// The fraction of a planned run that is done; schedules depend on it.
class Progress {
 public:
  /// Plans a run of that many updates, which begins after `steps` updates.
  template <class Options>
  void plan(std::uint64_t steps, Index samples, const Options& options) {
    const Index batches = (samples + options.batch_size - 1) / options.batch_size;
    first_ = steps;
    planned_ = static_cast<double>(planned_epochs(options.epochs, options.batch_size, samples)) *
               static_cast<double>(batches);
    over_several_calls_ = false;
  }
  /// Plans a run of that many updates over several calls of `fit`, which begins after `steps` updates.
  void plan_updates(std::uint64_t steps, std::uint64_t updates) {
    first_ = steps;
    planned_ = static_cast<double>(updates);
    over_several_calls_ = true;
    epochs_ = 0;
  }
  /// Is such a run under way, and not over?
  bool continues(std::uint64_t steps) const {
    return over_several_calls_ && static_cast<double>(steps - first_) < planned_;
  }
  /// Epochs that it has taken in calls of `fit`; 0 without such a run.
  int epochs_before(std::uint64_t steps) const { return continues(steps) ? epochs_ : 0; }
  /// An epoch of `fit` is done.
  void count_epoch() { ++epochs_; }
  /// 0 without a plan.
  double at(std::uint64_t steps) const {
    return planned_ > 0 ? std::min(1.0, static_cast<double>(steps - first_) / planned_) : 0.0;
  }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("first", first_);
    f("planned", planned_);
    f("over_several_calls", over_several_calls_);
    f("epochs", epochs_, [](int epochs) { return epochs >= 0; });
  }

 private:
  std::uint64_t first_ = 0;
  double planned_ = 0;
  bool over_several_calls_ = false;
  int epochs_ = 0;
};

/// After an update: does the model belong to the mean over the run's last updates?
template <class Options>
bool joins_average(const Options& options, double progress) {
  return options.average_last > 0 && progress > 1 - options.average_last;
}

/// After an epoch: reports the rate; until all observers have answered, the mean, if there is one, takes the
/// model's place, and stays there when the run is over, unless it `continues` in another call. \throws
/// ValueError if the parameters are no longer finite
template <class Model, class Options>
MeanInPlace<Model> end_epoch(const typename Model::Backend& on, const Options& options, double progress,
                             Average<Model>& average, Model& model, EpochReport& report,
                             bool continues = false) {
  check<ValueError>(all_finite(on, model), "fit: a parameter is infinite or not a number after epoch ",
                    report.epoch, " of ", options.phase, "; a lower rate may help");
  report.rate = rate_at(options.optimizer, progress);
  return MeanInPlace<Model>(model, average, !continues);
}

}  // namespace harmonium::detail
