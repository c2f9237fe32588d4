// A run in JSON: its data, options and results. `train --run` repeats it.
#pragma once

#include "commands.hpp"

namespace program {

nlohmann::ordered_json run_json(const CommonSettings& settings, const Columns& columns);
// The file's text. Throws DataError if it would not be UTF-8.
std::string run_text(const nlohmann::ordered_json& run);
// Takes the settings from the named run file.
void take_run_file(CommonSettings& settings);
nlohmann::ordered_json read_json(const std::string& path);

}  // namespace program
