/// \file
/// How far chains move in an update.
#pragma once

#include "../../backend/backend.hpp"
#include "../../core/host_matrix.hpp"

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

}  // namespace harmonium
