/// \file
/// Stochastic gradient ascent with momentum (Polyak, 1964): m = momentum m + rate gradient, w += m.
#pragma once

#include <cstdint>

#include "schedule.hpp"

namespace harmonium {

/// Gradient ascent with momentum; a momentum of 0 is plain stochastic gradient ascent.
struct Momentum {
  Schedule rate = 0.1;      ///< step along the gradient, above 0
  Schedule momentum = 0.5;  ///< share of the last step that goes on, 0 to below 1

  static constexpr const char* name = "momentum";  ///< in files
  static constexpr int moments = 1;                ///< numbers remembered for each parameter
  /// What happens to one number.
  template <class T>
  struct Rule {
    T rate;      ///< as the schedule says now
    T momentum;  ///< as the schedule says now
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
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Momentum& options) {
  const auto& [rate, momentum] = options;  // every field, or this does not compile
  f("rate", rate);
  f("momentum", momentum);
}

}  // namespace harmonium
