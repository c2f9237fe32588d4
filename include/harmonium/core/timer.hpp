/// \file
/// Seconds since a moment.
#pragma once

#include <chrono>

namespace harmonium {

/// Runs from its making.
class Timer {
 public:
  /// Seconds since it was made.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace harmonium
