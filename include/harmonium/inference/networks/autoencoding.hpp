/// \file
/// Codes of an autoencoder: encoding, decoding and both in turn.
#pragma once

#include <algorithm>
#include <type_traits>

#include "../../models/autoencoder.hpp"
#include "forward.hpp"

namespace harmonium {

namespace detail {
/// Calls f(dense, memory) for layer `i` of a network; the head comes last.
template <class Units, class B, class Head, class F>
void visit_dense(const Network<Units, B, Head>& network, Activations<B>& memory, Index i, F f) {
  const auto place = static_cast<std::size_t>(i);
  if (place == network.layers.size()) {
    f(network.head, memory.head);
  } else {
    std::visit([&](const auto& dense) { f(dense, memory.layers[place]); }, network.layers[place]);
  }
}

/// The output of layer `last` - 1 if layer `first` gets x, column by column.
template <class Units, class B, class Head>
Matrix<B> pass_layers(const B& on, const Network<Units, B, Head>& network, Index first, Index last,
                      ConstViewOf<B> x) {
  const Index block = std::min(forward_block, std::max<Index>(1, x.cols));
  Activations<B> memory(network, block);
  Matrix<B> result;
  visit_dense(network, memory, last - 1,
              [&](const auto& dense, auto&) { result = Matrix<B>(dense.layer.rows(), x.cols); });
  for (Index column = 0; column < x.cols; column += block) {
    const Index n = std::min(block, x.cols - column);
    ConstViewOf<B> below = x.columns(column, n);
    for (Index i = first; i < last; ++i)
      visit_dense(network, memory, i, [&](const auto& dense, auto& own) {
        const auto input = view_of(own.input).columns(0, n);
        const auto out = i + 1 == last ? view_of(result).columns(column, n) : view_of(own.mean).columns(0, n);
        on.multiply(Op::transposed, Op::plain, 1, dense.weights, below, 0, input);
        mean(on, dense.layer, input, out);
        below = out;
      });
  }
  return result;
}

/// \throws ShapeError if a matrix does not have as many rows as the network takes there
inline void check_layer_input(const char* caller, const char* what, Index rows, Index expected) {
  check<ShapeError>(rows == expected, caller, ": ", what, " has ", rows, " rows, the network takes ",
                    expected);
}
}  // namespace detail

/// The codes of samples x (inputs x n), code rows x n: means of the middle layer. \throws ShapeError if x
/// does not have one row per network input
template <class Units, class B, class Head>
Matrix<B> encode(const Network<Mirror<Units>, B, Head>& network, std::type_identity_t<ConstViewOf<B>> x,
                 const std::type_identity_t<B>& on = B::all()) {
  detail::check_layer_input("encode", "x", x.rows, network.input_rows());
  return detail::pass_layers(on, network, 0, code_depth(network), x);
}

/// The network's outputs for codes (code rows x n), inputs x n. \throws ShapeError if the codes' rows do not
/// match the network's middle layer
template <class Units, class B, class Head>
Matrix<B> decode(const Network<Mirror<Units>, B, Head>& network, std::type_identity_t<ConstViewOf<B>> codes,
                 const std::type_identity_t<B>& on = B::all()) {
  detail::check_layer_input("decode", "codes", codes.rows, code_rows(network));
  return detail::pass_layers(on, network, code_depth(network), static_cast<Index>(network.layers.size()) + 1,
                             codes);
}

/// Encodes and decodes again, inputs x n. \throws ShapeError if x does not have one row per network input
template <class Units, class B, class Head>
Matrix<B> reconstruct(const Network<Mirror<Units>, B, Head>& network, std::type_identity_t<ConstViewOf<B>> x,
                      const std::type_identity_t<B>& on = B::all()) {
  detail::check_layer_input("reconstruct", "x", x.rows, network.input_rows());
  return detail::pass_layers(on, network, 0, static_cast<Index>(network.layers.size()) + 1, x);
}

}  // namespace harmonium
