// The report page of a run on sequences.
#pragma once

#include <harmonium/inference/coverage.hpp>
#include <harmonium/inference/sequences/neighbours.hpp>
#include <harmonium/io/report/html_report.hpp>
#include <optional>

#include "sequence_model.hpp"

namespace program {

// A family, its weights, and which sequences are learned and held out; without sequences if its file is gone.
struct FamilyParts {
  harmonium::Alignment family = {};
  std::vector<double> weights = {};
  harmonium::ClusterSplit split = {};
};

// Weighs the sequences of a family and cuts it by clusters, as the settings say.
FamilyParts cut_family(const CommonSettings& settings, harmonium::Alignment family,
                       const harmonium::Cpu<float>& on);

// Sequences from the model, each from a chain of its own.
harmonium::Alignment draw(const SequenceModel& model, Index count, int steps, std::uint64_t seed,
                          const harmonium::Cpu<float>& on);
// Do these samples of the model cover the family? Its parts are compared as far as they are large enough, and
// with no more samples than they have sequences.
std::optional<harmonium::Coverage> compare_sequences(const harmonium::Alignment& drawn,
                                                     const FamilyParts& parts, std::uint64_t seed,
                                                     const harmonium::Cpu<float>& on);

// The results of a run, for the terminal and for the report.
harmonium::ReportValues key_values(const nlohmann::ordered_json& results);

void write_sequence_report(const std::string& folder, const nlohmann::ordered_json& run,
                           const SequenceModel& model, const harmonium::History& history,
                           const FamilyParts& parts, int threads);

}  // namespace program
