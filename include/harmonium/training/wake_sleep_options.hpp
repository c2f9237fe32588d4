/// \file
/// Options of wake-sleep.
#pragma once

#include <cstdint>
#include <string>

#include "chains/chains.hpp"
#include "run/checks.hpp"
#include "run/planned_epochs.hpp"

namespace harmonium {

/// How to train an up-down DBN. To use your own policy in place of a variant, name its type as a template
/// argument.
template <class Chains = std::variant<DataChains, Persistent>, class Optimizer = AnyOptimizer>
struct WakeSleepOptions {
  int epochs = 10;         ///< passes over the data
  Index batch_size = 100;  ///< samples in an update, at least 1
  int steps = 3;           ///< of the top RBM's chains in an update, at least 1
  Chains chains{};  ///< `DataChains{}`: start at the data as the top RBM sees them; or `Persistent{...}`
  Optimizer optimizer = Momentum{.rate = 0.02, .momentum = 0.5};      ///< of the upward and downward passes
  Optimizer top_optimizer = Momentum{.rate = 0.02, .momentum = 0.5};  ///< of the top RBM
  double discriminative = 0;  ///< weight of log p(label | features), added to the top RBM's likelihood
  bool centered = true;       ///< centers the top RBM's gradient (models/centering.hpp)
  double weight_decay = 0;    ///< L2: at each update weights shrink by this fraction times the step size
  bool visible_means = true;  ///< dreams end with the visible units' means; false: with samples
  double average_last = 0;  ///< `fit` ends with the mean over this last fraction of updates; 0: the last one
  std::uint64_t seed = 0;   ///< of all draws and of the order of samples
  std::string phase = "wake-sleep";  ///< what reports call the run
};

// Evaluated here, before any user's braces need it: otherwise g++ 12 fails with an internal error.
static_assert(noexcept(WakeSleepOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Chains, class Optimizer>
void for_each_option(F&& f, const WakeSleepOptions<Chains, Optimizer>& options) {
  const auto& [epochs, batch_size, steps, chains, optimizer, top_optimizer, discriminative, centered,
               weight_decay, visible_means, average_last, seed, phase] =
      options;  // every field, or this does not compile
  name_epochs(f, epochs);
  f("batch_size", batch_size);
  f("steps", steps);
  f("chains", chains);
  f("optimizer", optimizer);
  f("top_optimizer", top_optimizer);
  f("discriminative", discriminative);
  f("centered", centered);
  f("weight_decay", weight_decay);
  f("visible_means", visible_means);
  f("average_last", average_last);
  f("seed", seed);
  f("phase", phase);
}

}  // namespace harmonium
