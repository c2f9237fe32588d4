/// \file
/// Adam (Kingma and Ba, 2015, algorithm 1) for gradient ascent: steps are scaled by running means of the
/// gradient and its square.
#pragma once

#include <cmath>
#include <cstdint>

#include "../core/math.hpp"
#include "schedule.hpp"

namespace harmonium {

/// Adam, with the bias correction of the paper. Gradients beyond 10^18 (10^150 in double precision) count as
/// that much, since the mean of their squares has to be finite.
/// The default rate falls to 0 over a call of `fit`; without a plan (`step` alone) it stays at its start.
struct Adam {
  Schedule rate = linear(5e-3, 0);  ///< step size, at least 0
  double beta1 = 0.9;               ///< decay of the gradient's mean, 0 to below 1
  double beta2 = 0.999;             ///< decay of the squared gradient's mean, 0 to below 1
  double epsilon = 1e-8;            ///< added to the root, above 0

  static constexpr const char* name = "adam";       ///< name in files
  static constexpr int moments = 2;                 ///< numbers stored per parameter
  static constexpr int moment_powers[] = {-1, -2};  ///< means of gradients and of their squares
  /// The update of one number.
  template <class T>
  struct Rule {
    T keep1;    ///< beta1
    T keep2;    ///< beta2
    T rate;     ///< step size, corrected for the mean's bias
    T scale2;   ///< bias correction of the square's mean
    T epsilon;  ///< added to the root
    /// One step; `m` and `v` are the running means of the gradient and its square.
    constexpr void operator()(T& w, T gradient, T& m, T& v) const {
      // Else v would be infinite from then on, and w would never move again.
      const T most = static_cast<T>(std::same_as<T, float> ? 1e18 : 1e150);
      gradient = gradient > most ? most : gradient < -most ? -most : gradient;
      const T mean = m + (T(1) - keep1) * (gradient - m);
      const T square = v + (T(1) - keep2) * (gradient * gradient - v);
      w += rate * mean / (square_root(square * scale2) + epsilon);
      m = mean;
      v = square;
    }
    /// How far a gradient of 1 would move the number.
    constexpr T step_size(T /*m*/, T v) const { return rate / (square_root(v * scale2) + epsilon); }
  };
  /// The rule of step `step`, where the first step is 1.
  template <class T>
  Rule<T> rule(std::uint64_t step, double progress) const {
    const auto t = static_cast<double>(step);
    return {static_cast<T>(beta1), static_cast<T>(beta2),
            static_cast<T>(rate.at(progress) / (1 - std::pow(beta1, t))),
            static_cast<T>(1 / (1 - std::pow(beta2, t))), static_cast<T>(epsilon)};
  }
  /// \throws ValueError if an option is out of range
  void check() const {
    harmonium::check<ValueError>(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0,
                                 "optimizer: beta1, beta2, epsilon are ", beta1, ", ", beta2, ", ", epsilon,
                                 ", expected betas from 0 to below 1 and epsilon above 0");
  }
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Adam& options) {
  const auto& [rate, beta1, beta2, epsilon] = options;  // fails to compile unless every field is named
  f("rate", rate);
  f("beta1", beta1);
  f("beta2", beta2);
  f("epsilon", epsilon);
}

}  // namespace harmonium
