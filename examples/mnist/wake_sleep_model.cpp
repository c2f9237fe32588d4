// The deep belief network of digits and labels.
#include "wake_sleep_learning.hpp"

namespace mnist {

// On held-out digits a purely generative top RBM then classifies with 4.3 % of errors at best, and one that
// weights the probability of labels as much as this with 1.9 %. Its rates are high for a centered gradient.
PreTraining joint_pre_training(const Settings& settings) {
  PreTraining options = classifier_pre_training(settings);
  auto& top = options.layers.back();
  top.epochs = 5 * settings.pre_training_epochs / 2;
  top.chains = DataChains{};
  top.optimizer = Momentum{.rate = linear(0.05, 0.005), .momentum = 0.9};
  top.discriminative = 50;
  top.centered = true;
  return options;
}

// Persistent chains learn to generate: with chains that start at the data, digits generated in a thousand
// steps do not look like digits.
WakeSleepOptions<PreTrainingChains, Momentum> wake_sleep_options(const Settings& settings) {
  return {.epochs = settings.epochs,
          .batch_size = 100,
          .steps = 1,
          .chains = Persistent{.chains = 100},
          .optimizer = Momentum{.rate = linear(0.003, 0.0003), .momentum = 0.9},
          .top_optimizer = Momentum{.rate = linear(0.005, 0.0005), .momentum = 0.9},
          .discriminative = 250,
          .average_last = 0.3,
          .seed = settings.seed};
}

template Awoken wake_sleep(Run&, const Mnist&, const Dataset&, const Cpu<float>&);

}  // namespace mnist
