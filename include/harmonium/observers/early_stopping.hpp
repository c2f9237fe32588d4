/// \file
/// Stops when a metric no longer improves, and restores the best model.
#pragma once

#include <limits>

#include "../training/run/report.hpp"

namespace harmonium {

/// Keeps the model of the best epoch and ends the run after `patience` epochs without a better one. The best
/// model is then restored, as it is when the run ends by itself.
struct EarlyStopping {
  std::string metric = "reconstruction_error";  ///< one of the report's metrics; smaller is better
  int patience = 5;                             ///< epochs without improvement, at least 1
  double margin = 0;                            ///< smallest decrease that counts as an improvement

  /// Examines an epoch. \throws ValueError if an option is out of range, or the metric was not measured
  Flow operator()(const EpochReport& report) {
    check<ValueError>(patience >= 1, "EarlyStopping: patience is ", patience, ", expected at least 1");
    check<ValueError>(margin >= 0, "EarlyStopping: margin is ", margin, ", expected a number of at least 0");
    const double now = report.metric(metric);
    if (report.epoch == 1) best = std::numeric_limits<double>::infinity();  // a new run
    if (now < best - margin || report.epoch == 1) {
      best = now;
      best_epoch = report.epoch;
      return Flow::keep;
    }
    const bool over = report.epoch - best_epoch >= patience || report.epoch == report.epochs;
    return over ? Flow::stop_and_restore : Flow::go_on;
  }

  /// The state to save: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("best", best);
    f("best_epoch", best_epoch, [](int epoch) { return epoch >= 0; });
  }

  double best = std::numeric_limits<double>::infinity();  ///< the metric's best value so far
  int best_epoch = 0;                                     ///< and its epoch
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const EarlyStopping& options) {
  const auto& [metric, patience, margin, best, best_epoch] =
      options;  // every field, or this does not compile
  f("metric", metric);
  f("patience", patience);
  f("margin", margin);
}

}  // namespace harmonium
