// The output of a run: tables, pictures and a report.
#pragma once

#include "pre_trained.hpp"

namespace mnist {

// All epochs of all phases as one table, with one column per metric; `measure` is what fine-tuning reports in
// addition to the loss.
std::string history_csv(const std::vector<History>& histories, const std::string& measure = {});

// A picture that is both a file and part of the report.
struct Picture {
  Image image;
  std::string caption;
};
using Pictures = std::vector<Picture>;

// Digits that a DBN generates: each by a chain of its own, of 1000 steps from a state without data.
Eigen::MatrixXf generated(const Dbn<ClassifierUnits>& dbn, const Settings& settings);

// Which digits a classifier takes them for: `sample_class_shares`, and the entropy of those in nats.
Json classes_of(const Eigen::MatrixXf& samples, const Network<ClassifierUnits>& network,
                const Cpu<float>& on);

// Pictures of what a DBN has learned, and of the digits that it generates.
Pictures draw_dbn(const std::string& folder, const Dbn<ClassifierUnits>& dbn, const Dataset& test,
                  const Eigen::MatrixXf& digits);

// The first two hundred test digits that the network gets wrong.
Pictures draw_misclassified(const std::string& path, const Network<ClassifierUnits>& network,
                            const Dataset& test, const Cpu<float>& on);

// Sections of a report.
void add_pictures(HtmlReport& report, const Pictures& pictures);
void add_metrics(HtmlReport& report, const Json& metrics);

}  // namespace mnist
