// Deep belief networks, pre-trained layer by layer, and saved.
#pragma once

#include "run.hpp"

namespace mnist {

using ClassifierUnits = Stack<Bernoulli>;
using AutoencoderUnits = Stack<Bernoulli, Bernoulli, Bernoulli, Bernoulli, Gaussian>;  // a linear code

PreTrainingOptions<> classifier_pre_training(const Settings& settings);
PreTrainingOptions<> autoencoder_pre_training(const Settings& settings);

// Learns on backend `B`, from training digits that are at hand there. Defined in pre_training.hpp, for files
// that compile it: it takes a compiler long, so there is one for each of the networks above, and for each
// backend.
template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTrainingOptions<>& options, const Source& train, const B& on);

}  // namespace mnist
