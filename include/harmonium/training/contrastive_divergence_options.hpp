/// \file
/// What contrastive divergence can be asked for.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "chains/chains.hpp"
#include "gradient/penalties.hpp"
#include "run/checks.hpp"

namespace harmonium {

/// What stands for hidden units in the gradient.
enum class Statistics {
  means,   ///< their expectations given the visible units: less noise
  samples  ///< draws
};

/// How to train. The defaults train well; a policy of one's own replaces a variant: name its type as template
/// argument.
template <class Chains = AnyChains, class Optimizer = AnyOptimizer>
struct ContrastiveDivergenceOptions {
  int epochs = 10;          ///< passes over the data
  Index batch_size = 100;   ///< samples in an update, at least 1
  int steps = 1;            ///< k: steps of the chains in an update, at least 1
  Chains chains{};          ///< `DataChains{}` (CD-k), `Persistent{...}`, ...: see training/chains/chains.hpp
  Optimizer optimizer{};    ///< `Momentum{...}`, `Nesterov{...}`, `Sgd{...}` or `Adam{...}`
  double weight_decay = 0;  ///< L2: per update weights lose this share of themselves times the step size
  Penalties penalties{};    ///< L1, groups, sparsity, largest norm
  double max_gradient_norm = 0;  ///< longer gradients are scaled back to this norm; 0: none is
  double discriminative = 0;  ///< what log p(label | sample) counts beside the likelihood, in joint RBMs: a
                              ///< hybrid (training/gradient/label_gradient.hpp)
  bool centered = true;       ///< the centred gradient (models/centering.hpp)
  double offset_rate = 0.01;  ///< share of its way that an offset goes at each update, above 0 to 1
  Statistics statistics = Statistics::means;  ///< of hidden units
  double average_last = 0;  ///< `fit` ends with the mean of this last share of its updates; 0: with the last
  bool zero_sum = false;    ///< categorical layers stay in the zero-sum gauge (models/gauge.hpp)
  int missing_steps = 10;   ///< of Gibbs sampling that draw missing entries anew at each update, at least 1
  bool fit_visible_biases = true;  ///< a visible layer as made (all zero) starts at the data's means
  std::uint64_t seed = 0;          ///< of chains and order of samples
  std::string phase = "training";  ///< what reports call the run
};

// Asked here, before anybody's braces do: g++ 12 fails with an internal error otherwise.
static_assert(noexcept(ContrastiveDivergenceOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Chains, class Optimizer>
void for_each_option(F&& f, const ContrastiveDivergenceOptions<Chains, Optimizer>& options) {
  const auto& [epochs, batch_size, steps, chains, optimizer, weight_decay, penalties, max_gradient_norm,
               discriminative, centered, offset_rate, statistics, average_last, zero_sum, missing_steps,
               fit_visible_biases, seed, phase] = options;  // every field, or this does not compile
  f("epochs", epochs);
  f("batch_size", batch_size);
  f("steps", steps);
  f("chains", chains);
  f("optimizer", optimizer);
  f("weight_decay", weight_decay);
  f("penalties", penalties);
  f("max_gradient_norm", max_gradient_norm);
  f("discriminative", discriminative);
  f("centered", centered);
  f("offset_rate", offset_rate);
  f("statistics", statistics == Statistics::means ? "means" : "samples");
  f("average_last", average_last);
  f("zero_sum", zero_sum);
  f("missing_steps", missing_steps);
  f("fit_visible_biases", fit_visible_biases);
  f("seed", seed);
  f("phase", phase);
}

namespace detail {
/// \throws ValueError if an option is out of range
template <class Options>
void check_contrastive_divergence_options(const Options& options) {
  constexpr const char* trainer = "ContrastiveDivergence";
  check_training_options(trainer, options);
  check_penalties(trainer, options.penalties);
  check<ValueError>(options.steps >= 1, trainer, ": steps is ", options.steps, ", expected at least 1");
  check<ValueError>(options.missing_steps >= 1, trainer, ": missing_steps is ", options.missing_steps,
                    ", expected at least 1");
  visit_policy(
      [&](const auto& policy) {
        if constexpr (requires { policy.count(options.batch_size); }) {
          const Index chains = policy.count(options.batch_size);
          check<ValueError>(chains >= 1, trainer, ": there are ", chains, " chains, expected at least 1");
        }
      },
      options.chains);
  check<ValueError>(options.offset_rate > 0 && options.offset_rate <= 1, trainer, ": offset_rate is ",
                    options.offset_rate, ", expected above 0 and at most 1");
  check<ValueError>(options.max_gradient_norm >= 0, trainer, ": max_gradient_norm is ",
                    options.max_gradient_norm, ", expected a number of at least 0");
  check<ValueError>(options.discriminative >= 0 && std::isfinite(options.discriminative), trainer,
                    ": discriminative is ", options.discriminative, ", expected a number of at least 0");
}
}  // namespace detail
}  // namespace harmonium
