// The deep belief network that is unrolled into an autoencoder.
#include "pre_training.hpp"

namespace mnist {

PreTraining autoencoder_pre_training(const Settings& settings) {
  PreTraining options{.layers = {}};
  for (std::size_t i = 0; i < settings.layers.size(); ++i) {
    // Gaussian units, those of the code, are unbounded: they need small steps.
    const double rate = i + 1 < settings.layers.size() ? 0.1 : 0.002;
    options.layers.push_back({.epochs = settings.pre_training_epochs,
                              .batch_size = 100,
                              .steps = 1,
                              .optimizer = Momentum{.rate = linear(rate, 0.1 * rate), .momentum = 0.5},
                              .weight_decay = 2e-4,
                              .max_gradient_norm = 0,
                              .average_last = 0,
                              .seed = settings.seed,
                              .shards = shards(settings)});
  }
  return options;
}

template Dbn<AutoencoderUnits> pre_trained(Run&, const PreTraining&, const Dataset&, const Cpu<float>&);

}  // namespace mnist
