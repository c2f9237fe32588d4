/// \file
/// How a rate changes during a training run.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "../core/error.hpp"

namespace harmonium {

/// A number that depends on the progress of a run, which is 0 at the first step and 1 at the end. A plain
/// number is a constant schedule, and any function of the progress is a schedule.
class Schedule {
 public:
  /// A constant schedule.
  Schedule(double constant) : start_(constant) {}  // NOLINT: numbers are constant schedules
  /// \param function of the progress in [0, 1] \throws ValueError if it is empty
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

/// A straight line from one value to another.
inline Schedule linear(double from, double to) {
  return Schedule([from, to](double progress) { return from + (to - from) * progress; });
}

/// From one value to another by equal factors; both must be above 0.
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

/// A linear factor that rises from 0 to 1 during the first `share` of the run, times `then`, whose progress
/// also starts at the beginning of the run.
inline Schedule warm_up(double share, Schedule then) {
  check<ValueError>(share > 0 && share <= 1, "warm_up: share is ", share, ", expected above 0 and at most 1");
  return Schedule([share, then = std::move(then)](double progress) {
    return std::min(1.0, progress / share) * then.at(progress);
  });
}

}  // namespace harmonium
