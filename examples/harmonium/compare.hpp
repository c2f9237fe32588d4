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

// Sets with fewer rows are not compared.
inline constexpr Index fewest_compared = 50;
// As many of each set are compared as the smallest has: too few held-out rows would leave little.
inline bool enough_held_out(Index held_out, Index compared) { return held_out >= compared / 2; }

// Prints the numbers; the data have such `rows`, in that file.
void print_coverage(const harmonium::Coverage& coverage, const char* rows, const std::string& data);

}  // namespace program
