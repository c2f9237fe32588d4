/// \file
/// One layer given the other, for your own matrices: means and draws, one sample per column.
#pragma once

#include <type_traits>

#include "../models/rbm.hpp"

namespace harmonium {

namespace detail {
/// \throws ShapeError if x's rows do not match the layer
template <class B, class L>
void check_rows(const char* caller, const char* argument, ConstViewOf<B> x, const L& layer,
                const char* layer_name) {
  check<ShapeError>(x.rows == layer.rows(), caller, ": ", argument, " has ", x.rows, " rows, the RBM has ",
                    layer.rows(), " ", layer_name, " rows");
}
}  // namespace detail

/// E[h | v], H x n. \throws ShapeError if v's rows do not match the visible layer
template <class V, class H, class B>
Matrix<B> mean_hidden(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v, const B& on = {}) {
  detail::check_rows<B>("mean_hidden", "v", v, rbm.visible, "visible");
  Matrix<B> input(rbm.hidden.rows(), v.cols), h(rbm.hidden.rows(), v.cols);
  hidden_input(on, rbm, v, input);
  mean(on, rbm.hidden, input, h);
  return h;
}

/// E[v | h], V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> mean_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, const B& on = {}) {
  detail::check_rows<B>("mean_visible", "h", h, rbm.hidden, "hidden");
  Matrix<B> input(rbm.visible.rows(), h.cols), v(rbm.visible.rows(), h.cols);
  visible_input(on, rbm, h, input);
  mean(on, rbm.visible, input, v);
  return v;
}

/// h ~ p(h | v), H x n. \throws ShapeError if v's rows do not match the visible layer
template <class V, class H, class B>
Matrix<B> sample_hidden(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v, Draws draws,
                        const B& on = {}) {
  detail::check_rows<B>("sample_hidden", "v", v, rbm.visible, "visible");
  Matrix<B> input(rbm.hidden.rows(), v.cols), h(rbm.hidden.rows(), v.cols);
  hidden_input(on, rbm, v, input);
  sample(on, rbm.hidden, input, h, draws.in(Stream::hidden));
  return h;
}

/// v ~ p(v | h), V x n. \throws ShapeError if h's rows do not match the hidden layer
template <class V, class H, class B>
Matrix<B> sample_visible(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> h, Draws draws,
                         const B& on = {}) {
  detail::check_rows<B>("sample_visible", "h", h, rbm.hidden, "hidden");
  Matrix<B> input(rbm.visible.rows(), h.cols), v(rbm.visible.rows(), h.cols);
  visible_input(on, rbm, h, input);
  sample(on, rbm.visible, input, v, draws.in(Stream::visible));
  return v;
}

}  // namespace harmonium
