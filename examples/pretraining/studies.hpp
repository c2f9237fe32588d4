// The two studies that the program can do.
#pragma once

#include <harmonium/io.hpp>

#include "settings.hpp"

namespace pretraining {

// The published tables: networks from fresh starts and pre-trained ones, epoch by epoch.
void run_tables(const Settings& settings, const Mnist& mnist);

// Few labelled digits, all digits to pre-train on, and modern networks beside.
void run_labels(const Settings& settings, const Mnist& mnist);

}  // namespace pretraining
