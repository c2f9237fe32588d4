/// \file
/// How fast chains move: how much of their states is left after some steps.
#pragma once

#include <algorithm>
#include <cmath>

#include "../backend/backend.hpp"
#include "../core/host_matrix.hpp"

namespace harmonium {

/// Remembers chains' states and compares them with later ones.
template <class B>
class Autocorrelation {
  using T = ScalarOf<B>;

 public:
  /// \param states is units x chains
  void remember(const B& on, ConstViewOf<B> states) {
    if (before_.cols() != states.cols) before_ = Matrix<B>(states.rows, states.cols);
    on.copy(states, before_);
  }
  /// How many chains are remembered.
  Index chains() const { return before_.cols(); }
  /// Correlation of the remembered states with as many others, pooled over units and chains, each unit
  /// centered at its mean: 1 for chains that do not move, 0 for states that are independent of the remembered
  /// ones.
  double of(const B& on, ConstViewOf<B> states) const {
    HostMatrix<T> before(states.rows, states.cols), after(states.rows, states.cols);
    on.download(before_, View<T>(before));
    on.download(states, View<T>(after));
    double product = 0, squares = 0;
    for (Index r = 0; r < states.rows; ++r) {
      double mean = 0;
      for (Index c = 0; c < states.cols; ++c)
        mean += (static_cast<double>(before(r, c)) + static_cast<double>(after(r, c))) / 2;
      mean /= static_cast<double>(states.cols);
      for (Index c = 0; c < states.cols; ++c) {
        const double a = static_cast<double>(before(r, c)) - mean,
                     b = static_cast<double>(after(r, c)) - mean;
        product += a * b;
        squares += (a * a + b * b) / 2;
      }
    }
    return squares > 0 ? product / squares : 1;
  }

 private:
  Matrix<B> before_;
};

/// Autocorrelation times of chains, in steps.
struct AutocorrelationTimes {
  double integrated = 1;   ///< 1 + 2 * the sum of the correlations at all distances (Sokal, 1997)
  double exponential = 0;  ///< the slowest decay seen: the largest -distance / log(correlation)
};

/// Measures them over an ensemble of chains at equilibrium, from one state onwards: `move()` takes a step,
/// and `states()` are the visible states, units x chains. The window closes at five times the estimate, where
/// a correlation drops below `noise`, or after `most` steps.
template <class B, class Move, class States>
AutocorrelationTimes measure_autocorrelation(const B& on, Move move, States states, int most,
                                             double noise = 0.02) {
  Autocorrelation<B> chains;
  chains.remember(on, states());
  AutocorrelationTimes times;
  for (int distance = 1; distance <= most; ++distance) {
    move();
    const double correlation = chains.of(on, states());
    if (!(correlation > noise)) break;
    times.integrated += 2 * correlation;
    if (correlation < 1) times.exponential = std::max(times.exponential, -distance / std::log(correlation));
    if (distance >= 5 * times.integrated) break;
  }
  return times;
}

}  // namespace harmonium
