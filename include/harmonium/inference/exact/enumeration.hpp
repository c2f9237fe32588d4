/// \file
/// Enumeration of all states of a small model's finite layer, with the other layer summed out in closed form.
/// States are taken a block at a time, so that memory does not grow with their number. Blocks depend on the
/// model's shape alone, so sums are the same for any number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../models/rbm.hpp"
#include "partitions/partition.hpp"
#include "state_grid.hpp"

namespace harmonium {

namespace detail {

/// log of a sum of exponentials, accumulated without overflow.
class LogSum {
 public:
  void add(double x) { add(x, 1); }
  /// Adds factor * e^x.
  void add(double x, double factor) {
    if (x <= largest_) {
      sum_ += factor * std::exp(x - largest_);
    } else {
      sum_ = sum_ * std::exp(largest_ - x) + factor;
      largest_ = x;
    }
  }
  /// Adds all of a matrix, column by column, in the same order for any number of threads.
  template <class T>
  void add(const Cpu<T>& on, const HostMatrix<T>& x) {
    std::vector<std::pair<double, double>> parts(static_cast<std::size_t>(x.cols()));
    on.for_each_piece(x.cols(), [&](Index c) {
      const auto column = x.col(c).array();
      const T top = column.maxCoeff();
      const bool finite = (column - column).sum() == 0;  // false for infinities and NaNs
      parts[static_cast<std::size_t>(c)] = {top, finite ? (column - top).exp().sum() : T(0)};
    });
    for (Index c = 0; c < x.cols(); ++c) {
      const auto [top, sum] = parts[static_cast<std::size_t>(c)];
      if (sum > 0) {
        add(top, sum);
      } else {
        for (Index r = 0; r < x.rows(); ++r) add(x(r, c));
      }
    }
  }
  double value() const {
    const double log = largest_ + std::log(sum_);
    check<ValueError>(
        std::isfinite(log),
        "log_z: the model can't be normalized in double precision: no finite sum over its states");
    return log;
  }

 private:
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

/// Most states that are summed over, a few minutes on two cores: if the other layer factorises, and if not.
inline constexpr double most_states = 1 << 30, most_slow_states = 1 << 26;

/// Calls f(states) with all states of a finite layer, in blocks of columns: fewer at a time if columns of the
/// other layer, which has `others` rows, are large.
template <class U, class F>
void for_each_state_block(const Layer<U, Cpu<double>>& layer, Index others, F f) {
  const double count = state_count(layer);
  check<ValueError>(count <= most_slow_states, "exact: the layer has ", count, " states, more than ",
                    most_slow_states, " are not summed over");
  const auto states = static_cast<Index>(count);
  const Index rows = std::max<Index>({1, layer.rows(), others});
  Eigen::MatrixXd block(layer.rows(), std::min(states, std::clamp<Index>((Index{1} << 22) / rows, 16, 4096)));
  for (Index first = 0; first < states; first += block.cols()) {
    const View<double> columns = View<double>(block).columns(0, std::min(block.cols(), states - first));
    write_states(layer, static_cast<std::uint64_t>(first), columns);
    f(View<const double>(columns));
  }
}

/// All hidden states of an RBM, with the visible layer summed out: a grid, of which a block of columns is in
/// memory at a time.
template <class V, class H>
class HiddenStates {
  using Matrix = HostMatrix<DoubleIn<V>>;

 public:
  using Partition = PartitionOf<V>;  ///< of the visible layer

  /// \param rbm must outlive this object
  HiddenStates(const Rbm<V, H, Cpu<double>>& rbm, const Cpu<double>& on)
      : rbm_(rbm),
        on_(on),
        grid_(grid_of(rbm.hidden, Partition::slow ? most_slow_states : most_states,
                      most_lows(17, 256, rbm.visible.rows()), most_lows(20, 4096, rbm.visible.rows()))) {
    Matrix input(rbm.visible.rows(), grid_.lows);
    visible_input(on, rbm, View<const double>(grid_.low_changes), View<double>(input));
    // The middle of each row's inputs is counted as high, so that what is left is small.
    middle_ = 0.5 * (input.rowwise().maxCoeff() + input.rowwise().minCoeff());
    input.colwise() -= middle_;
    partition_.emplace(rbm.visible, input);
    columns_ =
        std::clamp<Index>((Index{1} << 16) / grid_.lows, 1,
                          std::max<Index>(1, (Index{1} << 20) / std::max<Index>(rbm.visible.rows(), 1)));
  }

  /// The states.
  const StateGrid& grid() const { return grid_; }
  /// The visible layer, as of the block that is in memory.
  Partition& partition() { return *partition_; }

  /// Calls f(high states, log_weights) for each block, in order: log_weights(low, c) is the log of the sum
  /// over v of exp(-E(v, state)).
  template <class F>
  void for_each_block(F f) {
    Matrix high, input, log_weights, energies;
    for (Index first = 0; first < grid_.highs; first += columns_) {
      const Index count = std::min(columns_, grid_.highs - first);
      high.resize(rbm_.hidden.rows(), count);
      input.resize(rbm_.visible.rows(), count);
      energies.setZero(1, count);
      write_high_states(rbm_.hidden, grid_, first, View<double>(high));
      visible_input(on_, rbm_, View<const double>(high), View<double>(input));
      input.colwise() += middle_;
      add_energy(on_, rbm_.hidden, View<const double>(high), -1, View<double>(energies));
      log_weights = grid_.low_log_weight.transpose().replicate(1, count);
      log_weights.rowwise() += energies.row(0);
      partition_->set_high(input);
      partition_->add_log_partition(on_, log_weights);
      f(View<const double>(high), log_weights);
    }
  }

 private:
  // Exponentials are taken once per column, so columns should be long; but those of the low states should
  // stay in the second-level cache, and the products of some columns in the first.
  static Index most_lows(int log_numbers, Index most, Index rows) {
    return std::clamp<Index>((Index{1} << log_numbers) / std::max<Index>(rows, 1), 16, most);
  }

  const Rbm<V, H, Cpu<double>>& rbm_;
  Cpu<double> on_;
  StateGrid grid_;
  HostVector<DoubleIn<V>> middle_;
  std::optional<Partition> partition_;
  Index columns_ = 1;  // per block
};

/// The same RBM with its layers exchanged.
template <class V, class H>
Rbm<H, V, Cpu<double>> exchanged(const Rbm<V, H, Cpu<double>>& rbm) {
  Rbm<H, V, Cpu<double>> result;
  result.visible = rbm.hidden;
  result.hidden = rbm.visible;
  result.weights = rbm.weights.transpose();
  return result;
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
