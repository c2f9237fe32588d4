/// \file
/// CD-k: chains are restarted at the data of each batch (Hinton, 2002).
#pragma once

#include "../../models/energy_model.hpp"

namespace harmonium {

/// A chain for each sample of the batch.
struct DataChains {
  static constexpr bool follows_data = true;          ///< chain i belongs to sample i
  static constexpr bool may_round = true;             ///< its products may round their factors
  static constexpr const char* name = "data chains";  ///< in files

  /// One chain per sample of the batch.
  Index count(Index batch) const { return batch; }
  /// Runs each chain for `steps` steps from its sample.
  template <class M>
  void advance(const typename M::Backend& on, const M& model, typename M::StateView data,
               typename M::StateView chains, typename M::Workspace& work, int steps, Draws draws) const {
    for (int k = 0; k < steps; ++k, ++draws.step)
      transition(on, model, k == 0 ? data : chains, chains, work, draws);
  }
};

/// Options by name; these chains have no options.
template <class F>
void for_each_option(F&& /*f*/, const DataChains& /*options*/) {
  static_assert(std::is_empty_v<DataChains>);
}

}  // namespace harmonium
