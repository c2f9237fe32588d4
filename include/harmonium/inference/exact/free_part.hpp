/// \file
/// Sums over what is left of an RBM when part of it is known (inference/clamped.hpp), if that is small. A
/// table of words and real numbers has infinitely many states, but few are left where only words are missing:
/// then the rest is a model of the finite parts alone.
#pragma once

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "../clamped.hpp"
#include "moments.hpp"
#include "samples.hpp"

namespace harmonium {

namespace detail {

/// Has a layer parts of finitely many states beside others?
template <class L>
inline constexpr bool is_partly_finite = false;
template <class... U, class B>
inline constexpr bool is_partly_finite<Layer<Mixed<U...>, B>> = (Layer<U, B>::finite || ...) &&
                                                                !(Layer<U, B>::finite && ...);

template <class... U, class B>
Layer<Mixed<U...>, B> mixed_layer_of(std::tuple<Layer<U, B>...> parts) {
  Layer<Mixed<U...>, B> layer;
  layer.parts = std::move(parts);
  return layer;
}

/// The parts of finitely many states, if no other part has units.
template <class... U, class B>
auto finite_parts(const Layer<Mixed<U...>, B>& layer) {
  const auto chosen = []<class P>(const P& part) {
    if constexpr (P::finite) {
      return std::tuple<P>(part);
    } else {
      return std::tuple<>();
    }
  };
  auto finite = mixed_layer_of(
      std::apply([&](const auto&... part) { return std::tuple_cat(chosen(part)...); }, layer.parts));
  return finite.rows() == layer.rows() ? std::optional(std::move(finite)) : std::nullopt;
}

/// f(rbm), or nothing if there are more than `most` states to sum over. f gets a model of other types if only
/// units of finitely many states are left in the visible layer.
template <class Result, class V, class H, class F>
std::optional<Result> if_small(const Rbm<V, H, Cpu<double>>& rbm, double most, F f) {
  if constexpr (can_be_summed<V, H>) {
    if (states_to_sum(rbm) <= most) return f(rbm);
  }
  if constexpr (is_partly_finite<Layer<V, Cpu<double>>>) {
    if (auto visible = finite_parts(rbm.visible); visible && state_count(*visible) <= most) {
      Rbm<typename decltype(visible)::value_type::Unit, H, Cpu<double>> finite;
      finite.visible = std::move(*visible);
      finite.hidden = rbm.hidden;
      finite.weights = rbm.weights;
      return f(finite);
    }
  }
  return std::nullopt;
}

/// Would `if_small` call its function when these units are known? Without looking at weights.
template <class V, class H>
bool free_part_is_small(const Rbm<V, H, Cpu<double>>& rbm, View<const bool> known_v, View<const bool> known_h,
                        double most) {
  Rbm<V, H, Cpu<double>> layers;
  layers.visible = pick_rows(rbm.visible, known_v, false);
  layers.hidden = pick_rows(rbm.hidden, known_h, false);
  if (layers.visible.rows() == 0 || layers.hidden.rows() == 0) return true;
  return if_small<bool>(layers, most, [](const auto&) { return true; }).has_value();
}

/// The means of the free visible units, one column.
template <class V, class H>
Eigen::MatrixXd free_means(const Rbm<V, H, Cpu<double>>& rbm, double most, const Cpu<double>& on) {
  Eigen::MatrixXd means = Eigen::MatrixXd::Zero(rbm.visible.rows(), 1);
  if (rbm.hidden.rows() == 0) {
    const Eigen::MatrixXd none = means;
    mean(on, rbm.visible, View<const double>(none), View<double>(means));
    return means;
  }
  if_small<bool>(rbm, most, [&](const auto& small) {
    const auto moments = exact_moments(small, on);
    for_each_bias(moments.visible, [&](auto bias, Index first) {
      on.copy(bias, View<double>(means).rows_from(first, bias.rows));
    });
    return true;
  });
  return means;
}

/// Independent draws of the free visible units, one per column.
template <class V, class H>
Eigen::MatrixXd free_draws(const Rbm<V, H, Cpu<double>>& rbm, Index count, double most, Draws draws,
                           const Cpu<double>& on) {
  if (rbm.hidden.rows() == 0) {
    Eigen::MatrixXd x(rbm.visible.rows(), count);
    const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(x.rows(), count);
    sample(on, rbm.visible, View<const double>(none), View<double>(x), draws);
    return x;
  }
  return *if_small<Eigen::MatrixXd>(rbm, most,
                                    [&](const auto& small) { return draw_exactly(small, count, draws, on); });
}

}  // namespace detail

/// log of the sum of exp(-E) over the free units of a clamped RBM, i.e. minus the free energy of the known
/// units; nothing if that takes a sum over more than `most_states` states. One layer has no units left, or is
/// summed over, or both are Gaussian. Of a mixed visible layer, parts of infinitely many states may be there
/// if their units are known. \throws ValueError if two Gaussian layers can't be normalized
template <class V, class H>
std::optional<double> exact_log_sum_over_free(const ClampedRbm<V, H>& clamped, double most_states = 1 << 16,
                                              const Cpu<double>& on = Cpu<double>::all()) {
  const auto& rbm = clamped.rbm;
  const Index visible = rbm.visible.rows(), hidden = rbm.hidden.rows();
  if (visible == 0 || hidden == 0) {
    const Eigen::MatrixXd none =
        Eigen::MatrixXd::Zero(visible + hidden, 1);  // the other layer is independent
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(1, 1);
    if (visible > 0) add_log_partition(on, rbm.visible, View<const double>(none), 1, sum);
    if (hidden > 0) add_log_partition(on, rbm.hidden, View<const double>(none), 1, sum);
    return clamped.log_weight + sum(0, 0);
  }
  return detail::if_small<double>(
      rbm, most_states, [&](const auto& small) { return clamped.log_weight + exact_log_z(small, on); });
}

}  // namespace harmonium
