/// \file
/// CD-k: chains start anew at the data of each batch (Hinton, 2002).
#pragma once

#include "../../models/energy_model.hpp"

namespace harmonium {

/// A chain for each sample of the batch.
struct DataChains {
  static constexpr bool follows_data = true;          ///< chain i is sample i's
  static constexpr const char* name = "data chains";  ///< in files

  /// As many as samples in the batch.
  Index count(Index batch) const { return batch; }
  /// So many steps of each chain from its sample.
  template <class M>
  void advance(const typename M::Backend& on, const M& model, typename M::StateView data,
               typename M::StateView chains, typename M::Workspace& work, int steps, Draws draws) const {
    for (int k = 0; k < steps; ++k, ++draws.step)
      transition(on, model, k == 0 ? data : chains, chains, work, draws);
  }
};

/// Options by name: there are none.
template <class F>
void for_each_option(F&& /*f*/, const DataChains& /*options*/) {
  static_assert(std::is_empty_v<DataChains>);
}

}  // namespace harmonium
