/// \file
/// Rectified linear activation: max(0, field), the standard layer of modern feed-forward networks (Nair and
/// Hinton, 2010). It has no noise, energy or precision; for units of an RBM with similar means, see
/// `Rectified`.
#pragma once

#include <cmath>

#include "activation.hpp"

namespace harmonium {

/// max(0, field)
struct Relu {
  static constexpr const char* name = "relu";  ///< name in files and errors
  static constexpr bool activation = true;     ///< for layers of a network only
  /// max(0, field)
  template <class T>
  static constexpr T mean(T field) {
    return field < T(0) ? T(0) : field;  // so that a NaN stays a NaN
  }
  /// The slope times delta; the slope at 0 is 0.
  template <class T>
  static constexpr T backpropagate(T field, T delta) {
    return field > T(0) ? delta : T(0);
  }
  /// Fresh weights are uniform with variance 2 / inputs (He, Zhang, Ren and Sun, 2015, equation 10): signals
  /// keep their scale although half of the rows are off.
  static double start_limit(double inputs, double /*outputs*/) { return std::sqrt(6 / inputs); }
};

static_assert(Activation<Relu>);

}  // namespace harmonium
