/// \file
/// What a ladder consists of (ladder.hpp): rungs with reservoirs of states, and how states of two rungs
/// compare.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "../../core/metropolis.hpp"
#include "../../models/energy_model.hpp"

namespace harmonium {

/// When states were born: the step at which each was drawn from the lowest rung.
using Births = std::vector<std::uint64_t>;

/// A frozen model, states that were drawn from it, and what compares it with the rung below.
template <EnergyModel M>
struct Rung {
  M model;                             ///< the model
  Matrix<typename M::Backend> states;  ///< its reservoir, V x members
  std::vector<double> energies;        ///< free energy of each member
  std::vector<double> up;              ///< log weights of states of the rung below
  std::vector<double> down;            ///< log weights of its own states
  Births born;                         ///< when each member was drawn at the bottom

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("model", model);
    f("states", view_of(states));
    f("energies", energies);
    f("up", up);
    f("down", down);
    f("born", born);
  }
};

/// Which members of a reservoir chains meet: chain i meets that of column `columns[i]` of a block.
struct Partners {
  Index block = 0;                  ///< of the reservoir
  std::vector<Index> columns = {};  ///< a permutation of all columns
};

/// Free energies of n pairs of states, each under the upper and the lower of two models: x was drawn from the
/// upper one, y from the lower one.
struct PairEnergies {
  Eigen::VectorXd upper_x;  ///< of x under the upper model
  Eigen::VectorXd lower_x;  ///< of x under the lower model
  Eigen::VectorXd upper_y;  ///< of y under the upper model
  Eigen::VectorXd lower_y;  ///< of y under the lower model

  /// The logarithm of the ratio of probabilities after and before pair i trades places.
  double gain(Index i) const { return (upper_x(i) - lower_x(i)) - (upper_y(i) - lower_y(i)); }
  /// The mean of min(1, exp(gain)): the share of trades that are accepted. `weights` (one per x, or empty)
  /// correct for x that were drawn from another model.
  double acceptance(const Eigen::VectorXd& weights = {}) const {
    double accepted = 0, total = 0;
    for (Index i = 0; i < upper_x.size(); ++i) {
      const double weight = weights.size() > 0 ? weights(i) : 1;
      accepted += weight * acceptance_of(gain(i));
      total += weight;
    }
    return accepted / total;
  }
};

}  // namespace harmonium
