// A deep belief network of digits and labels, pre-trained and fine-tuned by wake-sleep.
#pragma once

#include "pre_trained.hpp"

namespace mnist {

using DigitsAndLabels = UpDownDbn<ClassifierUnits>;

struct Awoken {
  DigitsAndLabels model;
  Evaluation before, test, train;  // before: on test digits, before wake-sleep
};

// Learns on backend `B`, from training digits in its memory. Defined in wake_sleep_learning.hpp, for the
// files that instantiate it, one per backend.
template <class B, class Source>
Awoken wake_sleep(Run& run, const Mnist& mnist, const Source& train_set, const B& on);

}  // namespace mnist
