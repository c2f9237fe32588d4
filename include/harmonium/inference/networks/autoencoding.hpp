/// \file
/// Codes of an autoencoder: encoding, decoding and both in turn.
#pragma once

#include <algorithm>
#include <type_traits>

#include "../../core/variant.hpp"
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
    detail::visit_variant([&](const auto& dense) { f(dense, memory.layers[place]); }, network.layers[place]);
  }
}

/// The output of layer `last` - 1 if layer `first` gets samples of any kind, which have `rows` numbers.
template <class Units, class B, class Head, class Data>
Matrix<B> pass_layers(const B& on, const char* caller, const Network<Units, B, Head>& network, Index first,
                      Index last, Index rows, const Data& data, const char* what = "the data") {
  check_shapes(caller, network);
  const auto& source = source_of<B>(data);
  check_samples(caller, source.rows(), source.size(), rows, what);
  Activations<B> memory(network, block_of(rows, source.size()));
  Matrix<B> result;
  visit_dense(network, memory, last - 1,
              [&](const auto& dense, auto&) { result = Matrix<B>(dense.layer.rows(), source.size()); });
  for_each_sample_block(on, caller, rows, source, [&](Index column, ConstViewOf<B> below) {
    const Index n = below.cols;
    for (Index i = first; i < last; ++i)
      visit_dense(network, memory, i, [&](const auto& dense, auto& own) {
        const auto input = view_of(own.input).columns(0, n);
        const auto out = i + 1 == last ? view_of(result).columns(column, n) : view_of(own.mean).columns(0, n);
        on.multiply(Op::transposed, Op::plain, 1, dense.weights, below, 0, input);
        mean(on, dense.layer, input, out);
        below = out;
      });
  });
  return result;
}
}  // namespace detail

/// The codes of samples of any kind, code rows x n: means of the middle layer. \throws as `outputs`
template <class Units, class B, class Head, SamplesFor<B> Data>
Matrix<B> encode(const Network<Mirror<Units>, B, Head>& network, const Data& data,
                 const std::type_identity_t<B>& on = B::all()) {
  return detail::pass_layers(on, "encode", network, 0, code_depth(network), network.input_rows(), data);
}

/// The network's outputs for codes (code rows x n), inputs x n. \throws ShapeError if the codes' rows do not
/// match the network's middle layer
template <class Units, class B, class Head, SamplesFor<B> Codes>
Matrix<B> decode(const Network<Mirror<Units>, B, Head>& network, const Codes& codes,
                 const std::type_identity_t<B>& on = B::all()) {
  return detail::pass_layers(on, "decode", network, code_depth(network),
                             static_cast<Index>(network.layers.size()) + 1, code_rows(network), codes,
                             "the codes");
}

/// Encodes samples of any kind and decodes them again, inputs x n. \throws as `outputs`
template <class Units, class B, class Head, SamplesFor<B> Data>
Matrix<B> reconstruct(const Network<Mirror<Units>, B, Head>& network, const Data& data,
                      const std::type_identity_t<B>& on = B::all()) {
  return detail::pass_layers(on, "reconstruct", network, 0, static_cast<Index>(network.layers.size()) + 1,
                             network.input_rows(), data);
}

}  // namespace harmonium
