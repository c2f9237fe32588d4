/// \file
/// One layer given the other, for your own samples: means and draws, one sample per column.
#pragma once

#include <type_traits>

#include "../models/rbm.hpp"
#include "sample_blocks.hpp"

namespace harmonium {

namespace detail {
/// \throws ShapeError if x's rows do not match the layer
template <class B, class L>
void check_rows(const char* caller, const char* argument, ConstViewOf<B> x, const L& layer,
                const char* layer_name) {
  check<ShapeError>(x.rows == layer.rows(), caller, ": ", argument, " has ", x.rows, " rows, the RBM has ",
                    layer.rows(), " ", layer_name, " rows");
}

/// The share of numbers that are not zero up to which the products of sparse samples with weights are faster
/// than those of dense blocks: see the measurements in the guide (sparse.md).
inline constexpr double most_sparse = 0.02;

/// Is it worth while to multiply a source's samples with weights number by number? From 500 samples on, since
/// the weights are transposed for it.
template <class B, class Source>
bool has_sparse_products(const Source& source) {
  if constexpr (std::same_as<typename B::Memory, HostMemory> && requires { source.is_sparse(); }) {
    if (!source.is_sparse() || source.size() < 500) return false;
    double numbers = 0;
    for (Index c = 0; c < source.size(); ++c) source.for_each_entry(c, [&](Index, double) { ++numbers; });
    return numbers <= most_sparse * static_cast<double>(source.rows()) * static_cast<double>(source.size());
  }
  return false;
}

/// W^T v of sparse samples, H x n, number by number in the order in which they are stored: the same for any
/// number of threads. \throws DataError if a number is not finite
template <class B, class Source>
void set_sparse_inputs(const B& on, const char* caller, const Matrix<B>& weights, const Source& source,
                       Matrix<B>& input) {
  using T = ScalarOf<B>;
  const HostMatrix<T> rows = weights.transpose();  // so that those of a sample's numbers are contiguous
  constexpr Index together = 64;                   // samples in a piece
  for (Index c = 0; c < source.size(); ++c)
    source.for_each_entry(c, [&](Index r, double x) {
      check<DataError>(std::isfinite(x), caller, ": the data have ", x, " in row ", r, " of column ", c,
                       ", expected a finite number");
    });
  on.for_each_piece((source.size() + together - 1) / together, [&](Index piece) {
    const Index end = std::min(source.size(), (piece + 1) * together);
    for (Index c = piece * together; c < end; ++c) {
      input.col(c).setZero();
      source.for_each_entry(c, [&](Index r, double x) { input.col(c) += static_cast<T>(x) * rows.col(r); });
    }
  });
}

/// W^T v for samples of any kind, H x n: all that the hidden layer needs of them, and dense even if they are
/// not. \throws ShapeError, DataError, ValueError as `for_each_sample_block`
template <class V, class H, class B, class Data>
Matrix<B> hidden_inputs(const B& on, const char* caller, const Rbm<V, H, B>& rbm, const Data& data) {
  check_shapes(caller, rbm);
  const auto& source = source_of<B>(data);
  Matrix<B> input(rbm.hidden.rows(), source.size());
  check_samples(caller, source.rows(), source.size(), rbm.visible.rows());
  if constexpr (requires { source.is_sparse(); } && std::same_as<typename B::Memory, HostMemory>)
    if (has_sparse_products<B>(source)) {
      set_sparse_inputs(on, caller, rbm.weights, source, input);
      return input;
    }
  for_each_sample_block(on, caller, rbm.visible.rows(), source, [&](Index first, ConstViewOf<B> v) {
    hidden_input(on, rbm, v, view_of(input).columns(first, v.cols));
  });
  return input;
}
}  // namespace detail

/// E[h | v] of samples of any kind, H x n. \throws ShapeError if their rows do not match the visible layer,
/// or the weights the layers \throws DataError if there are no samples, or a number is not finite \throws
/// ValueError if one is missing
template <class V, class H, class B, SamplesFor<B> Data>
Matrix<B> mean_hidden(const Rbm<V, H, B>& rbm, const Data& data, const std::type_identity_t<B>& on = {}) {
  const Matrix<B> input = detail::hidden_inputs(on, "mean_hidden", rbm, data);
  Matrix<B> h(input.rows(), input.cols());
  mean(on, rbm.hidden, ConstViewOf<B>(input), view_of(h));
  return h;
}

/// E[v | h], V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> mean_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, const B& on = {}) {
  check_shapes("mean_visible", rbm);
  detail::check_rows<B>("mean_visible", "h", h, rbm.hidden, "hidden");
  Matrix<B> input(rbm.visible.rows(), h.cols), v(rbm.visible.rows(), h.cols);
  visible_input(on, rbm, h, input);
  mean(on, rbm.visible, input, v);
  return v;
}

/// h ~ p(h | v) of samples of any kind, H x n. \throws as `mean_hidden`
template <class V, class H, class B, SamplesFor<B> Data>
Matrix<B> sample_hidden(const Rbm<V, H, B>& rbm, const Data& data, Draws draws,
                        const std::type_identity_t<B>& on = {}) {
  const Matrix<B> input = detail::hidden_inputs(on, "sample_hidden", rbm, data);
  Matrix<B> h(input.rows(), input.cols());
  sample(on, rbm.hidden, ConstViewOf<B>(input), view_of(h), draws.in(Stream::hidden));
  return h;
}

/// v ~ p(v | h), V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> sample_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, Draws draws,
                         const B& on = {}) {
  check_shapes("sample_visible", rbm);
  detail::check_rows<B>("sample_visible", "h", h, rbm.hidden, "hidden");
  Matrix<B> input(rbm.visible.rows(), h.cols), v(rbm.visible.rows(), h.cols);
  visible_input(on, rbm, h, input);
  sample(on, rbm.visible, input, v, draws.in(Stream::visible));
  return v;
}

}  // namespace harmonium
