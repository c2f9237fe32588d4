/// \file
/// A classifier's errors: which classes it confuses with which, and whether it is right as often as it
/// claims.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "classification.hpp"

namespace harmonium {

namespace detail {
/// \throws DataError unless there is one label per sample, and each is a class
inline void check_class_labels(const char* caller, const char* what, std::span<const int> labels,
                               Index samples, Index classes) {
  check<DataError>(static_cast<Index>(labels.size()) == samples, caller, ": there are ", labels.size(), " ",
                   what, " for ", samples, " samples");
  for (std::size_t i = 0; i < labels.size(); ++i)
    check<DataError>(labels[i] >= 0 && labels[i] < classes, caller, ": number ", i, " of the ", what, " is ",
                     labels[i], ", expected 0 to ", classes - 1);
}
}  // namespace detail

/// How many samples of each class (row) were predicted as each class (column), classes x classes; with
/// weights, their sums. \throws DataError if there are not as many predictions or weights as labels, or one
/// is not a class \throws ValueError unless there is a class
inline Eigen::MatrixXd confusion_matrix(std::span<const int> labels, std::span<const int> predicted,
                                        Index classes, std::span<const double> weights = {}) {
  const auto samples = static_cast<Index>(labels.size());
  check<ValueError>(classes >= 1, "confusion_matrix: classes is ", classes, ", expected at least 1");
  detail::check_class_labels("confusion_matrix", "labels", labels, samples, classes);
  detail::check_class_labels("confusion_matrix", "predictions", predicted, samples, classes);
  detail::check_batch_weights("confusion_matrix", weights, samples);
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(classes, classes);
  for (std::size_t i = 0; i < labels.size(); ++i)
    counts(labels[i], predicted[i]) += weights.empty() ? 1 : weights[i];
  return counts;
}
/// As above for a classifier and labelled data. \throws ShapeError if the data do not have one row per
/// network input \throws DataError if they have no labels, or a label is not a class
template <class Units, class B, BatchSource<B> Source>
Eigen::MatrixXd confusion_matrix(const Network<Units, B>& network, const Source& source,
                                 const B& on = B::all()) {
  detail::check_class_labels("confusion_matrix", "labels", source.labels(), source.size(), network.classes());
  return confusion_matrix(source.labels(), predict(network, source, on), network.classes(),
                          weights_of(source));
}

/// Samples whose predicted class has about the same probability.
struct ReliabilityBin {
  double share = 0;       ///< of all samples, weighted
  double confidence = 0;  ///< mean probability of the predicted class; 0 if the bin is empty
  double accuracy = 0;    ///< share of the bin's samples whose predicted class is right; 0 if it is empty
};

/// Is a classifier right as often as it claims?
struct Calibration {
  double error = 0;                       ///< expected calibration error, 0 to 1
  std::vector<ReliabilityBin> bins = {};  ///< by confidence, of equal width from 0 to 1
};

/// Expected calibration error: the mean over samples of |accuracy - confidence| of their bin (Guo, Pleiss,
/// Sun and Weinberger, 2017, equation 3). Bin m of M has the confidences above (m - 1) / M, up to m / M.
/// \param probabilities classes x samples, as `predict_proba` gives them
/// \throws DataError if there are no samples, a label is missing or not a class, or a largest probability is
/// not within 0 and 1 \throws ValueError unless there is a bin
template <class T>
Calibration calibration(const HostMatrix<T>& probabilities, std::span<const int> labels, int bins = 15,
                        std::span<const double> weights = {}) {
  const Index samples = probabilities.cols();
  check<ValueError>(bins >= 1, "calibration: bins is ", bins, ", expected at least 1");
  check<DataError>(samples >= 1, "calibration: there are no samples");
  detail::check_class_labels("calibration", "labels", labels, samples, probabilities.rows());
  detail::check_weights("calibration", weights, samples);
  Calibration result;
  result.bins.resize(static_cast<std::size_t>(bins));
  double total = 0;
  for (Index c = 0; c < samples; ++c) {
    const int best = detail::largest_row(View<const T>(probabilities), c);
    const auto p = static_cast<double>(probabilities(best, c));
    check<DataError>(p >= 0 && p <= 1.001, "calibration: the largest probability of sample ", c, " is ", p,
                     ", expected 0 to 1");
    const auto place = static_cast<std::size_t>(std::clamp(std::ceil(p * bins) - 1, 0.0, bins - 1.0));
    const auto i = static_cast<std::size_t>(c);
    const double weight = weights.empty() ? 1 : weights[i];
    ReliabilityBin& bin = result.bins[place];
    bin.share += weight;
    bin.confidence += weight * p;
    bin.accuracy += best == labels[i] ? weight : 0;
    total += weight;
  }
  for (ReliabilityBin& bin : result.bins) {
    result.error += std::abs(bin.accuracy - bin.confidence) / total;
    if (bin.share > 0) {
      bin.confidence /= bin.share;
      bin.accuracy /= bin.share;
    }
    bin.share /= total;
  }
  return result;
}
/// As above for a classifier and labelled data. \throws also ShapeError if the data do not have one row per
/// network input
template <class Units, class B, BatchSource<B> Source>
Calibration calibration(const Network<Units, B>& network, const Source& source, int bins = 15,
                        const B& on = B::all()) {
  return calibration(predict_proba(network, source, on), source.labels(), bins, weights_of(source));
}

}  // namespace harmonium
