/// \file
/// Plain stochastic gradient ascent: w += rate gradient. Keeps no state.
#pragma once

#include <cstdint>

#include "schedule.hpp"

namespace harmonium {

/// Gradient ascent.
/// The default rate falls to 0 over a call of `fit`; without a plan (`step` alone) it stays at its start.
struct Sgd {
  Schedule rate = linear(0.4, 0);  ///< step along the gradient, at least 0

  static constexpr const char* name = "sgd";  ///< name in files
  static constexpr int moments = 0;           ///< numbers stored per parameter
  /// The update of one number.
  template <class T>
  struct Rule {
    T rate;  ///< current value of its schedule
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
  const auto& [rate] = options;  // fails to compile unless every field is named
  f("rate", rate);
}

}  // namespace harmonium
