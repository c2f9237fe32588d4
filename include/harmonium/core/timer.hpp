/// \file
/// Elapsed time.
#pragma once

#include <chrono>

namespace harmonium {

/// Runs from its construction.
class Timer {
 public:
  /// Seconds since construction.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace harmonium
