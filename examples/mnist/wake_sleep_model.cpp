// The deep belief network of digits and labels.
#include "wake_sleep_learning.hpp"

namespace mnist {

PreTraining joint_pre_training(const Settings& settings) {
  PreTraining options = classifier_pre_training(settings);
  options.layers.back().chains = DataChains{};
  return options;
}

WakeSleepOptions<PreTrainingChains, Momentum> wake_sleep_options(const Settings& settings) {
  return {.epochs = settings.epochs,
          .batch_size = 100,
          .steps = 3,
          .optimizer = Momentum{.rate = linear(0.02, 0.002), .momentum = 0.5},
          .top_optimizer = Momentum{.rate = linear(0.02, 0.002), .momentum = 0.5},
          .seed = settings.seed};
}

template Awoken wake_sleep(Run&, const Mnist&, const Dataset&, const Cpu<float>&);

}  // namespace mnist
