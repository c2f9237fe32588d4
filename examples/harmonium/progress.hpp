// What is to be seen while a model learns.
#pragma once

#include <harmonium/observers/progress_bar.hpp>
#include <set>

namespace program {

// A live line on a terminal, a line that stays for each tenth of the epochs, and every warning once.
struct Progress {
  harmonium::ProgressBar bar{stderr};
  std::set<std::string> warned = {};
  void show(const harmonium::EpochReport& report, bool last);
};

}  // namespace program
