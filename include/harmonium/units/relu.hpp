/// \file
/// Rectified linear activation: max(0, field), the plain layer of today's feed-forward networks (Nair and
/// Hinton, 2010). Without noise, energy or precision; the unit of an RBM with such means is `Rectified`.
#pragma once

#include <cmath>

#include "activation.hpp"

namespace harmonium {

/// max(0, field)
struct Relu {
  static constexpr const char* name = "relu";  ///< as files and errors call it
  static constexpr bool activation = true;     ///< for layers of a network only
  /// max(0, field)
  template <class T>
  static constexpr T mean(T field) {
    return field < T(0) ? T(0) : field;  // so that a NaN stays one
  }
  /// Slope 0 at 0.
  template <class T>
  static constexpr T backpropagate(T field, T delta) {
    return field > T(0) ? delta : T(0);
  }
  /// Fresh weights are uniform with variance 2 / inputs (He, Zhang, Ren and Sun, 2015, equation 10): half of
  /// the rows are off, and signals keep their size all the same.
  static double start_limit(double inputs, double /*outputs*/) { return std::sqrt(6 / inputs); }
};

static_assert(Activation<Relu>);

}  // namespace harmonium
