/// \file
/// Adversarial training (Goodfellow, Shlens and Szegedy, 2015): each input of a sample is moved by the same
/// distance in the direction in which the loss rises fastest, and the network learns from the moved samples
/// as well. Its outputs then change little near a sample.
#pragma once

#include "back_propagation.hpp"

namespace harmonium::detail {

/// Moves the samples of an update. Owns the moved samples and their gradient.
template <class Model>
class Adversary {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  Adversary() = default;
  /// Allocates memory for that many samples.
  Adversary(const Model& network, Index columns)
      : moved_(network.input_rows(), columns),
        slope_(network.input_rows(), columns),
        gradient_(zeros_like(network)) {}

  /// The samples x (inputs x n) of the last run of `backward`, moved.
  ConstViewOf<B> move(const B& on, double length, const Model& network, const Activations<B>& activations,
                      ConstViewOf<B> x) {
    const auto moved = view_of(moved_).columns(0, x.cols), slope = view_of(slope_).columns(0, x.cols);
    set_input_gradient(on, network, activations, slope);
    on.copy(x, moved);
    on.update(StepAgainst<T>{static_cast<T>(length)}, moved, ConstViewOf<B>(slope));
    return moved;
  }
  /// The buffer for the gradient of the moved samples.
  Model& gradient() { return gradient_; }
  /// Adds it to the gradient of the samples themselves.
  void join(const B& on, Model& gradient) const {
    for_each_parameter([&](const ParameterName&, Role, auto sum, auto own) { on.update(Add{}, sum, own); },
                       gradient, gradient_);
  }

 private:
  Matrix<B> moved_, slope_;
  Model gradient_;
};

}  // namespace harmonium::detail
