/// \file
/// The joint states of a finite layer as a grid. A state's number is low + lows * high: the first units are
/// in the state that `low` says, all others in the one that `high` says. What is a sum over units, f(low,
/// high) = f(low, 0) + f(0, high) - f(0, 0), such as the input to another layer, is thus known for all states
/// once it is known for the edges of the grid.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../backend/products.hpp"
#include "../../core/host_matrix.hpp"
#include "../../models/layer_states.hpp"

namespace harmonium::detail {

/// A finite layer's states, as a grid of `lows` x `highs`.
struct StateGrid {
  Index lows = 1;                  ///< joint states of the first units
  Index highs = 1;                 ///< joint states of the others
  Eigen::MatrixXd zero;            ///< rows x 1: state number 0
  Eigen::MatrixXd low_states;      ///< rows x lows: states (low, 0)
  Eigen::MatrixXd low_changes;     ///< the same, less state number 0
  Eigen::MatrixXd low_log_weight;  ///< 1 x lows: minus their energy, less that of state number 0
};

/// Arranges the states so that the first units have at most `most_lows` joint states, or, if one unit has
/// more, at most `most_of_one`.
/// \throws ValueError if there are more than `most_states`
template <class U>
StateGrid grid_of(const Layer<U, Cpu<double>>& layer, double most_states, Index most_lows,
                  Index most_of_one) {
  const double count = state_count(layer);
  check<ValueError>(count <= most_states, "exact: the layer has ", count, " states, more than ", most_states,
                    " are not summed over");
  StateGrid grid;
  bool full = false;
  for_each_unit_kind(layer, [&](Index /*first*/, Index /*rows*/, Index units, const Eigen::MatrixXd& states) {
    for (Index unit = 0; unit < units && !full; ++unit) {
      full = grid.lows * states.cols() > (grid.lows == 1 ? most_of_one : most_lows);
      if (!full) grid.lows *= states.cols();
    }
  });
  grid.highs = static_cast<Index>(count) / grid.lows;
  grid.low_states.resize(layer.rows(), grid.lows);
  write_states(layer, 0, View<double>(grid.low_states));
  const HostMatrix<DoubleIn<U>>& low = grid.low_states;
  grid.zero = low.col(0);
  grid.low_changes = low.colwise() - low.col(0);
  grid.low_log_weight.setZero(1, grid.lows);
  add_energy(Cpu<double>{}, layer, View<const double>(grid.low_states), -1,
             View<double>(grid.low_log_weight));
  const double log_weight_of_0 = grid.low_log_weight(0, 0);
  for (Index l = 0; l < grid.lows; ++l) grid.low_log_weight(0, l) -= log_weight_of_0;
  return grid;
}

/// Writes the states (0, first), (0, first + 1), ... into the columns of `out`.
template <class U>
void write_high_states(const Layer<U, Cpu<double>>& layer, const StateGrid& grid, Index first,
                       View<double> out) {
  for (Index c = 0; c < out.cols; ++c)
    write_states(layer, static_cast<std::uint64_t>((first + c) * grid.lows), out.columns(c, 1));
}

/// Consecutive columns of a grid, with their probabilities; what the means of the other layer are added over.
struct GridBlock {
  const StateGrid& grid;             ///< all states
  View<const double> high_states;    ///< rows x n: states (0, high)
  View<const double> probabilities;  ///< lows x n
  Eigen::RowVectorXd of_highs;       ///< n: their sum over `low`
  Eigen::VectorXd of_lows;           ///< lows: their sum over this block's `high`
  Eigen::VectorXd mean;              ///< rows: the sum of probability times state

  GridBlock(const StateGrid& all, View<const double> high, View<const double> p)
      : grid(all),
        high_states(high),
        probabilities(p),
        of_highs(p.cols),
        of_lows(Eigen::VectorXd::Zero(p.rows)),
        mean(high.rows) {
    for (Index c = 0; c < p.cols; ++c) {
      const Eigen::Map<const Eigen::VectorXd> column(p.column(c), p.rows);
      of_highs(c) = column.sum();
      of_lows += column;
    }
    const Cpu<double> on;
    on.multiply(Op::plain, Op::plain, 1, high, View<const double>(of_highs.data(), p.cols, 1, p.cols), 0,
                mean);
    on.multiply(Op::plain, Op::plain, 1, all.low_changes, of_lows, 1, mean);
  }

  /// Writes the states (low, first), all `low`, (low, first + 1), ... into the columns of `out`.
  void write_states_from(Index first, View<double> out) const {
    for (Index c = 0; c < out.cols; ++c) {
      const double *low = grid.low_changes.col(c % grid.lows).data(),
                   *high = high_states.column(first + c / grid.lows);
      for (Index r = 0; r < out.rows; ++r) out(r, c) = high[r] + low[r];
    }
  }
};

}  // namespace harmonium::detail
