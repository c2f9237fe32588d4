/// \file
/// Gradients that are too long are scaled back (Pascanu, Mikolov and Bengio, 2013), so that one odd batch
/// does not throw a model off.
#pragma once

#include "../../models/parameters.hpp"

namespace harmonium::detail {

/// Scales gradients back. Their norm stays where they live, so that nobody waits for a device.
template <class B>
class Clipping {
  using T = ScalarOf<B>;

 public:
  /// Scales a gradient whose norm over all parameters is above `longest` back to it; 0: any is allowed.
  template <class Model>
  void apply(const B& on, double longest, Model& gradient) {
    if (longest <= 0) return;
    if (factor_.cols() == 0) {
      factor_ = one_ = Matrix<B>(1, 1);
      on.fill(one_, 1);
    }
    on.fill(factor_, 0);
    for_each_parameter(
        [&](const ParameterName&, Role, ViewOf<B> g) {
          if (squares_.cols() < g.cols) squares_ = Matrix<B>(1, g.cols);
          const auto squares = view_of(squares_).columns(0, g.cols);
          on.fill(squares, 0);
          on.dot_columns(1, g, g, squares);
          on.sum_over_samples(StateBody{}, squares, squares, repeated(one_, g.cols), factor_);
        },
        gradient);
    on.update(NormLimit<T>{static_cast<T>(longest)}, view_of(factor_));
    for_each_parameter(
        [&](const ParameterName&, Role, ViewOf<B> g) { on.scale_columns(g, repeated(factor_, g.cols)); },
        gradient);
  }

 private:
  // One number as a row of equal ones: all columns begin at the same place.
  static ConstViewOf<B> repeated(const Matrix<B>& number, Index cols) { return {number.data(), 1, cols, 0}; }

  Matrix<B> squares_, factor_, one_;
};

}  // namespace harmonium::detail
