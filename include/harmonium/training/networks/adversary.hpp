/// \file
/// Adversarial training (Goodfellow, Shlens and Szegedy, 2015): each input of a sample is moved by the same
/// length to where the loss rises fastest, and the network learns from samples that were moved as well. What
/// it makes of a sample then changes little near it.
#pragma once

#include "back_propagation.hpp"

namespace harmonium::detail {

/// Moves the samples of an update. Holds them, and their gradient.
template <class Model>
class Adversary {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  Adversary() = default;
  /// Room for so many samples.
  Adversary(const Model& network, Index columns)
      : moved_(network.input_rows(), columns),
        slope_(network.input_rows(), columns),
        gradient_(zeros_like(network)) {}

  /// The samples x (inputs x n) against which `backward` was run last, moved.
  ConstViewOf<B> move(const B& on, double length, const Model& network, const Activations<B>& activations,
                      ConstViewOf<B> x) {
    const auto moved = view_of(moved_).columns(0, x.cols), slope = view_of(slope_).columns(0, x.cols);
    set_input_gradient(on, network, activations, slope);
    on.copy(x, moved);
    on.update(StepAgainst<T>{static_cast<T>(length)}, moved, ConstViewOf<B>(slope));
    return moved;
  }
  /// Where the gradient of moved samples is put.
  Model& gradient() { return gradient_; }
  /// Adds it to the samples' own.
  void join(const B& on, Model& gradient) const {
    for_each_parameter([&](const ParameterName&, Role, auto sum, auto own) { on.update(Add{}, sum, own); },
                       gradient, gradient_);
  }

 private:
  Matrix<B> moved_, slope_;
  Model gradient_;
};

}  // namespace harmonium::detail
