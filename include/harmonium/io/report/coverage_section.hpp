/// \file
/// How a model's samples compare with the data, as a section of a report.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../../inference/coverage.hpp"
#include "html_report.hpp"

namespace harmonium {

namespace detail {

/// Data and samples on the first two principal components, in two colours.
inline void add_planes(HtmlReport& report, const Coverage& c) {
  if (c.codes.rows() < 2) return;
  Eigen::MatrixXd points(2, c.codes.cols() + c.sample_codes.cols());
  points << c.codes.topRows(2), c.sample_codes.topRows(2);
  std::vector<int> labels(static_cast<std::size_t>(points.cols()), 1);
  std::fill_n(labels.begin(), c.codes.cols(), 0);
  report.add_scatter(points, labels,
                     {.title = "On the data's first two principal components",
                      .class_names = {"data", "samples"},
                      .x_title = "first component",
                      .y_title = "second component",
                      .width = 560,
                      .height = 480});
}

/// One row for each cluster; in how many standard errors the samples' share differs from the data's.
inline void add_shares(HtmlReport& report, const Coverage& c) {
  std::vector<std::string> headings = {"cluster", "% of data", "% of samples", "standard errors apart"};
  if (c.held_out_shares) headings.insert(headings.begin() + 2, "% of held-out data");
  const double n = static_cast<double>(c.codes.cols());
  std::vector<std::vector<ReportCell>> rows;
  for (Index i = 0; i < c.shares.size(); ++i) {
    const double p = c.shares(i), q = c.sample_shares(i), both = (p + q) / 2;
    const double error = std::sqrt(2 * both * (1 - both) / n);
    rows.push_back({i + 1, 100 * p, 100 * q, error > 0 ? (q - p) / error : 0.0});
    if (c.held_out_shares) rows.back().insert(rows.back().begin() + 2, 100 * (*c.held_out_shares)(i));
  }
  report
      .add_text(
          "Clusters of the data, and the share of each set that is nearest to their centers. A kind "
          "that the model misses is a share that its samples lack.")
      .add_table(headings, rows);
}

/// Single numbers, beside what held-out data have, if there are any.
inline void add_comparison(HtmlReport& report, const Coverage& c) {
  std::vector<std::string> headings = {"beside the data", "samples"};
  std::vector<std::vector<ReportCell>> rows = {{"correlation of covariances", c.pairs},
                                               {"correlation of third moments", c.triples},
                                               {"mean distance to the nearest datum", c.nearest_datum}};
  if (c.held_out_pairs && c.held_out_triples && c.held_out_nearest_datum) {
    headings.emplace_back("held-out data");
    rows[0].emplace_back(*c.held_out_pairs);
    rows[1].emplace_back(*c.held_out_triples);
    rows[2].emplace_back(*c.held_out_nearest_datum);
  }
  report.add_table(headings, rows);
}

inline void add_variances(HtmlReport& report, const Coverage& c) {
  std::vector<std::vector<ReportCell>> rows;
  for (Index i = 0; i < c.variances.size(); ++i)
    rows.push_back({i + 1, c.variances(i), c.sample_variances(i)});
  report.add_text("Variances along the data's principal components:")
      .add_table({"component", "of data", "of samples"}, rows);
}

}  // namespace detail

/// Adds a section: adversarial accuracy, correlations, clusters and principal components of samples and data,
/// with a picture, and what the numbers mean. \returns the report
inline HtmlReport& add_coverage(HtmlReport& report, const Coverage& c) {
  const auto with_error = [](double x, double error) {
    return detail::fixed_text(x, 3) + " ± " + detail::fixed_text(error, 3);
  };
  ReportValues key = {{"adversarial accuracy", with_error(c.nearest.mean(), c.nearest.error)}};
  std::string words =
      "Adversarial accuracy is the share of points whose nearest neighbour is of their own set; 0.5 is "
      "ideal. "
      "Above, samples differ from the data; below, they are too near to them.";
  if (c.held_out) {
    key.emplace_back("privacy loss",
                     with_error(*c.privacy_loss(), std::hypot(c.nearest.error, c.held_out->error)));
    words += " Privacy loss is how much nearer samples are to the data than to held-out data; 0 is ideal.";
  }
  report.add_section("Do samples cover the data?").add_key_values(key).add_text(words);
  detail::add_comparison(report, c);
  detail::add_planes(report, c);
  detail::add_shares(report, c);
  detail::add_variances(report, c);
  return report;
}

}  // namespace harmonium
