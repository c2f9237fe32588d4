/// \file
/// Aligned sequences: letters by site, as small numbers and as one-hot rows of a categorical layer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "alphabet.hpp"
#include "dataset.hpp"
#include "missing.hpp"

namespace harmonium {

/// What `Alignment::letters` has where a letter is missing.
inline constexpr std::uint8_t missing_letter = 255;

/// Aligned sequences, one per column. A plain value.
///
///     const Alignment family = read_alignment("family.fasta.gz");
///     Rbm<Categorical, Bernoulli> rbm{{.visible = {family.sites(), family.states()}, .hidden = 50}};
///     ContrastiveDivergence{rbm, {.epochs = 100}}.fit(one_hot(family, sequence_weights(family)));
struct Alignment {
  Alphabet alphabet = protein_alphabet();  ///< what the numbers stand for
  HostMatrix<std::uint8_t> letters = {};   ///< sites x sequences: states, or `missing_letter`
  std::vector<std::string> names = {};     ///< of the sequences, without the `>`; or empty

  /// Number of sites, which are the visible units.
  Index sites() const { return letters.rows(); }
  /// Number of sequences, which are the samples.
  Index size() const { return letters.cols(); }
  /// Number of letters, which are the states of a unit.
  Index states() const { return alphabet.states(); }
  /// Numbers per sample: `states()` for each site.
  Index rows() const { return sites() * states(); }
  /// Is a letter missing?
  bool any_missing() const { return (letters.array() == missing_letter).any(); }
  /// A sequence's letters. \throws ValueError if there is no such sequence
  std::string text(Index sequence) const {
    check<ValueError>(sequence >= 0 && sequence < size(), "Alignment: there is no sequence ", sequence,
                      ", it has ", size());
    std::string out;
    for (Index i = 0; i < sites(); ++i) {
      const std::uint8_t state = letters(i, sequence);
      out += state < states() ? alphabet.letter(state) : alphabet.unknown();
    }
    return out;
  }
  /// The sequences of these indices, in that order. \throws ValueError if an index is out of range
  Alignment subset(std::span<const Index> columns) const {
    Alignment part{alphabet, {}, {}};
    for (const Index c : columns) {
      check<ValueError>(c >= 0 && c < size(), "Alignment: there is no sequence ", c, ", it has ", size());
      if (!names.empty()) part.names.push_back(names[static_cast<std::size_t>(c)]);
    }
    part.letters = detail::chosen_columns(letters, columns);
    return part;
  }
};

/// \throws DataError unless each letter is a state of the alphabet or missing, and there are names for all
/// sequences or none
inline void check_alignment(const char* caller, const Alignment& alignment) {
  check<DataError>(alignment.names.empty() || static_cast<Index>(alignment.names.size()) == alignment.size(),
                   caller, ": the alignment has ", alignment.names.size(), " names for ", alignment.size(),
                   " sequences");
  for (Index c = 0; c < alignment.size(); ++c)
    for (Index i = 0; i < alignment.sites(); ++i) {
      const std::uint8_t state = alignment.letters(i, c);
      check<DataError>(state < alignment.states() || state == missing_letter, caller, ": site ", i + 1,
                       " of sequence ", c, " is ", static_cast<int>(state), ", expected 0 to ",
                       alignment.states() - 1);
    }
}

/// Sequences of letters, all of one length, as an alignment; unknown letters become missing.
/// \throws ShapeError if lengths differ \throws DataError if a letter is not one of the alphabet
inline Alignment alignment_from(std::span<const std::string> texts, const Alphabet& alphabet) {
  Alignment alignment{alphabet, {}, {}};
  const auto sites = texts.empty() ? Index(0) : static_cast<Index>(texts.front().size());
  alignment.letters.resize(sites, static_cast<Index>(texts.size()));
  for (Index c = 0; c < alignment.size(); ++c) {
    const std::string& text = texts[static_cast<std::size_t>(c)];
    check<ShapeError>(static_cast<Index>(text.size()) == sites, "alignment_from: sequence ", c, " has ",
                      text.size(), " letters, the first has ", sites);
    for (Index i = 0; i < sites; ++i) {
      const char letter = text[static_cast<std::size_t>(i)];
      const int state = alphabet.state(letter);
      check<DataError>(state >= 0 || letter == alphabet.unknown(), "alignment_from: site ", i + 1,
                       " of sequence ", c, " is '", letter, "', expected one of ", alphabet.letters());
      alignment.letters(i, c) = state >= 0 ? static_cast<std::uint8_t>(state) : missing_letter;
    }
  }
  return alignment;
}

namespace detail {
inline Dataset::Bytes one_hot_bytes(const Alignment& alignment) {
  Dataset::Bytes rows = Dataset::Bytes::Zero(alignment.rows(), alignment.size());
  for (Index c = 0; c < alignment.size(); ++c)
    for (Index i = 0; i < alignment.sites(); ++i)
      if (const std::uint8_t state = alignment.letters(i, c); state != missing_letter)
        rows(i * alignment.states() + state, c) = 1;
  return rows;
}
}  // namespace detail

/// An alignment as samples of a categorical layer: `states()` rows for each site, of which one is 1; a byte
/// each. With a weight for each sequence, if there are any. \throws DataError if a letter is missing, or the
/// weights are not valid
inline Dataset one_hot(const Alignment& alignment, std::vector<double> weights = {}) {
  check_alignment("one_hot", alignment);
  check<DataError>(!alignment.any_missing(),
                   "one_hot: letters are missing; one_hot_with_missing keeps them, and unknown letters are "
                   "read as gaps with UnknownLetters::gap");
  Dataset rows(detail::one_hot_bytes(alignment), {}, 1.0);
  return weights.empty() ? rows : rows.with_weights(std::move(weights));
}

/// The same as samples with missing entries: all rows of a site are, or none. \throws DataError if the
/// weights are not valid, or a site has no letter in any sequence
inline MissingData one_hot_with_missing(const Alignment& alignment, std::vector<double> weights = {}) {
  check_alignment("one_hot_with_missing", alignment);
  const Dataset::Bytes rows = detail::one_hot_bytes(alignment);
  MissingData::Mask known(rows.rows(), rows.cols());
  for (Index c = 0; c < alignment.size(); ++c)
    for (Index i = 0; i < alignment.sites(); ++i)
      known.col(c)
          .segment(i * alignment.states(), alignment.states())
          .setConstant(alignment.letters(i, c) != missing_letter);
  return MissingData(rows, known, std::move(weights));
}

/// Samples of a categorical layer, or their means, as sequences: the letter of the largest row of each site.
/// \throws ShapeError unless there is a row for each letter of each site
template <class Numbers>
Alignment alignment_of(const Eigen::MatrixBase<Numbers>& rows, const Alphabet& alphabet) {
  const Index states = alphabet.states();
  check<ShapeError>(rows.rows() % states == 0, "alignment_of: there are ", rows.rows(),
                    " rows, expected a multiple of the ", states, " letters");
  Alignment alignment{alphabet, HostMatrix<std::uint8_t>(rows.rows() / states, rows.cols()), {}};
  for (Index c = 0; c < rows.cols(); ++c)
    for (Index i = 0; i < alignment.sites(); ++i) {
      Index best = 0;
      for (Index k = 1; k < states; ++k)
        if (rows(i * states + k, c) > rows(i * states + best, c)) best = k;
      alignment.letters(i, c) = static_cast<std::uint8_t>(best);
    }
  return alignment;
}

}  // namespace harmonium
