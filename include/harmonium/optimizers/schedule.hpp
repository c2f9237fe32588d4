/// \file
/// How a rate changes over a training run.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "../core/error.hpp"

namespace harmonium {

/// A number that depends on the progress of a run, 0 at its first step and 1 at its end. A plain number is a
/// constant schedule; any function of the progress is one as well.
class Schedule {
 public:
  /// The same number all along.
  Schedule(double constant) : start_(constant) {}  // NOLINT: numbers are constant schedules
  /// \param function of the progress in [0, 1] \throws ValueError if there is none
  explicit Schedule(std::function<double(double)> function) : start_(0), function_(std::move(function)) {
    check<ValueError>(static_cast<bool>(function_), "Schedule: there is no function");
    start_ = function_(0);
  }
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

/// From one value to another by equal factors; both above 0.
inline Schedule exponential(double from, double to) {
  check<ValueError>(from > 0 && to > 0, "exponential: the schedule goes from ", from, " to ", to,
                    ", expected numbers above 0");
  return Schedule([from, to](double progress) { return from * std::pow(to / from, progress); });
}

/// From one value to another along half a wave of the cosine: slow at both ends (Loshchilov and Hutter,
/// 2017).
inline Schedule cosine(double from, double to) {
  return Schedule([from, to](double progress) {
    return to + (from - to) * (1 + std::cos(3.14159265358979323846 * progress)) / 2;
  });
}

/// Straight up from 0 during the first `share` of the run, times what `then` says, which counts from the
/// run's beginning.
inline Schedule warm_up(double share, Schedule then) {
  check<ValueError>(share > 0 && share <= 1, "warm_up: share is ", share, ", expected above 0 and at most 1");
  return Schedule([share, then = std::move(then)](double progress) {
    return std::min(1.0, progress / share) * then.at(progress);
  });
}

}  // namespace harmonium
