/// \file
/// Stochastic gradient ascent with momentum (Polyak, 1964): m = momentum m + rate gradient, w += m.
#pragma once

#include <cstdint>

#include "schedule.hpp"

namespace harmonium {

/// Gradient ascent with momentum; a momentum of 0 is plain stochastic gradient ascent.
/// The default rate falls to 0 over a call of `fit`; without a plan (`step` alone) it stays at its start.
struct Momentum {
  Schedule rate = linear(0.2, 0);  ///< step along the gradient, at least 0
  Schedule momentum = 0.5;         ///< fraction of the last step to keep, 0 to below 1

  static constexpr const char* name = "momentum";  ///< name in files
  static constexpr int moments = 1;                ///< numbers stored per parameter
  static constexpr int moment_powers[] = {1};      ///< of steps
  /// The update of one number.
  template <class T>
  struct Rule {
    T rate;      ///< current value of its schedule
    T momentum;  ///< current value of its schedule
    /// One step; `m` is the last one.
    constexpr void operator()(T& w, T gradient, T& m) const {
      m = momentum * m + rate * gradient;
      w += m;
    }
  };
  /// The rule of one step.
  template <class T>
  Rule<T> rule(std::uint64_t /*step*/, double progress) const {
    return {static_cast<T>(rate.at(progress)), static_cast<T>(momentum.at(progress))};
  }
  /// How far a steady gradient of 1 moves a parameter per update.
  double step_size(double progress) const { return rate.at(progress) / (1 - momentum.at(progress)); }
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Momentum& options) {
  const auto& [rate, momentum] = options;  // fails to compile unless every field is named
  f("rate", rate);
  f("momentum", momentum);
}

}  // namespace harmonium
