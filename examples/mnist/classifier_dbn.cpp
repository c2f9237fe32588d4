// The deep belief network that becomes a classifier, and also generates digits itself.
#include "pre_training.hpp"

namespace mnist {

PreTraining classifier_pre_training(const Settings& settings) {
  PreTraining options{.layers = {}};
  for (const int units : settings.layers) {
    // The plain gradient: its features classify better than those of the centered one (1.3 % against 1.7 % on
    // held-out digits), though they model the digits less well. With it all hidden units move together at
    // first, so their effect on a visible unit grows with their number: a large layer needs smaller steps, or
    // all of its units switch off.
    const double rate = 50.0 / std::max(units, 500);
    options.layers.push_back({.epochs = settings.pre_training_epochs,
                              .batch_size = 100,
                              .steps = 1,
                              .optimizer = Momentum{.rate = linear(rate, 0.1 * rate), .momentum = 0.5},
                              .weight_decay = 2e-4,
                              .max_gradient_norm = 0,
                              .centered = false,
                              .average_last = 0,
                              .seed = settings.seed});
  }
  // The top layer generates: persistent chains, a rate that falls to 0 and the mean of the second half's
  // parameters, so that its chains move between all kinds of digits.
  auto& top = options.layers.back();
  const double rate = 25.0 / std::max(settings.layers.back(), 500);
  top.chains = Persistent{.chains = 100};
  top.optimizer = Momentum{.rate = linear(rate, 0), .momentum = 0.5};
  top.weight_decay = 1e-3;
  top.average_last = 0.5;
  return options;
}

template Dbn<ClassifierUnits> pre_trained(Run&, const PreTraining&, const Dataset&, const Cpu<float>&);

}  // namespace mnist
