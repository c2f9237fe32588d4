/// \file
/// What a ladder consists of (ladder.hpp): rungs with reservoirs of states, and how states of two rungs
/// compare.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
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
  /// The mean of min(1, exp(gain)): the share of these trades that is accepted.
  double acceptance() const {
    double accepted = 0;
    for (Index i = 0; i < upper_x.size(); ++i) accepted += acceptance_of(gain(i));
    return accepted / static_cast<double>(upper_x.size());
  }
};

/// The mean of min(1, exp(gain)) over all pairs of a state x of the upper model with a state y of the lower
/// one: the share of trades that would be accepted, whoever meets whom. Takes n log n of n states. \param x
/// free energies under the upper model, less those under the lower one \param weights one per x; they correct
/// for states that were drawn from another model \param y the same as x, of the others \return 0 also if a
/// number is not finite
inline double acceptance(const Eigen::VectorXd& x, const Eigen::VectorXd& weights, Eigen::VectorXd y) {
  if (!x.allFinite() || !weights.allFinite() || !y.allFinite()) return 0;
  std::sort(y.begin(), y.end());
  // Sum of exp(y_k - y_j) over the y_j that are not below y_k.
  Eigen::VectorXd above(y.size());
  double sum = 0;
  for (Index k = y.size() - 1; k >= 0; --k)
    above(k) = sum = 1 + (k + 1 < y.size() ? std::exp(y(k) - y(k + 1)) * sum : 0);
  double accepted = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const Index k = std::upper_bound(y.begin(), y.end(), x(i)) - y.begin();
    accepted += weights(i) * (static_cast<double>(k) + (k < y.size() ? std::exp(x(i) - y(k)) * above(k) : 0));
  }
  return accepted / (weights.sum() * static_cast<double>(y.size()));
}

}  // namespace harmonium
