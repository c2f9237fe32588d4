// The report page of a run.
#pragma once

#include "model.hpp"

namespace program {

struct ReportInput {
  std::string folder;
  const nlohmann::ordered_json& run;
  const Columns& columns;
  const std::vector<harmonium::History>& histories;
  const Model& model;
  Eigen::MatrixXf rows;            // held-out rows, if there are any
  const Column* target = nullptr;  // what is predicted, if anything
};

// Writes `report.html` into the folder.
void write_report(const ReportInput& input);

}  // namespace program
