/// \file
/// How a rate changes over a training run.
#pragma once

#include <functional>
#include <utility>

namespace harmonium {

/// A number that depends on the progress of a run, 0 at its first step and 1 at its end. A plain number is a
/// constant schedule; any function of the progress is one as well.
class Schedule {
 public:
  Schedule(double constant) : start_(constant) {}  // NOLINT: numbers are constant schedules
  /// \param function of the progress in [0, 1]
  explicit Schedule(std::function<double(double)> function)
      : start_(function(0)), function_(std::move(function)) {}
  /// The value at a progress in [0, 1].
  double at(double progress) const { return function_ ? function_(progress) : start_; }

 private:
  double start_;
  std::function<double(double)> function_;
};

/// Straight from one value to another.
inline Schedule linear(double from, double to) {
  return Schedule([from, to](double progress) { return from + (to - from) * progress; });
}

}  // namespace harmonium
