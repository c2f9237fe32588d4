// A run in JSON: what was learned from, with which options, what came out. `train --run` repeats it.
#pragma once

#include "commands.hpp"

namespace program {

nlohmann::ordered_json run_json(const CommonSettings& settings, const Columns& columns);
// Takes the settings of the run file that is named.
void take_run_file(CommonSettings& settings);
nlohmann::ordered_json read_json(const std::string& path);

}  // namespace program
