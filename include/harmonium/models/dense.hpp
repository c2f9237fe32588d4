/// \file
/// One layer of a feed-forward network: weights, followed by units or activations.
#pragma once

#include <cmath>

#include "../core/host_matrix.hpp"
#include "layer.hpp"

namespace harmonium {

/// How a network's layers are initialized.
enum class Start {
  units,  ///< zero biases; weights uniform within +- sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010),
          ///< or within an activation's own limits, He's for `Relu`
  fan_in  ///< weights and biases uniform within +- 1 / sqrt(inputs): as in PyTorch's `nn.Linear`
};

namespace detail {
/// Fresh weights are uniform between plus and minus this limit.
template <class U>
double start_limit(double inputs, double outputs) {
  if constexpr (requires { U::start_limit(inputs, outputs); }) {
    return U::start_limit(inputs, outputs);
  } else {
    return std::sqrt(6 / (inputs + outputs));
  }
}

/// The transpose of a matrix on any backend, computed on the host: for constructing models, not for inner
/// loops.
template <class B>
Matrix<B> transposed(const Matrix<B>& x) {
  using T = ScalarOf<B>;
  HostMatrix<T> host(x.rows(), x.cols());
  B{}.download(x, View<T>(host));
  host.transposeInPlace();
  Matrix<B> result(x.cols(), x.rows());
  B{}.upload(View<const T>(host), result);
  return result;
}
}  // namespace detail

/// Weights and the layer that they feed: mean(W^T x). `U` is a unit type or an activation.
template <class U, class B = Cpu<float>>
struct Dense {
  using Backend = B;  ///< where its parameters are stored
  /// The same on another backend.
  template <class To>
  using On = Dense<U, To>;
  Matrix<B> weights;  ///< inputs x rows of the layer
  Layer<U, B> layer;  ///< units, with their biases

  Dense() = default;
  /// A fresh layer; parameters other than weights and biases are as `Layer` initializes them.
  Dense(Index inputs, LayerSize<U> size, Draws draws, Start start = Start::units) : layer(size) {
    using T = ScalarOf<B>;
    const Index rows = layer.rows();
    const T limit =
        static_cast<T>(start == Start::fan_in
                           ? 1 / std::sqrt(static_cast<double>(inputs))
                           : detail::start_limit<U>(static_cast<double>(inputs), static_cast<double>(rows)));
    const auto draw = [&](Index r, Index c) {
      return limit * (T(2) * Random{draws.in(Stream::weights), static_cast<std::uint32_t>(r),
                                    static_cast<std::uint32_t>(c)}
                                 .template uniform<T>() -
                      T(1));
    };
    HostMatrix<T> host = HostMatrix<T>::NullaryExpr(inputs, rows, draw);
    weights = Matrix<B>(inputs, rows);
    B{}.upload(View<const T>(host), weights);
    if (start == Start::units) return;
    Index first = 0;  // a mixed layer has several biases
    for_each_parameter(
        [&](const ParameterName&, Role role, auto x) {
          if (role != Role::bias) return;
          host =
              HostMatrix<T>::NullaryExpr(x.rows, 1, [&](Index r, Index) { return draw(inputs, first + r); });
          B{}.upload(View<const T>(host), x);
          first += x.rows;
        },
        layer);
  }
  /// Are all parameters equal?
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

/// \throws ShapeError if the weights or the layer's parameters do not fit the layer and its inputs
template <class U, class B>
void check_shapes(const char* caller, const Dense<U, B>& dense, Index inputs) {
  check_shapes(caller, dense.layer);
  detail::check_weights_shape(caller, dense.weights, inputs, dense.layer.rows());
}

/// out = E[units | x], the mean output for inputs x (inputs x n); `input` (rows x n) is scratch memory for
/// the units' input, W^T x.
template <class U, class B>
void mean_output(const B& on, const Dense<U, B>& dense, std::type_identity_t<ConstViewOf<B>> x,
                 std::type_identity_t<ViewOf<B>> input, std::type_identity_t<ViewOf<B>> out) {
  on.multiply(Op::transposed, Op::plain, 1, dense.weights, x, 0, input);
  mean(on, dense.layer, input, out);
}

/// out ~ p(units | x), with the same arguments
template <class U, class B>
void sample_output(const B& on, const Dense<U, B>& dense, std::type_identity_t<ConstViewOf<B>> x,
                   std::type_identity_t<ViewOf<B>> input, std::type_identity_t<ViewOf<B>> out, Draws draws) {
  on.multiply(Op::transposed, Op::plain, 1, dense.weights, x, 0, input);
  sample(on, dense.layer, input, out, draws);
}

}  // namespace harmonium
