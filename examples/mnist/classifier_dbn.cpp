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
                              .seed = settings.seed,
                              .shards = shards(settings)});
  }
  options.layers.back().chains = Persistent{.chains = 100};  // persistent chains learn to generate
  return options;
}

// What classifies well generates few kinds of digits: a third of its samples are taken for 2, and as many for
// 4. A few epochs with the centered gradient, a rate that falls to 0 and the mean of the last parameters give
// all kinds, but classify less well, so a copy of the top RBM gets them, while the classifier starts from the
// RBM as it was.
LayerTraining generator_training(const Settings& settings) {
  LayerTraining options = classifier_pre_training(settings).layers.back();
  options.epochs = settings.pre_training_epochs / 4;  // none with --quick
  options.optimizer = Momentum{.rate = linear(0.02, 0.0), .momentum = 0.5};
  options.centered = true;
  options.average_last = 0.5;
  options.seed = seed_of_layer(settings.seed, settings.layers.size());
  options.phase = "generator";
  return options;
}

template Dbn<ClassifierUnits> pre_trained(Run&, const PreTraining&, const Dataset&, const Cpu<float>&);
template Dbn<ClassifierUnits> generator(Run&, Dbn<ClassifierUnits>, const LayerTraining&, const Dataset&,
                                        const Cpu<float>&);

}  // namespace mnist
