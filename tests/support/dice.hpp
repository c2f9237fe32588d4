// Random numbers for tests, independent of the library's own.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace test {

/// The same numbers everywhere: the standard specifies mt19937_64, and the distributions are written here.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  /// In [0, 1).
  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }
  /// Standard normal (Box and Muller).
  double normal() {
    const double u = uniform();
    return std::sqrt(-2 * std::log(1 - u)) * std::cos(6.283185307179586 * uniform());
  }
  /// 0 ... count - 1.
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace test
