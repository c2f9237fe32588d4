/// \file
/// What wake-sleep can be asked for.
#pragma once

#include <cstdint>
#include <string>

#include "chains/chains.hpp"
#include "run/checks.hpp"

namespace harmonium {

/// How to train an up-down DBN. A policy of one's own replaces a variant: name its type as template argument.
template <class Chains = std::variant<DataChains, Persistent>, class Optimizer = AnyOptimizer>
struct WakeSleepOptions {
  int epochs = 10;         ///< passes over the data
  Index batch_size = 100;  ///< samples in an update, at least 1
  int steps = 3;           ///< of the top RBM's chains in an update, at least 1
  Chains chains{};         ///< `DataChains{}`: from what the data make the top RBM see; or `Persistent{...}`
  Optimizer optimizer = Momentum{.rate = 0.02, .momentum = 0.5};      ///< of the ways up and down
  Optimizer top_optimizer = Momentum{.rate = 0.02, .momentum = 0.5};  ///< of the top RBM
  double discriminative = 0;  ///< what log p(label | features) counts in the top RBM beside the likelihood
  bool centered = true;       ///< the top RBM's gradient (models/centering.hpp)
  double weight_decay = 0;    ///< L2: per update weights lose this share of themselves times the step size
  bool visible_means = true;  ///< dreams end with the visible units' means; false: with draws
  double average_last = 0;    ///< `fit` ends with the mean of this last share of its updates; 0: the last
  std::uint64_t seed = 0;     ///< of all draws and of the order of samples
  std::string phase = "wake-sleep";  ///< what reports call the run
};

// Asked here, before anybody's braces do: g++ 12 fails with an internal error otherwise.
static_assert(noexcept(WakeSleepOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Chains, class Optimizer>
void for_each_option(F&& f, const WakeSleepOptions<Chains, Optimizer>& options) {
  const auto& [epochs, batch_size, steps, chains, optimizer, top_optimizer, discriminative, centered,
               weight_decay, visible_means, average_last, seed, phase] =
      options;  // every field, or this does not compile
  f("epochs", epochs);
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
