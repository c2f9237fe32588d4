/// \file
/// Deep autoencoder: a DBN unrolled into a network that goes up to a code and down again (Hinton and
/// Salakhutdinov, 2006). The way down has copies of the transposed weights and of the visible layers of the
/// same RBMs, which training can change independently.
#pragma once

#include "../core/variant.hpp"
#include "network.hpp"

namespace harmonium {

/// The layers of a `Stack` from the inputs up to the code, and down again through layers of the same types
/// and sizes.
template <class Units>
struct Mirror {
  static constexpr std::size_t named = Units::named;  ///< number of types that are named
  /// Type of the layer at position `I`.
  template <std::size_t I>
  using At = typename Units::template At<I>;
  static constexpr bool mirrored = true;  ///< the outputs are like the inputs
  /// Number of layers of a network with `sizes` sizes, counting the inputs but not the head.
  static constexpr std::size_t layers(std::size_t sizes) { return 2 * sizes - 2; }
  /// The inverse of `layers`.
  static constexpr std::size_t sizes(std::size_t layers) { return layers / 2 + 1; }
  /// The index of a layer's size and type.
  static constexpr std::size_t place(std::size_t layer, std::size_t sizes) {
    return layer < sizes ? layer : 2 * sizes - 2 - layer;
  }
};

/// A network that reconstructs its inputs, with visible units as its head. Its `sizes` are those of the
/// inputs and of the layers up to the code; `outputs` must not be given, and `classes` is ignored.
///
///     using Units = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;
///     Autoencoder<Units> fresh{{.sizes = {784, 1000, 500, 250, 30}, .seed = 1}};
///     auto pre_trained = autoencoder(dbn);
template <class Units, class B = Cpu<float>>
using Autoencoder = Network<Mirror<Units>, B, typename Units::template At<0>>;

/// Number of hidden layers up to and including the code.
template <class Units, class B, class Head>
Index code_depth(const Network<Mirror<Units>, B, Head>& network) {
  return (static_cast<Index>(network.layers.size()) + 1) / 2;
}

/// Numbers per code.
template <class Units, class B, class Head>
Index code_rows(const Network<Mirror<Units>, B, Head>& network) {
  if (network.layers.empty()) return 0;
  return detail::visit_variant([](const auto& dense) { return dense.layer.rows(); },
                               network.layers[static_cast<std::size_t>(code_depth(network) - 1)]);
}

namespace detail {
/// The way up through an RBM.
template <class D, class R>
void adopt_hidden(D& dense, const R& rbm) {
  if constexpr (requires { dense.layer = rbm.hidden; }) {
    dense.weights = rbm.weights;
    dense.layer = rbm.hidden;
  }
}
/// The way down.
template <class D, class R>
void adopt_visible(D& dense, const R& rbm) {
  if constexpr (requires { dense.layer = rbm.visible; }) {
    dense.weights = transposed<typename R::Backend>(rbm.weights);
    dense.layer = rbm.visible;
  }
}
}  // namespace detail

/// Up through a DBN's hidden layers to the code, and down through its visible ones: `reconstruct(dbn, v)` as
/// a network. \throws ShapeError if the DBN has no layers
template <class Units, class B>
Autoencoder<Units, B> autoencoder(const Dbn<Units, B>& dbn) {
  const Index depth = dbn.depth();
  Autoencoder<Units, B> network({.sizes = dbn.options().sizes}, [&](auto& dense, Index i) {
    const bool up = i < depth;
    detail::visit_variant(
        [&](const auto& rbm) { up ? detail::adopt_hidden(dense, rbm) : detail::adopt_visible(dense, rbm); },
        dbn.rbms[static_cast<std::size_t>(up ? i : 2 * depth - 1 - i)]);
  });
  detail::visit_variant([&](const auto& rbm) { detail::adopt_visible(network.head, rbm); }, dbn.rbms[0]);
  return network;
}

/// The same for an RBM, whose hidden layer is the code.
template <class V, class H, class B>
Autoencoder<Stack<V, H>, B> autoencoder(const Rbm<V, H, B>& rbm) {
  Autoencoder<Stack<V, H>, B> network({.sizes = {rbm.visible.size(), rbm.hidden.size()}},
                                      [&](auto& dense, Index) { detail::adopt_hidden(dense, rbm); });
  detail::adopt_visible(network.head, rbm);
  return network;
}

}  // namespace harmonium
