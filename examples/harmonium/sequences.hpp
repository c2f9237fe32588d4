// Families of aligned sequences: models with a categorical unit for each site and dReLU hidden units.
#pragma once

#include "commands.hpp"

namespace program {

// Is it a file of aligned sequences, by its contents?
bool is_alignment(const std::string& path);
// Is it a model that this program learned from sequences?
bool is_sequence_model(const std::string& path);

void train_sequences(const CommonSettings& settings);
void sample_sequences(const CommonSettings& settings);
void score_sequences(const CommonSettings& settings);
void encode_sequences(const CommonSettings& settings);

}  // namespace program
