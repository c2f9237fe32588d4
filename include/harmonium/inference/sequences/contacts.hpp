/// \file
/// Contacts from couplings: which sites touch in the folded molecule? The norm of a pair's couplings, less
/// what its two sites have with all others (Dunn, Wahl and Gloor, 2008; Ekeberg et al., 2013).
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../../core/error.hpp"
#include "../../core/view.hpp"

namespace harmonium {

/// How couplings become scores.
struct ContactOptions {
  int gap = 0;            ///< the state of gaps, which is left out; -1: there is none (`Alphabet::gap`)
  bool corrected = true;  ///< average-product correction: score_ij - mean_i. mean_.j / mean
};

/// A pair of sites, counted from 0.
struct Contact {
  Index i = 0;       ///< the first site
  Index j = 0;       ///< the second one, i < j
  double score = 0;  ///< the higher, the likelier
};

/// sites x sites: score_ij - mean of row i * mean of column j / mean of all, over the numbers off the
/// diagonal, which is 0. \throws ShapeError unless the scores are a square of at least 2 x 2
template <class Numbers>
Eigen::MatrixXd average_product_correction(const Eigen::MatrixBase<Numbers>& scores) {
  check<ShapeError>(scores.rows() == scores.cols() && scores.rows() >= 2,
                    "average_product_correction: the scores are ", scores.rows(), " x ", scores.cols(),
                    ", expected a square of at least 2 x 2");
  Eigen::MatrixXd result = scores.template cast<double>();
  result.diagonal().setZero();
  const auto others = static_cast<double>(result.rows() - 1);
  const Eigen::VectorXd rows = result.rowwise().sum() / others;
  const Eigen::RowVectorXd cols = result.colwise().sum() / others;
  const double mean = rows.mean();
  if (mean != 0) result -= rows * cols / mean;
  result.diagonal().setZero();
  return result;
}

/// Scores of all pairs of sites, sites x sites, from couplings in the zero-sum gauge (`couplings`) between
/// `states` letters: the Frobenius norm of a pair's, without gaps, corrected. \throws ShapeError unless
/// couplings are those of at least two sites \throws ValueError if the gap is not one of the states
inline Eigen::MatrixXd contact_scores(const Eigen::MatrixXd& couplings, Index states,
                                      const ContactOptions& options = {}) {
  check<ValueError>(states >= 2 && options.gap >= -1 && options.gap < states, "contact_scores: the gap is ",
                    options.gap, " of ", states, " states, expected -1 to ", states - 1);
  check<ShapeError>(couplings.rows() == couplings.cols() && couplings.rows() % states == 0 &&
                        couplings.rows() >= 2 * states,
                    "contact_scores: the couplings are ", couplings.rows(), " x ", couplings.cols(),
                    ", expected a square of twice ", states, " rows or a larger multiple");
  const Index sites = couplings.rows() / states;
  Eigen::MatrixXd norms = Eigen::MatrixXd::Zero(sites, sites);
  for (Index j = 0; j < sites; ++j)
    for (Index i = 0; i < sites; ++i) {
      double sum = 0;
      for (Index b = 0; b < states && i != j; ++b)
        for (Index a = 0; a < states; ++a)
          if (a != options.gap && b != options.gap)
            sum += couplings(i * states + a, j * states + b) * couplings(i * states + a, j * states + b);
      norms(i, j) = std::sqrt(sum);
    }
  return options.corrected ? average_product_correction(norms) : norms;
}

/// All pairs at least `separation` sites apart, the highest scores first. \throws ShapeError unless the
/// scores are a square \throws ValueError if the separation is below 1
inline std::vector<Contact> ranked_contacts(const Eigen::MatrixXd& scores, Index separation = 5) {
  check<ShapeError>(scores.rows() == scores.cols(), "ranked_contacts: the scores are ", scores.rows(), " x ",
                    scores.cols(), ", expected a square");
  check<ValueError>(separation >= 1, "ranked_contacts: separation is ", separation, ", expected at least 1");
  std::vector<Contact> contacts;
  for (Index i = 0; i < scores.rows(); ++i)
    for (Index j = i + separation; j < scores.cols(); ++j) contacts.push_back({i, j, scores(i, j)});
  std::stable_sort(contacts.begin(), contacts.end(),
                   [](const Contact& a, const Contact& b) { return a.score > b.score; });
  return contacts;
}

/// Share of the first `count` contacts whose sites are nearer than `nearer`. \param distances sites x sites,
/// NaN where a distance is not known: such pairs are passed over \throws ValueError if count is below 1, or
/// there are not that many contacts with a known distance \throws ShapeError if a contact is not among the
/// sites
inline double contact_precision(std::span<const Contact> ranked, const Eigen::MatrixXd& distances,
                                Index count, double nearer = 8) {
  check<ValueError>(count >= 1, "contact_precision: count is ", count, ", expected at least 1");
  Index seen = 0, near = 0;
  for (const Contact& contact : ranked) {
    check<ShapeError>(
        contact.i >= 0 && contact.i < distances.rows() && contact.j >= 0 && contact.j < distances.cols(),
        "contact_precision: a contact is between sites ", contact.i, " and ", contact.j,
        ", the distances are ", distances.rows(), " x ", distances.cols());
    const double distance = distances(contact.i, contact.j);
    if (seen == count || std::isnan(distance)) continue;
    ++seen;
    near += distance < nearer ? 1 : 0;
  }
  check<ValueError>(seen == count, "contact_precision: ", seen, " of the contacts have a distance, expected ",
                    count);
  return static_cast<double>(near) / static_cast<double>(count);
}

}  // namespace harmonium
