// Deep belief networks, pre-trained layer by layer, and saved.
#pragma once

#include "run.hpp"

namespace mnist {

using ClassifierUnits = Stack<Bernoulli>;
using AutoencoderUnits = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;  // a linear code

// The policies are named: that compiles in half the time of a choice between all of them.
using PreTrainingChains = std::variant<DataChains, Persistent>;
using PreTraining = PreTrainingOptions<ContrastiveDivergenceOptions<PreTrainingChains, Momentum>>;

PreTraining classifier_pre_training(const Settings& settings);
PreTraining autoencoder_pre_training(const Settings& settings);

// Learns on backend `B`, from training digits that are at hand there. Defined in pre_training.hpp, for files
// that compile it: it takes a compiler long, so there is one for each of the networks above, and for each
// backend.
template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTraining& options, const Source& train, const B& on);

}  // namespace mnist
