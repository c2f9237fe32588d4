// The files of a run in addition to the model, and the split of its rows: used by train and by report.
#pragma once

#include "model.hpp"

namespace program {

// All epochs of all layers, with one column per metric and the warnings; and back.
std::string history_csv(const std::vector<harmonium::History>& histories);
std::vector<harmonium::History> read_history(const std::string& path);

// Indices of training rows and of held-out rows. With labels, no class loses its last row.
std::pair<std::vector<Index>, std::vector<Index>> cut_rows(Index rows, const TrainSettings& settings,
                                                           const std::vector<int>& labels = {});
// At most 2000 complete rows, evenly spread; of a sparse table they stay sparse.
Samples some_rows(const Samples& rows);
// Such rows to look at, as dense numbers: fewer of a wide sparse table.
Eigen::MatrixXf some_of(const Samples& rows);

// Numbers between 0 and 1 in binary columns are probabilities and not states, so they have no likelihood:
// each is drawn as 0 or 1, once. Were there any?
bool draw_bits(const Columns& columns, std::uint64_t seed, Eigen::MatrixXf& rows);
bool draw_bits(const Columns& columns, std::uint64_t seed, Samples& rows);

}  // namespace program
