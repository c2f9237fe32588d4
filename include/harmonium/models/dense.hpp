/// \file
/// One layer of a feed-forward network: weights, and the units or activations that they lead to.
#pragma once

#include <cmath>

#include "layer.hpp"

namespace harmonium {

namespace detail {
/// Fresh weights are uniform within +- this.
template <class U>
double start_limit(double inputs, double outputs) {
  if constexpr (requires { U::start_limit(inputs, outputs); }) {
    return U::start_limit(inputs, outputs);
  } else {
    return std::sqrt(6 / (inputs + outputs));
  }
}

/// The transpose of a matrix that may lie anywhere, by way of the host: for making models, not for loops.
template <class B>
Matrix<B> transposed(const Matrix<B>& x) {
  using T = ScalarOf<B>;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> host(x.rows(), x.cols());
  B{}.download(x, View<T>(host));
  host.transposeInPlace();
  Matrix<B> result(x.cols(), x.rows());
  B{}.upload(View<const T>(host), result);
  return result;
}
}  // namespace detail

/// Weights and the layer that they lead to: mean(W^T x). `U` is a unit type or an activation.
template <class U, class B = Cpu<float>>
struct Dense {
  /// The same on another backend.
  template <class To>
  using On = Dense<U, To>;
  Matrix<B> weights;  ///< inputs x rows of the layer
  Layer<U, B> layer;  ///< units, with their biases

  Dense() = default;
  /// Zero biases, weights uniform within +- sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010), or within
  /// what the activation says.
  Dense(Index inputs, LayerSize<U> size, Draws draws) : layer(size) {
    using T = ScalarOf<B>;
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> host(inputs, layer.rows());
    const T limit = static_cast<T>(
        detail::start_limit<U>(static_cast<double>(inputs), static_cast<double>(layer.rows())));
    for (Index c = 0; c < host.cols(); ++c)
      for (Index r = 0; r < inputs; ++r)
        host(r, c) = limit * (T(2) * Random{draws.in(Stream::weights), static_cast<std::uint32_t>(r),
                                            static_cast<std::uint32_t>(c)}
                                         .template uniform<T>() -
                              T(1));
    weights = Matrix<B>(inputs, layer.rows());
    B{}.upload(View<const T>(host), weights);
  }
  /// Are all parameters the same?
  friend bool operator==(const Dense& a, const Dense& b) {
    return a.layer == b.layer && detail::equal<B>(a.weights, b.weights);
  }
  /// The walk: `weight`, `bias`, shape parameters.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "weight", Role::weight, view_of(self.weights), view_of(others.weights)...);
    Layer<U, B>::walk(f, name, self.layer, others.layer...);
  }
};

}  // namespace harmonium
