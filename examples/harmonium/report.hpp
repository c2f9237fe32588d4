// The report page of a run.
#pragma once

#include <harmonium/io/report/html_report.hpp>

#include "model.hpp"

namespace program {

struct ReportInput {
  std::string folder;
  const nlohmann::ordered_json& run;
  const Columns& columns;
  const std::vector<harmonium::History>& histories;
  const Model& model;
  Eigen::MatrixXf learned;         // some of the rows that it learned from
  Eigen::MatrixXf held_out;        // and of those held out, if there are any
  const Column* target = nullptr;  // what is predicted, if anything
  int threads = 0;                 // 0: all processors

  const Eigen::MatrixXf& rows() const { return held_out.cols() > 0 ? held_out : learned; }
};

// Adds the section with the options of a run.
void add_run_settings(harmonium::HtmlReport& report, const nlohmann::ordered_json& run);
// Writes `report.html` into the folder.
void write_report(const ReportInput& input);

}  // namespace program
