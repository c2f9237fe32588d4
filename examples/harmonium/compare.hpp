// Do a model's samples cover the rows? For evaluate and for the report.
#pragma once

#include <harmonium/inference/coverage.hpp>
#include <optional>

#include "model.hpp"

namespace program {

// Of the rows, those the model learned from, or others; `held_out` may have none.
harmonium::Coverage compare_samples(const Model& model, const Columns& columns, const Eigen::MatrixXf& rows,
                                    const Eigen::MatrixXf& held_out, Index samples, int steps,
                                    std::uint64_t seed, int threads);

// The comparison that the report shows; nothing if there are few rows, or the model is so large that its
// samples would take minutes.
std::optional<harmonium::Coverage> compared_for_report(const Model& model, const Columns& columns,
                                                       const Eigen::MatrixXf& rows,
                                                       const Eigen::MatrixXf& held_out, int threads);

// The numbers as lines of text.
std::string text_of(const harmonium::Coverage& coverage);

}  // namespace program
