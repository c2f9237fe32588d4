// Several seeds: how much of a result is chance?
#pragma once

#include "modes.hpp"

namespace mnist {

// Runs the mode once per seed; if there are several, each has its own folder, and a summary is printed and
// written. With --resume, seeds whose metrics exist and were obtained with the same settings are skipped.
void run_seeds(const Settings& settings, const harmonium::Mnist& mnist);

}  // namespace mnist
