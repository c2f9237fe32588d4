/// \file
/// Plain stochastic gradient ascent: w += rate gradient. Remembers nothing.
#pragma once

#include <cstdint>

#include "schedule.hpp"

namespace harmonium {

/// Gradient ascent.
struct Sgd {
  Schedule rate = 0.1;  ///< step along the gradient, at least 0

  static constexpr const char* name = "sgd";  ///< in files
  static constexpr int moments = 0;           ///< numbers remembered for each parameter
  /// What happens to one number.
  template <class T>
  struct Rule {
    T rate;  ///< as the schedule says now
    /// One step.
    constexpr void operator()(T& w, T gradient) const { w += rate * gradient; }
  };
  /// The rule of one step.
  template <class T>
  Rule<T> rule(std::uint64_t /*step*/, double progress) const {
    return {static_cast<T>(rate.at(progress))};
  }
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Sgd& options) {
  const auto& [rate] = options;  // every field, or this does not compile
  f("rate", rate);
}

}  // namespace harmonium
