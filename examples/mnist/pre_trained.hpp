// Deep belief networks, pre-trained layer by layer as the settings say, and saved. Each has a file of its
// own: it takes a compiler long.
#pragma once

#include "run.hpp"

namespace mnist {

using ClassifierUnits = Stack<Bernoulli>;
using AutoencoderUnits = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;  // a linear code

PreTrainingOptions<> classifier_pre_training(const Settings& settings);

// Pre-trains on backend `B`, from training digits that are at hand there.
template <class B, class Source>
Dbn<ClassifierUnits, B> classifier_dbn(Run& run, const Source& train, const B& on);
template <class B, class Source>
Dbn<AutoencoderUnits, B> autoencoder_dbn(Run& run, const Source& train, const B& on);

template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTrainingOptions<>& options, const Source& train, const B& on) {
  Dbn<Units, B> dbn{{.sizes = sizes_of(run.settings), .seed = run.settings.seed}};
  for (const History& history :
       pre_train_on(on, dbn, train, options, ProgressBar{}, run.interrupt, run.checkpoint))
    run.seconds_pre_training += run.finish(history);
  save(run.settings.path("dbn.safetensors"), dbn);
  return dbn;
}

}  // namespace mnist
