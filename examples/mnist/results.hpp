// What a run leaves behind: tables, pictures and a report.
#pragma once

#include "pre_trained.hpp"

namespace mnist {

// All epochs of all phases as one table, a column for each metric; `measure` is what fine-tuning reports
// beside the loss.
std::string history_csv(const std::vector<History>& histories, const std::string& measure = {});

// What is shown both as a file and in the report.
struct Picture {
  Image image;
  std::string caption;
};
using Pictures = std::vector<Picture>;

// Everything that shows what a DBN has learned.
Pictures draw_dbn(const std::string& folder, const Dbn<ClassifierUnits>& dbn, const Dataset& test,
                  const Cpu<float>& on);

// Test digits that the network gets wrong, the first two hundred.
Pictures draw_misclassified(const std::string& path, const Network<ClassifierUnits>& network,
                            const Dataset& test, const Cpu<float>& on);

// Sections of a report.
void add_pictures(HtmlReport& report, const Pictures& pictures);
void add_metrics(HtmlReport& report, const Json& metrics);

}  // namespace mnist
