/// \file
/// Where the negative phase of contrastive divergence comes from. A policy is a value that says how many
/// chains there are (`count(batch)`) and how they move (`advance`).
#pragma once

#include <variant>

#include "../models/energy_model.hpp"

namespace harmonium {

/// CD-k: chains start anew at the data of each batch (Hinton, 2002).
struct DataChains {
  /// As many as samples in the batch.
  Index count(Index batch) const { return batch; }
  template <class M>
  void advance(const typename M::Backend& on, const M& model, typename M::StateView data,
               typename M::StateView chains, typename M::Workspace& work, int steps, Draws draws) const {
    for (int k = 0; k < steps; ++k, ++draws.step)
      transition(on, model, k == 0 ? data : chains, chains, work, draws);
  }
};

/// Persistent CD: chains go on where the last update left them (Tieleman, 2008).
struct Persistent {
  Index chains = 100;  ///< how many, at least 1

  /// The same for every batch.
  Index count(Index /*batch*/) const { return chains; }
  template <class M>
  void advance(const typename M::Backend& on, const M& model, typename M::StateView /*data*/,
               typename M::StateView states, typename M::Workspace& work, int steps, Draws draws) const {
    for (int k = 0; k < steps; ++k, ++draws.step) transition(on, model, states, states, work, draws);
  }
};

/// The policies that come with the library.
using AnyChains = std::variant<DataChains, Persistent>;

}  // namespace harmonium
