/// \file
/// How often letters occur at the sites of an alignment, alone and in pairs.
#pragma once

#include <algorithm>
#include <cmath>

#include "alignment.hpp"

namespace harmonium {

/// Frequencies of letters, with the samples' weights; missing letters are left out.
struct LetterOptions {
  /// Share of the uniform distribution that is mixed in, from 0 to 1; 0.5 is usual before an inversion.
  double pseudo_count = 0;
};

namespace detail {

inline void check_letter_options(const char* caller, const LetterOptions& options) {
  check<ValueError>(options.pseudo_count >= 0 && options.pseudo_count <= 1, caller, ": pseudo_count is ",
                    options.pseudo_count, ", expected 0 to 1");
}

/// \throws DataError
inline void check_counted(const char* caller, const Alignment& alignment, std::span<const double> weights) {
  check_alignment(caller, alignment);
  check<DataError>(alignment.size() >= 1, caller, ": the alignment has no sequences");
  check_weights(caller, weights, alignment.size());
}

inline double weight_at(std::span<const double> weights, Index c) {
  return weights.empty() ? 1 : weights[static_cast<std::size_t>(c)];
}

}  // namespace detail

/// Frequencies of the letters at each site, states x sites. \param weights one per sequence, or none, in
/// which case all are equal \throws DataError if the alignment or the weights are not valid, or a site has no
/// letter in any sequence of a weight above 0 \throws ValueError if an option is out of range
inline Eigen::MatrixXd letter_frequencies(const Alignment& alignment, std::span<const double> weights = {},
                                          const LetterOptions& options = {}) {
  detail::check_letter_options("letter_frequencies", options);
  detail::check_counted("letter_frequencies", alignment, weights);
  Eigen::MatrixXd shares = Eigen::MatrixXd::Zero(alignment.states(), alignment.sites());
  for (Index c = 0; c < alignment.size(); ++c)
    for (Index i = 0; i < alignment.sites(); ++i)
      if (const std::uint8_t state = alignment.letters(i, c); state != missing_letter)
        shares(state, i) += detail::weight_at(weights, c);
  const double uniform = options.pseudo_count / static_cast<double>(alignment.states());
  for (Index i = 0; i < alignment.sites(); ++i) {
    double total = 0;
    for (Index k = 0; k < alignment.states(); ++k) total += shares(k, i);
    check<DataError>(total > 0, "letter_frequencies: site ", i + 1, " has no letter in any sequence");
    for (Index k = 0; k < alignment.states(); ++k)
      shares(k, i) = (1 - options.pseudo_count) * shares(k, i) / total + uniform;
  }
  return shares;
}

/// Heights of the letters in a logo, states x sites, in bits: each letter's share of the site's information,
/// f (log2 q + sum over letters of f log2 f), with q letters (Schneider and Stephens, 1990; Shannon, 1948).
/// \param gap the state of gaps, which are left out: frequencies are those among the other letters, and a
/// site's heights are lower by its share of gaps; -1: there is none \throws ShapeError unless there are two
/// letters at least, gaps aside \throws ValueError if the gap is not one of the states \throws DataError if a
/// frequency is negative or not finite, or a site has none
inline Eigen::MatrixXd information_heights(const Eigen::MatrixXd& frequencies, int gap = -1) {
  constexpr const char* me = "information_heights";
  check<ValueError>(gap >= -1 && gap < frequencies.rows(), me, ": the gap is ", gap, ", expected -1 to ",
                    frequencies.rows() - 1);
  const Index letters = frequencies.rows() - (gap >= 0 ? 1 : 0);
  check<ShapeError>(letters >= 2, me, ": there are ", letters, " letters, expected at least 2");
  Eigen::MatrixXd heights = Eigen::MatrixXd::Zero(frequencies.rows(), frequencies.cols());
  for (Index i = 0; i < frequencies.cols(); ++i) {
    double all = 0, gaps = 0;
    for (Index k = 0; k < frequencies.rows(); ++k) {
      check<DataError>(frequencies(k, i) >= 0 && std::isfinite(frequencies(k, i)), me, ": frequency ", k,
                       " of site ", i + 1, " is ", frequencies(k, i), ", expected a number of at least 0");
      all += frequencies(k, i);
      gaps += k == gap ? frequencies(k, i) : 0;
    }
    check<DataError>(all > 0, me, ": all frequencies of site ", i + 1, " are 0");
    if (all == gaps) continue;
    double information = std::log2(static_cast<double>(letters));
    for (Index k = 0; k < frequencies.rows(); ++k)
      if (const double f = frequencies(k, i) / (all - gaps); k != gap && f > 0)
        information += f * std::log2(f);
    for (Index k = 0; k < frequencies.rows(); ++k)
      if (k != gap) heights(k, i) = frequencies(k, i) / all * std::max(information, 0.0);
  }
  return heights;
}

/// Frequencies of pairs of letters: row `i states + a`, column `j states + b` is that of a at site i together
/// with b at site j; on the diagonal are those of the letters alone. \throws as `letter_frequencies`, and
/// DataError if a letter is missing
template <class B>
Eigen::MatrixXd pair_frequencies(const B& on, const Alignment& alignment,
                                 std::span<const double> weights = {}, const LetterOptions& options = {}) {
  constexpr const char* me = "pair_frequencies";
  detail::check_letter_options(me, options);
  detail::check_counted(me, alignment, weights);
  check<DataError>(!alignment.any_missing(), me, ": letters are missing");
  const Index states = alignment.states(), sites = alignment.sites();
  double total = 0;
  for (Index c = 0; c < alignment.size(); ++c) total += detail::weight_at(weights, c);
  const double scale = (1 - options.pseudo_count) / total,
               uniform = options.pseudo_count / static_cast<double>(states);
  // Letters site by site, so that a pair of sites reads two rows.
  const HostMatrix<std::uint8_t> letters = alignment.letters.transpose();
  Eigen::MatrixXd pairs = Eigen::MatrixXd::Zero(alignment.rows(), alignment.rows());
  on.for_each_piece(sites, [&](Index i) {
    std::vector<double> counts(static_cast<std::size_t>(states * states));
    const std::uint8_t* own = letters.data() + i * letters.rows();
    for (Index j = i; j < sites; ++j) {
      std::fill(counts.begin(), counts.end(), 0.0);
      const std::uint8_t* other = letters.data() + j * letters.rows();
      for (Index c = 0; c < letters.rows(); ++c)
        counts[static_cast<std::size_t>(own[c] * states + other[c])] += detail::weight_at(weights, c);
      for (Index a = 0; a < states; ++a)
        for (Index b = 0; b < states; ++b) {
          const double alone = j == i && a == b ? uniform : 0;
          const double mixed = j == i ? alone : uniform / static_cast<double>(states);
          const double share = scale * counts[static_cast<std::size_t>(a * states + b)] + mixed;
          pairs(i * states + a, j * states + b) = share;
          pairs(j * states + b, i * states + a) = share;
        }
    }
  });
  return pairs;
}

}  // namespace harmonium
