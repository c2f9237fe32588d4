/// \file
/// Enumeration of all states of a small model's finite layer, with the other layer summed out in closed form.
/// States are taken a block at a time, so that memory does not grow with their number.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "../../models/layer_states.hpp"
#include "../../models/rbm.hpp"

namespace harmonium {

namespace detail {

/// log of a sum of exponentials, accumulated term by term without overflow.
class LogSum {
 public:
  void add(double x) {
    if (x <= largest_) {
      sum_ += std::exp(x - largest_);
    } else {
      sum_ = sum_ * std::exp(largest_ - x) + 1;
      largest_ = x;
    }
  }
  double value() const {
    const double log = largest_ + std::log(sum_);
    check<ValueError>(
        std::isfinite(log),
        "log_z: the model can't be normalised in double precision: no finite sum over its states");
    return log;
  }

 private:
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

inline constexpr double most_states = 1 << 26;  // minutes on two cores

/// Calls f(states) with all states of a finite layer, in blocks of columns: fewer at a time if columns of the
/// other layer, which has `others` rows, are large.
template <class U, class F>
void for_each_state_block(const Layer<U, Cpu<double>>& layer, Index others, F f) {
  const double count = state_count(layer);
  check<ValueError>(count <= most_states, "exact: the layer has ", count, " states, more than ", most_states,
                    " are not summed over");
  const auto states = static_cast<Index>(count);
  const Index rows = std::max<Index>({1, layer.rows(), others});
  Eigen::MatrixXd block(layer.rows(), std::min(states, std::clamp<Index>((Index{1} << 22) / rows, 16, 4096)));
  for (Index first = 0; first < states; first += block.cols()) {
    const View<double> columns = View<double>(block).columns(0, std::min(block.cols(), states - first));
    write_states(layer, static_cast<std::uint64_t>(first), columns);
    f(View<const double>(columns));
  }
}

/// Calls f(states, input, log_weights) with all hidden states: log_weights(0, c) is the log of the sum over v
/// of exp(-E(v, state c)); input = W h is what the visible layer receives.
template <class V, class H, class F>
void for_each_hidden_block(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on, F f) {
  Eigen::MatrixXd input, log_weights;
  for_each_state_block(rbm.hidden, rbm.visible.rows(), [&](View<const double> h) {
    input.resize(rbm.visible.rows(), h.cols);
    log_weights.setZero(1, h.cols);
    visible_input(on, rbm, h, input);
    add_energy(on, rbm.hidden, h, -1, log_weights);
    add_log_partition(on, rbm.visible, input, 1, log_weights);
    f(h, View<const double>(input), log_weights);
  });
}

/// Calls f(state, log_weights) with all visible states: log_weights(0, c) is minus the free energy of column
/// c.
template <class Model, class F>
void for_each_visible_block(const Model& model, const Cpu<double>& on, F f) {
  Eigen::MatrixXd log_weights;
  typename Model::State state;
  Index others = 0;
  if constexpr (requires { model.hidden.rows(); }) others = model.hidden.rows();
  for_each_state_block(model.visible, others, [&](View<const double> v) {
    if (state.visible.cols() < v.cols) state = make_state(model, v.cols);
    const auto block = state.columns(0, v.cols);
    on.copy(v, block.visible);
    refresh(on, model, block);
    log_weights.setZero(1, v.cols);
    add_free_energy(on, model, block, -1, log_weights);
    f(block, log_weights);
  });
}

/// Can a model be summed over? Either one layer's units have finitely many states, or both layers are
/// Gaussian.
template <class V, class H>
inline constexpr bool are_gaussian = std::is_same_v<V, Gaussian>&& std::is_same_v<H, Gaussian>;
template <class V, class H>
inline constexpr bool can_be_summed =
    Layer<V, Cpu<double>>::finite || Layer<H, Cpu<double>>::finite || are_gaussian<V, H>;

/// Number of states to sum over, those of the layer that has fewer; 0 if there is a closed form.
template <class V, class H, class B>
double states_to_sum(const Rbm<V, H, B>& rbm) {
  double fewest = std::numeric_limits<double>::infinity();
  if constexpr (are_gaussian<V, H>) fewest = 0;
  if constexpr (Layer<V, B>::finite) fewest = std::min(fewest, state_count(rbm.visible));
  if constexpr (Layer<H, B>::finite) fewest = std::min(fewest, state_count(rbm.hidden));
  return fewest;
}

/// Calls by_visible() or by_hidden(), whichever layer has fewer states, or gaussians(); all return the same
/// type.
template <class V, class H, class ByVisible, class ByHidden, class Gaussians>
auto by_smaller_layer(const Rbm<V, H, Cpu<double>>& rbm, [[maybe_unused]] ByVisible by_visible,
                      [[maybe_unused]] ByHidden by_hidden, [[maybe_unused]] Gaussians gaussians) {
  constexpr bool finite_visible = Layer<V, Cpu<double>>::finite,
                 finite_hidden = Layer<H, Cpu<double>>::finite;
  if constexpr (are_gaussian<V, H>) {
    return gaussians(rbm);
  } else if constexpr (finite_visible && finite_hidden) {
    return state_count(rbm.visible) < state_count(rbm.hidden) ? by_visible(rbm) : by_hidden(rbm);
  } else if constexpr (finite_hidden) {
    return by_hidden(rbm);
  } else {
    static_assert(finite_visible, "exact: one layer's units have finitely many states, or both are Gaussian");
    return by_visible(rbm);
  }
}

}  // namespace detail

}  // namespace harmonium
