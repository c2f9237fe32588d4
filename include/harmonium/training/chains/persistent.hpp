/// \file
/// Persistent CD: chains continue from where the last update left them (Tieleman, 2008).
#pragma once

#include "../../models/energy_model.hpp"

namespace harmonium {

/// A fixed number of chains, whatever the size of the batch.
struct Persistent {
  Index chains = 100;                                ///< number of chains, at least 1
  static constexpr bool may_round = true;            ///< its products may round their factors
  static constexpr const char* name = "persistent";  ///< in files

  /// The same number for every batch.
  Index count(Index /*batch*/) const { return chains; }
  /// Runs the chains for `steps` steps from their current states. Their input is computed anew: it was that
  /// of the weights before the last update, and centered biases have since followed the new ones.
  template <class M>
  void advance(const typename M::Backend& on, const M& model, typename M::StateView /*data*/,
               typename M::StateView states, typename M::Workspace& work, int steps, Draws draws) const {
    refresh(on, model, states);
    for (int k = 0; k < steps; ++k, ++draws.step) transition(on, model, states, states, work, draws);
  }
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Persistent& options) {
  const auto& [chains] = options;  // every field, or this does not compile
  f("chains", chains);
}

}  // namespace harmonium
