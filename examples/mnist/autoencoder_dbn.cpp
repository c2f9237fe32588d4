// The deep belief network that is unrolled into an autoencoder.
#include "backend.hpp"
#include "pre_trained.hpp"

namespace mnist {

template <class B, class Source>
Dbn<AutoencoderUnits, B> autoencoder_dbn(Run& run, const Source& train, const B& on) {
  PreTrainingOptions<> options{.layers = {}};
  for (std::size_t i = 0; i < run.settings.layers.size(); ++i) {
    // Gaussian units, the code's, are not bounded: they want small steps.
    const double rate = i + 1 < run.settings.layers.size() ? 0.1 : 0.002;
    options.layers.push_back({.epochs = run.settings.pre_training_epochs,
                              .batch_size = 100,
                              .optimizer = Momentum{.rate = linear(rate, 0.1 * rate), .momentum = 0.5},
                              .weight_decay = 2e-4,
                              .seed = run.settings.seed});
  }
  return pre_trained<AutoencoderUnits>(run, options, train, on);
}

template Dbn<AutoencoderUnits> autoencoder_dbn(Run&, const Dataset&, const Cpu<float>&);
#if defined(HARMONIUM_CUDA)
template Dbn<AutoencoderUnits, Cuda<float>> autoencoder_dbn(Run&, const CudaDataset&, const Cuda<float>&);
#endif

}  // namespace mnist
