// Deep belief networks, pre-trained layer by layer and saved.
#pragma once

#include "run.hpp"

namespace mnist {

using ClassifierUnits = Stack<Bernoulli>;
using AutoencoderUnits = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;  // a linear code

// Naming the policies halves the compile time compared with a choice between all of them.
using PreTrainingChains = std::variant<DataChains, Persistent>;
using LayerTraining = ContrastiveDivergenceOptions<PreTrainingChains, Momentum>;
using PreTraining = PreTrainingOptions<LayerTraining>;

PreTraining classifier_pre_training(const Settings& settings);
LayerTraining generator_training(const Settings& settings);
PreTraining autoencoder_pre_training(const Settings& settings);

// Learns on backend `B`, from training digits in its memory. Defined in pre_training.hpp, for the files that
// instantiate it: it takes long to compile, so there is one file for each of the networks above and for each
// backend.
template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTraining& options, const Source& train, const B& on);

// The same network, except that its top RBM has learned on, to generate. Saved in place of the first one.
template <class Units, class B, class Source>
Dbn<Units, B> generator(Run& run, Dbn<Units, B> dbn, const LayerTraining& options, const Source& train,
                        const B& on);

}  // namespace mnist
