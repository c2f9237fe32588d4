/// \file
/// Options of fine-tuning.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "run/checks.hpp"
#include "run/planned_epochs.hpp"
#include "run/shards.hpp"

namespace harmonium {

/// What fine-tuning minimizes.
enum class Loss {
  likelihood,    ///< -log p(target) of the head's units: cross-entropy for classes and bits, half the squared
                 ///< error (and a constant) for Gaussian units of precision 1
  squared_error  ///< half the squared distance of the head's means from the target, for any units
};

/// How to fine-tune. To use your own policy in place of the variant, name its type as a template argument.
template <class Optimizer = AnyOptimizer>
struct FineTuningOptions {
  int epochs = 10;                           ///< passes over the data
  Index batch_size = 100;                    ///< samples in an update, at least 1
  Optimizer optimizer = Adam{.rate = 1e-3};  ///< `Momentum{...}`, `Nesterov{...}`, `Sgd{...}` or `Adam{...}`
  double weight_decay = 0;  ///< L2: at each update weights shrink by this fraction times the step size
  double max_norm = 0;      ///< after updates a unit's incoming weights have at most this norm; 0: no limit
  double max_gradient_norm = 0;  ///< longer gradients are scaled back to this norm; 0: no limit
  double input_dropout = 0;      ///< fraction of the inputs dropped in an update, in [0, 1)
  double dropout = 0;            ///< likewise for each hidden layer's outputs
  double adversarial = 0;  ///< half of an update's weight goes to its samples with each input moved this far
                           ///< in the direction of rising loss (training/networks/adversary.hpp); 0: off
  Loss loss = Loss::likelihood;  ///< what is minimized
  double average_last = 0;  ///< `fit` ends with the mean over this last fraction of updates; 0: the last one
  std::uint64_t seed = 0;   ///< of the order of samples and of dropout
  std::string phase = "fine-tuning";  ///< what reports call the run
  Shards shards{};  ///< cuts updates into parts, for processes to share (training/run/shards.hpp)
};

// Evaluated here, before any user's braces need it: otherwise g++ 12 fails with an internal error.
static_assert(noexcept(FineTuningOptions<>{}) || true);

/// Options by name: see training/run/option_words.hpp.
template <class F, class Optimizer>
void for_each_option(F&& f, const FineTuningOptions<Optimizer>& options) {
  const auto& [epochs, batch_size, optimizer, weight_decay, max_norm, max_gradient_norm, input_dropout,
               dropout, adversarial, loss, average_last, seed, phase, shards] =
      options;  // every field, or this does not compile
  name_epochs(f, epochs);
  f("batch_size", batch_size);
  f("optimizer", optimizer);
  f("weight_decay", weight_decay);
  f("max_norm", max_norm);
  f("max_gradient_norm", max_gradient_norm);
  f("input_dropout", input_dropout);
  f("dropout", dropout);
  f("adversarial", adversarial);
  f("loss", loss == Loss::likelihood ? "likelihood" : "squared error");
  f("average_last", average_last);
  f("seed", seed);
  f("phase", phase);
  name_shards(f, shards);
}

namespace detail {
/// \throws ValueError if an option is out of range
template <class Options>
void check_fine_tuning_options(const Options& options) {
  constexpr const char* trainer = "FineTuning";
  check_training_options(trainer, options);
  check_shards(trainer, options);
  const auto not_negative = [&](const char* name, double value) {
    check<ValueError>(value >= 0 && std::isfinite(value), trainer, ": ", name, " is ", value,
                      ", expected a number of at least 0");
  };
  not_negative("max_norm", options.max_norm);
  not_negative("max_gradient_norm", options.max_gradient_norm);
  not_negative("adversarial", options.adversarial);
  const auto share = [&](const char* name, double value) {
    check<ValueError>(value >= 0 && value < 1, trainer, ": ", name, " is ", value,
                      ", expected at least 0 and below 1");
  };
  share("input_dropout", options.input_dropout);
  share("dropout", options.dropout);
}
}  // namespace detail
}  // namespace harmonium
