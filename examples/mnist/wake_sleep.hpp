// A deep belief network of digits and labels, pre-trained and fine-tuned by wake-sleep.
#pragma once

#include "pre_trained.hpp"

namespace mnist {

using DigitsAndLabels = UpDownDbn<ClassifierUnits>;

struct Awoken {
  DigitsAndLabels model;
  Evaluation before, test, train;  // before is the test's, before wake-sleep
};

// Learns on backend `B`, from training digits that are at hand there. Defined in wake_sleep_learning.hpp, for
// files that compile it, one for each backend.
template <class B, class Source>
Awoken wake_sleep(Run& run, const Mnist& mnist, const Source& train_set, const B& on);

}  // namespace mnist
