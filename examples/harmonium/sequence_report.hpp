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

// Do as many samples of the model cover the family? The parts are compared as far as they are large enough.
std::optional<harmonium::Coverage> compare_sequences(const SequenceModel& model, const FamilyParts& parts,
                                                     Index most, int steps, std::uint64_t seed, int threads);

// The results of a run, for the terminal and for the report.
harmonium::ReportValues key_values(const nlohmann::ordered_json& results);

void write_sequence_report(const std::string& folder, const nlohmann::ordered_json& run,
                           const SequenceModel& model, const harmonium::History& history,
                           const FamilyParts& parts, int threads);

}  // namespace program
