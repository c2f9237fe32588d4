/// \file
/// Stops when a metric no longer improves, and restores the best model.
#pragma once

#include <limits>
#include <string>
#include <utility>

#include "../training/run/report.hpp"

namespace harmonium {

/// Keeps the model of the best epoch and ends the run after `patience` epochs without a better one. The best
/// model is then restored, as it is when the run ends by itself. A metric that is infinite or not a number is
/// never the best.
///
///     trainer.fit(train, Monitor{rbm, train, held_out}, EarlyStopping{.patience = 5});
struct EarlyStopping {
  /// One of the report's metrics; smaller is better. If empty, the first whose name begins with `held_out_`:
  /// put the observer that measures it, a `Monitor` with held-out samples or `HeldOut`, before this one.
  /// Without one it is the trainer's own metric of the training samples, `reconstruction_error` or `loss`,
  /// which over-fitting lowers: the first report then has a warning.
  std::string metric = {};
  int patience = 5;   ///< epochs without improvement, at least 1
  double margin = 0;  ///< smallest decrease that counts as an improvement

  /// Examines an epoch. \throws ValueError if an option is out of range, or there is no such metric
  Flow operator()(const EpochReport& report) {
    check<ValueError>(patience >= 1, "EarlyStopping: patience is ", patience, ", expected at least 1");
    check<ValueError>(margin >= 0, "EarlyStopping: margin is ", margin, ", expected a number of at least 0");
    const double now = report.metric(metric_of(report));
    if (report.epoch == 1) {  // a new run
      best = std::numeric_limits<double>::infinity();
      best_epoch = 0;
    }
    if (now < best - margin) {
      best = now;
      best_epoch = report.epoch;
      return Flow::keep;
    }
    const bool over = report.epoch - best_epoch >= patience || report.epoch == report.epochs;
    return over ? Flow::stop_and_restore : Flow::go_on;
  }
  /// The same, with a warning in a run's first report if the metric is of training samples.
  Flow operator()(EpochReport& report) {
    if (metric.empty() && report.epoch == 1 && !metric_of(report).starts_with(held_out))
      report.warnings.push_back("EarlyStopping watches " + metric_of(report) +
                                " of training samples, which over-fitting lowers; put a Monitor with "
                                "held-out samples, or HeldOut, before it");
    return (*this)(std::as_const(report));
  }

  /// The metric that it watches in such a report. \throws ValueError if none is named and the report has no
  /// candidate
  std::string metric_of(const EpochReport& report) const {
    if (!metric.empty()) return metric;
    for (const auto& [name, value] : report.metrics)
      if (name.starts_with(held_out)) return name;
    for (const auto& [name, value] : report.metrics)
      if (name == "reconstruction_error" || name == "loss") return name;
    throw ValueError(
        "EarlyStopping: the report has no metric of held-out samples; put a Monitor with held-out samples, "
        "or HeldOut, before it, or name a metric");
  }

  /// The state to save: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("best", best);
    f("best_epoch", best_epoch, [](int epoch) { return epoch >= 0; });
  }

  double best = std::numeric_limits<double>::infinity();  ///< the metric's best value so far
  int best_epoch = 0;                                     ///< and its epoch; 0 if there is none
  static constexpr const char* held_out = "held_out_";    ///< what metrics of held-out samples begin with
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
