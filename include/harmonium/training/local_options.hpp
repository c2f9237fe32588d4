/// \file
/// Options of training by a local objective: pseudo-likelihood, ratio matching, minimum probability flow or
/// score matching. These judge a model by its behaviour in the neighbourhood of each sample, need neither
/// chains nor a partition function, and have exact gradients.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "gradient/penalties.hpp"
#include "run/checks.hpp"
#include "run/planned_epochs.hpp"
#include "run/shards.hpp"

namespace harmonium {

/// How to train. To use your own policy in place of the variant, name its type as a template argument.
template <class Optimizer = AnyOptimizer>
struct LocalObjectiveOptions {
  int epochs = 10;               ///< passes over the data
  Index batch_size = 100;        ///< samples in an update, at least 1
  Optimizer optimizer = Adam{};  ///< `Momentum{...}`, `Nesterov{...}`, `Sgd{...}` or `Adam{...}`
  double weight_decay = 0;       ///< L2: at each update weights shrink by this fraction times the step size
  Penalties penalties{};         ///< L1, groups, sparsity, largest norm
  double max_gradient_norm = 0;  ///< longer gradients are scaled back to this norm; 0: no limit
  bool centered = true;          ///< the centered gradient (models/centering.hpp)
  double offset_rate = 0.01;  ///< fraction by which offsets move to the batch's means per update, in (0, 1]
  double average_last = 0;   ///< `fit` ends with the mean over this last fraction of updates; 0: the last one
  bool zero_sum = true;      ///< categorical layers stay in the zero-sum gauge (models/gauge.hpp)
  bool standardized = true;  ///< dReLU hidden units have variance 1 over the data (models/hidden_scale.hpp)
  bool fit_visible_biases = true;  ///< untouched (all zero) layers start at the data's means, hidden ones
                                   ///< with minus what they receive there
  double pseudo_count = 1;  ///< samples that those starts have in addition, shared by all of a unit's states
  std::uint64_t seed = 0;   ///< of the order of samples
  std::string phase = "training";  ///< what reports call the run
  Shards shards{};  ///< cuts updates into parts, for processes to share (training/run/shards.hpp)
};

// Evaluated here, before any user's braces need it: otherwise g++ 12 fails with an internal error.
static_assert(noexcept(LocalObjectiveOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Optimizer>
void for_each_option(F&& f, const LocalObjectiveOptions<Optimizer>& options) {
  const auto& [epochs, batch_size, optimizer, weight_decay, penalties, max_gradient_norm, centered,
               offset_rate, average_last, zero_sum, standardized, fit_visible_biases, pseudo_count, seed,
               phase, shards] = options;  // every field, or this does not compile
  name_epochs(f, epochs);
  f("batch_size", batch_size);
  f("optimizer", optimizer);
  f("weight_decay", weight_decay);
  f("penalties", penalties);
  f("max_gradient_norm", max_gradient_norm);
  f("centered", centered);
  f("offset_rate", offset_rate);
  f("average_last", average_last);
  f("zero_sum", zero_sum);
  f("standardized", standardized);
  f("fit_visible_biases", fit_visible_biases);
  f("pseudo_count", pseudo_count);
  f("seed", seed);
  f("phase", phase);
  name_shards(f, shards);
}

namespace detail {
/// \throws ValueError if an option is out of range, or requires something that the model does not have
template <class Model, class Options>
void check_local_options(const char* trainer, const Options& options) {
  check_training_options(trainer, options);
  check_penalties_of_model<Model>(trainer, options.penalties);
  check_shards(trainer, options);
  check<ValueError>(options.offset_rate > 0 && options.offset_rate <= 1, trainer, ": offset_rate is ",
                    options.offset_rate, ", expected above 0 and at most 1");
  check<ValueError>(options.pseudo_count > 0 && std::isfinite(options.pseudo_count), trainer,
                    ": pseudo_count is ", options.pseudo_count, ", expected a number above 0");
  check<ValueError>(options.max_gradient_norm >= 0, trainer, ": max_gradient_norm is ",
                    options.max_gradient_norm, ", expected a number of at least 0");
}
}  // namespace detail
}  // namespace harmonium
