// Deep belief networks, pre-trained layer by layer and saved.
#pragma once

#include "run.hpp"

namespace mnist {

using ClassifierUnits = Stack<Bernoulli>;
using AutoencoderUnits = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;  // a linear code

// Naming the policies halves the compile time compared with a choice between all of them.
using PreTrainingChains = std::variant<DataChains, Persistent>;
using PreTraining = PreTrainingOptions<ContrastiveDivergenceOptions<PreTrainingChains, Momentum>>;

PreTraining classifier_pre_training(const Settings& settings);
PreTraining autoencoder_pre_training(const Settings& settings);

// Learns on backend `B`, from training digits in its memory. Defined in pre_training.hpp, for the files that
// instantiate it: it takes long to compile, so there is one file for each of the networks above and for each
// backend.
template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTraining& options, const Source& train, const B& on);

}  // namespace mnist
