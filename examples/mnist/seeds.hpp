// The same with several seeds: how much of a result is chance?
#pragma once

#include "modes.hpp"

namespace mnist {

// Runs the mode once for each seed; of several, each has its own folder, and a summary is printed and
// written. With --resume, seeds whose metrics are there and were come by with the same settings are not done
// again.
void run_seeds(const Settings& settings, const harmonium::Mnist& mnist);

}  // namespace mnist
