// Families of aligned sequences: models with a categorical unit for each site and dReLU hidden units.
#pragma once

#include "commands.hpp"

namespace program {

// Are the data aligned sequences, by what the settings say or by the file's contents?
bool are_sequences(const CommonSettings& settings);
// Is it a model that this program learned from sequences?
bool is_sequence_model(const std::string& path);

void train_sequences(const CommonSettings& settings);
void sample_sequences(const CommonSettings& settings);
void score_sequences(const CommonSettings& settings);
void encode_sequences(const CommonSettings& settings);
void evaluate_sequences(const CommonSettings& settings);
// Rewrites the report in a folder; the settings are those of its run file.
void report_sequences(const std::string& folder, const CommonSettings& settings,
                      const nlohmann::ordered_json& run);

}  // namespace program
