// How good predictions are: of classes or of numbers.
#pragma once

#include "target.hpp"

namespace program {

// Measures, by name, for the run file. `predicted` is what a predictor gives for rows whose answers are all
// known.
nlohmann::ordered_json measure(const Column& target, const Eigen::MatrixXd& predicted,
                               const Answers& answers);
// The same as lines of text.
std::string text_of_measures(const Column& target, const nlohmann::ordered_json& measures);

}  // namespace program
