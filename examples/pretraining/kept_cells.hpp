// Results of runs of fine-tuning, kept as a list in <study>.json, and the settings behind them in
// <study>-settings.json.
#pragma once

#include <algorithm>
#include <filesystem>
#include <harmonium/io.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../kept.hpp"
#include "settings.hpp"

namespace pretraining {

using Json = nlohmann::ordered_json;

// The results of an earlier run of the same study with the same settings, for the requested seeds.
template <class Cell>
std::vector<Cell> kept_cells(const Settings& settings, const std::string& study, const Json& how) {
  const auto parsed = [&](const std::string& file) {
    const std::string path = settings.path(file);
    return std::filesystem::exists(path) ? kept::read_json(path) : Json();
  };
  try {
    std::vector<Cell> cells;
    if (parsed(study + "-settings.json") != how) return cells;
    for (const Json& json : parsed(study + ".json")) {
      const Cell cell = json.template get<Cell>();
      if (cell.seed - settings.first_seed < static_cast<std::uint64_t>(settings.seeds)) cells.push_back(cell);
    }
    return cells;
  } catch (const Json::exception&) {  // not written by this program
    return {};
  }
}

template <class Cell>
void keep_cells(const Settings& settings, const std::string& study, const Json& how,
                std::vector<Cell> cells) {
  std::sort(cells.begin(), cells.end());
  std::filesystem::remove(
      settings.path(study + "-settings.json"));  // while it changes, the list has no settings
  write_file(settings.path(study + ".json"), Json(cells).dump(1) + '\n');
  write_file(settings.path(study + "-settings.json"), how.dump(1) + '\n');
}

}  // namespace pretraining
