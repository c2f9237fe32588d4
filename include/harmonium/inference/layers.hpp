/// \file
/// One layer given the other, for your own samples: means and draws, one sample per column.
#pragma once

#include <type_traits>

#include "../models/rbm.hpp"
#include "sample_blocks.hpp"
#include "sparse_products.hpp"

namespace harmonium {

namespace detail {
/// W^T v for samples of any kind, H x n: all that the hidden layer needs of them, and dense even if they are
/// not. \throws ShapeError, DataError, ValueError as `for_each_sample_block`
template <class V, class H, class B, class Data>
Matrix<B> hidden_inputs(const B& on, const char* caller, const Rbm<V, H, B>& rbm, const Data& data) {
  check_shapes(caller, rbm);
  const auto& source = source_of<B>(data);
  Matrix<B> input(rbm.hidden.rows(), source.size());
  check_samples(caller, source.rows(), source.size(), rbm.visible.rows());
  if constexpr (EntrySource<std::remove_cvref_t<decltype(source)>> &&
                std::same_as<typename B::Memory, HostMemory>)
    if (sparse_pays(source)) {
      set_sparse_inputs(on, caller, rbm.weights, source, input);
      return input;
    }
  for_each_sample_block(on, caller, rbm.visible.rows(), source, [&](Index first, ConstViewOf<B> v) {
    hidden_input(on, rbm, v, view_of(input).columns(first, v.cols));
  });
  return input;
}

/// W h, V x n: all that the visible layer needs of a state of the hidden one. \throws ShapeError if h's
/// rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> visible_inputs(const B& on, const char* caller, const Rbm<V, H, B>& rbm,
                         std::type_identity_t<ConstViewOf<B>> h) {
  check_shapes(caller, rbm);
  check<ShapeError>(h.rows == rbm.hidden.rows(), caller, ": h has ", h.rows, " rows, the RBM has ",
                    rbm.hidden.rows(), " hidden rows");
  Matrix<B> input(rbm.visible.rows(), h.cols);
  visible_input(on, rbm, h, input);
  return input;
}
}  // namespace detail

/// E[h | v] of samples of any kind, H x n. \throws ShapeError if their rows do not match the visible layer,
/// or the weights the layers \throws DataError if there are no samples, or a number is not finite \throws
/// ValueError if one is missing
template <class V, class H, class B, SamplesFor<B> Data>
Matrix<B> mean_hidden(const Rbm<V, H, B>& rbm, const Data& data, const std::type_identity_t<B>& on = {}) {
  const Matrix<B> input = detail::hidden_inputs(rounding(on), "mean_hidden", rbm, data);
  Matrix<B> h(input.rows(), input.cols());
  mean(on, rbm.hidden, ConstViewOf<B>(input), view_of(h));
  return h;
}

/// E[v | h], V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> mean_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, const B& on = {}) {
  const Matrix<B> input = detail::visible_inputs(on, "mean_visible", rbm, h);
  Matrix<B> v(input.rows(), input.cols());
  mean(on, rbm.visible, ConstViewOf<B>(input), view_of(v));
  return v;
}

/// h ~ p(h | v) of samples of any kind, H x n. \throws as `mean_hidden`
template <class V, class H, class B, SamplesFor<B> Data>
Matrix<B> sample_hidden(const Rbm<V, H, B>& rbm, const Data& data, Draws draws,
                        const std::type_identity_t<B>& on = {}) {
  const Matrix<B> input = detail::hidden_inputs(rounding(on), "sample_hidden", rbm, data);
  Matrix<B> h(input.rows(), input.cols());
  sample(on, rbm.hidden, ConstViewOf<B>(input), view_of(h), draws.in(Stream::hidden));
  return h;
}

/// v ~ p(v | h), V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> sample_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, Draws draws,
                         const B& on = {}) {
  const Matrix<B> input = detail::visible_inputs(on, "sample_visible", rbm, h);
  Matrix<B> v(input.rows(), input.cols());
  sample(on, rbm.visible, ConstViewOf<B>(input), view_of(v), draws.in(Stream::visible));
  return v;
}

}  // namespace harmonium
