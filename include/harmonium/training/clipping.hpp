/// \file
/// Gradients that are too long are scaled back (Pascanu, Mikolov and Bengio, 2013), so that one odd batch
/// does not throw a model off.
#pragma once

#include "../models/parameters.hpp"

namespace harmonium::detail {

/// Scales a gradient whose norm over all parameters is above `longest` back to it.
template <class Model>
void clip(const typename Model::Backend& on, double longest, Model& gradient) {
  const double length = norm(on, gradient);
  if (!(length > longest)) return;
  using T = ScalarOf<typename Model::Backend>;
  const Scale<T> shorten{static_cast<T>(longest / length)};
  for_each_parameter([&](const ParameterName&, Role, auto g) { on.update(shorten, g); }, gradient);
}

}  // namespace harmonium::detail
