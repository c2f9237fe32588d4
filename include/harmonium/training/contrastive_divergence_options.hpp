/// \file
/// Options of contrastive divergence.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "chains/chains.hpp"
#include "gradient/penalties.hpp"
#include "run/checks.hpp"
#include "run/planned_epochs.hpp"
#include "run/shards.hpp"

namespace harmonium {

/// What stands for hidden units in the gradient.
enum class Statistics {
  means,   ///< their expectations given the visible units: less noise
  samples  ///< draws
};

/// What a sample's missing entries are to the model. It makes no difference to samples without any.
enum class Missing {
  drawn,    ///< numbers of one model of all entries: drawn anew at each update, given the known ones
  left_out  ///< no part of the sample's own model, which has its known units only and shares its weights and
            ///< biases with the others' (Salakhutdinov, Mnih and Hinton, 2007): for tables of which most is
            ///< missing, such as ratings; with `DataChains`, for RBMs
};

/// In reports and files.
constexpr const char* name_of(Missing missing) { return missing == Missing::drawn ? "drawn" : "left out"; }

/// How to train. What the defaults reach on six kinds of data, and how they were chosen, is measured in
/// examples/guide/defaults.md. To use your own policy in place of a variant, name its type as a template
/// argument.
template <class Chains = AnyChains, class Optimizer = AnyOptimizer>
struct ContrastiveDivergenceOptions {
  int epochs = automatic_epochs;  ///< passes over the data; automatic: at least 10, and 11,000 updates
  Index batch_size = 100;         ///< samples in an update, at least 1
  int steps = 5;                  ///< k: steps of the chains in an update, at least 1
  Chains chains{};          ///< `Persistent{...}`, `DataChains{}` (CD-k), ...: see training/chains/chains.hpp
  Optimizer optimizer{};    ///< `Momentum{...}`, `Nesterov{...}`, `Sgd{...}` or `Adam{...}`
  double weight_decay = 0;  ///< L2: at each update weights shrink by this fraction times the step size
  Penalties penalties{};    ///< L1, groups, sparsity, largest norm
  double max_gradient_norm = 4;  ///< longer gradients are scaled back to this norm; 0: no limit. The noise
                                 ///< of all weights adds up, so that a large model takes smaller steps
  double discriminative = 0;  ///< weight of log p(label | sample), added to the likelihood of joint RBMs: a
                              ///< hybrid (training/gradient/label_gradient.hpp)
  bool centered = true;       ///< the centered gradient (models/centering.hpp)
  double offset_rate = 0.01;  ///< fraction by which offsets move to the batch's means per update, in (0, 1]
  Statistics statistics = Statistics::means;  ///< of hidden units
  double average_last = 0.5;  ///< `fit` ends with the mean over this last fraction of updates; 0: the last
  bool zero_sum = true;       ///< categorical layers stay in the zero-sum gauge (models/gauge.hpp),
                              ///< unless missing entries are left out
  bool standardized = true;   ///< dReLU hidden units have variance 1 over the data (models/hidden_scale.hpp)
  Missing missing = Missing::drawn;  ///< entries: drawn, or left out of a sample's model
  int missing_steps = 10;            ///< Gibbs steps that redraw missing entries at each update, at least 1
  bool fit_visible_biases = true;    ///< untouched (all zero) layers start at the data's means, hidden ones
                                     ///< with minus what they receive there
  double pseudo_count = 1;  ///< samples that those starts have in addition, shared by all of a unit's states
  std::uint64_t seed = 0;   ///< of chains and order of samples
  std::string phase = "training";  ///< what reports call the run
  Shards shards{};  ///< cuts updates into parts, for processes to share (training/run/shards.hpp)
};

// Evaluated here, before any user's braces need it: otherwise g++ 12 fails with an internal error.
static_assert(noexcept(ContrastiveDivergenceOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Chains, class Optimizer>
void for_each_option(F&& f, const ContrastiveDivergenceOptions<Chains, Optimizer>& options) {
  const auto& [epochs, batch_size, steps, chains, optimizer, weight_decay, penalties, max_gradient_norm,
               discriminative, centered, offset_rate, statistics, average_last, zero_sum, standardized,
               missing, missing_steps, fit_visible_biases, pseudo_count, seed, phase, shards] =
      options;  // every field, or this does not compile
  name_epochs(f, epochs);
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
  f("standardized", standardized);
  f("missing", name_of(missing));
  f("missing_steps", missing_steps);
  f("fit_visible_biases", fit_visible_biases);
  f("pseudo_count", pseudo_count);
  f("seed", seed);
  f("phase", phase);
  name_shards(f, shards);
}

namespace detail {
/// \throws ValueError if an option is out of range
template <class Options>
void check_contrastive_divergence_options(const Options& options) {
  constexpr const char* trainer = "ContrastiveDivergence";
  check_training_options(trainer, options);
  check_penalties(trainer, options.penalties);
  check_shards(trainer, options);
  check<ValueError>(options.steps >= 1, trainer, ": steps is ", options.steps, ", expected at least 1");
  check<ValueError>(options.missing_steps >= 1, trainer, ": missing_steps is ", options.missing_steps,
                    ", expected at least 1");
  visit_policy(
      [&]<class P>(const P& policy) {
        // A chain is a state of one sample's model, so that it has to begin with that sample.
        check<ValueError>(options.missing == Missing::drawn || std::is_same_v<P, DataChains>, trainer,
                          ": missing = left_out needs chains = DataChains{}, since each sample has a model "
                          "of its own");
        if constexpr (requires { policy.count(options.batch_size); }) {
          const Index chains = policy.count(options.batch_size);
          check<ValueError>(chains >= 1 && chains <= most_count, trainer, ": there are ", chains,
                            " chains, expected at least 1", chains < 1 ? "" : " and at most 2147483647");
        }
      },
      options.chains);
  check<ValueError>(options.offset_rate > 0 && options.offset_rate <= 1, trainer, ": offset_rate is ",
                    options.offset_rate, ", expected above 0 and at most 1");
  check<ValueError>(options.pseudo_count > 0 && std::isfinite(options.pseudo_count), trainer,
                    ": pseudo_count is ", options.pseudo_count, ", expected a number above 0");
  check<ValueError>(options.max_gradient_norm >= 0, trainer, ": max_gradient_norm is ",
                    options.max_gradient_norm, ", expected a number of at least 0");
  check<ValueError>(options.discriminative >= 0 && std::isfinite(options.discriminative), trainer,
                    ": discriminative is ", options.discriminative, ", expected a number of at least 0");
}
}  // namespace detail
}  // namespace harmonium
