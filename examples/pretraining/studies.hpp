// The program's two studies.
#pragma once

#include <harmonium/io.hpp>

#include "settings.hpp"

namespace pretraining {

// The published tables: networks from random starts and pre-trained ones, epoch by epoch.
void run_tables(const Settings& settings, const Mnist& mnist);

// Few labelled digits, all digits for pre-training, and modern networks for comparison.
void run_labels(const Settings& settings, const Mnist& mnist);

}  // namespace pretraining
