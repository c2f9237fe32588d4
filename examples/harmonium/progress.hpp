// The display while a model learns.
#pragma once

#include <harmonium/observers/progress_bar.hpp>
#include <set>

namespace program {

// A live line on a terminal, a permanent line for each tenth of the epochs, and every warning once.
struct Progress {
  harmonium::ProgressBar bar{stderr};
  std::set<std::string> warned = {};
  void show(const harmonium::EpochReport& report, bool last);
};

}  // namespace program
