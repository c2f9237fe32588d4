/// \file
/// The expected statistics of an RBM, summed over the states of its hidden layer: given these, visible units
/// of any type are independent, and their statistics are known in closed form.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "../../core/host_matrix.hpp"
#include "../../models/energy_model.hpp"
#include "../../models/layer_states.hpp"

namespace harmonium::detail {

/// Can a model be summed over its hidden states?
template <class M>
inline constexpr bool has_finite_hidden = false;
template <class M>
requires requires(const M& model, const typename M::Backend& on, ConstViewOf<typename M::Backend> in,
                  ViewOf<typename M::Backend> out) {
  visible_input(on, model, in, out);
  add_log_partition(on, model.visible, in, ScalarOf<typename M::Backend>(1), out);
}
inline constexpr bool has_finite_hidden<M> = decltype(std::declval<const M&>().hidden)::finite;

/// Numbers of a row = factor * their softmax. Waits for a device: the sum over all states is in double
/// precision, by the host.
template <class B>
void write_softmax(const B& on, ConstViewOf<B> log_weights, double factor, HostMatrix<ScalarOf<B>>& host,
                   ViewOf<B> out) {
  using T = ScalarOf<B>;
  on.download(log_weights, View<T>(host));
  const auto largest = static_cast<double>(host.maxCoeff());
  double sum = 0;
  for (const T x : host.reshaped()) sum += std::exp(static_cast<double>(x) - largest);
  for (T& x : host.reshaped()) x = static_cast<T>(factor * std::exp(static_cast<double>(x) - largest) / sum);
  on.upload(View<const T>(host), out);
}

/// All hidden states of an RBM, and room for their probabilities.
template <class M>
class HiddenSum {
  using B = typename M::Backend;
  using T = ScalarOf<B>;

 public:
  HiddenSum() = default;
  /// \param count the number of states
  HiddenSum(const M& model, Index count)
      : block_(std::min<Index>(count, 1024)),
        states_(model.hidden.rows(), count),
        log_weights_(1, count),
        shares_(1, count),
        input_(model.visible.rows(), block_),
        means_(model.visible.rows(), block_),
        host_(1, count) {
    HostMatrix<T> all(model.hidden.rows(), count);
    write_states(model.hidden, 0, View<T>(all));
    B{}.upload(View<const T>(all), view_of(states_));
  }

  /// gradient += factor * E[d(-E)/d(parameters)] over the model's joint distribution
  void add(const B& on, const M& model, double factor, M& gradient) {
    on.fill(log_weights_, T(0));
    for_each_block(on, model, [&](Index first, ConstViewOf<B> h, ConstViewOf<B> input) {
      const auto out = view_of(log_weights_).columns(first, h.cols);
      add_log_partition(on, model.visible, input, T(1), out);
      add_energy(on, model.hidden, h, T(-1), out);
    });
    write_softmax<B>(on, log_weights_, factor, host_, view_of(shares_));
    for_each_block(on, model, [&](Index first, ConstViewOf<B> h, ConstViewOf<B> input) {
      const auto shares = ConstViewOf<B>(shares_).columns(first, h.cols);
      const auto v = view_of(means_).columns(0, h.cols);
      weigh_means(on, model.visible, input, shares, v, gradient.visible);
      add_statistics(on, model.hidden, h, shares, gradient.hidden);
      on.multiply(Op::plain, Op::transposed, T(1), v, h, T(1), view_of(gradient.weights));
    });
  }

 private:
  // f(first, states, what the visible layer receives)
  template <class F>
  void for_each_block(const B& on, const M& model, F f) {
    for (Index first = 0; first < states_.cols(); first += block_) {
      const Index n = std::min(block_, static_cast<Index>(states_.cols()) - first);
      const auto h = ConstViewOf<B>(states_).columns(first, n);
      const auto input = view_of(input_).columns(0, n);
      visible_input(on, model, h, input);
      f(first, h, ConstViewOf<B>(input));
    }
  }

  Index block_ = 1;
  Matrix<B> states_;                // H x count
  Matrix<B> log_weights_, shares_;  // 1 x count
  Matrix<B> input_, means_;         // V x block
  HostMatrix<T> host_;              // 1 x count
};

}  // namespace harmonium::detail
