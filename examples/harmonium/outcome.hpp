// What a run leaves behind beside the model, and how its rows were shared out: used by train and by report.
#pragma once

#include "model.hpp"

namespace program {

// All epochs of all layers, a column for each metric, and what was warned of; and back.
std::string history_csv(const std::vector<harmonium::History>& histories);
std::vector<harmonium::History> read_history(const std::string& path);

// Rows to learn from and rows kept aside.
std::pair<Samples, Samples> cut(const Samples& all, const TrainSettings& settings);
// At most 2000 complete rows, evenly spread.
Eigen::MatrixXf some_of(const Samples& rows);

// Numbers between 0 and 1 in binary columns are probabilities and no states, so they have no likelihood: each
// is drawn as 0 or 1, once. Were there any?
bool draw_bits(const Columns& columns, std::uint64_t seed, Eigen::MatrixXf& rows);

}  // namespace program
