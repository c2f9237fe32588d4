/// \file
/// From the text of sequence files to an alignment: which letters count, which alphabet it is.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../data/alignment.hpp"
#include "quoted_word.hpp"
#include "read_limits.hpp"

namespace harmonium {

/// What becomes of letters that the alphabet does not have, such as B, X and Z in proteins.
enum class UnknownLetters {
  gap,     ///< gaps
  missing  ///< missing entries, see `one_hot_with_missing`
};

/// What lower case and `.` mean.
enum class Insertions {
  automatic,  ///< `dropped`, if sequences then have equal lengths and not gaps alone; otherwise `kept`
  dropped,    ///< letters that the family's other sequences do not have, as in A2M: they are left out
  kept        ///< lower case is like upper case, and `.` is a gap
};

/// How to read an alignment.
struct AlignmentOptions {
  std::optional<Alphabet> alphabet = {};          ///< found out if not said: RNA, DNA or protein
  UnknownLetters unknown = UnknownLetters::gap;   ///< letters that it does not have
  Insertions insertions = Insertions::automatic;  ///< lower case and `.`, unless they are its letters
  ReadLimits limits = {};                         ///< of a file to read
};

namespace detail {

/// A record of a file as it is there.
struct SequenceRecord {
  std::string name;
  std::string text;      // without blanks
  std::size_t line = 0;  // where it begins
};

inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
inline char in_upper_case(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

/// RNA or DNA if at least nine of ten letters are theirs; otherwise protein.
inline Alphabet find_alphabet(const std::vector<SequenceRecord>& records) {
  std::array<std::size_t, 256> counts{};
  for (const SequenceRecord& record : records)
    for (const char c : record.text) ++counts[static_cast<unsigned char>(in_upper_case(c))];
  std::size_t all = 0, nucleic = 0;
  for (char c = 'A'; c <= 'Z'; ++c) {
    const std::size_t count = counts[static_cast<unsigned char>(c)];
    all += count;
    if (std::string_view("ACGTUN").find(c) != std::string_view::npos) nucleic += count;
  }
  if (10 * nucleic < 9 * all || all == 0) return protein_alphabet();
  return counts['U'] > counts['T'] ? rna_alphabet() : dna_alphabet();
}

/// Makes an alignment of records.
class AlignmentMaker {
 public:
  /// \param file for messages, such as `FASTA file 'a.fasta'`
  AlignmentMaker(std::string file, const AlignmentOptions& options, std::vector<SequenceRecord> records)
      : file_(std::move(file)),
        records_(std::move(records)),
        alphabet_(options.alphabet ? *options.alphabet : find_alphabet(records_)),
        unknown_(options.unknown) {
    check<ValueError>(unknown_ == UnknownLetters::missing || alphabet_.gap() >= 0,
                      "read_alignment: unknown letters are read as gaps, but the alphabet ",
                      alphabet_.letters(), " has no gap '-'");
    check<FileError>(!records_.empty(), file_, ": it has no sequences");
    drops_ = options.insertions == Insertions::dropped ||
             (options.insertions == Insertions::automatic && has_letters(true) && equal_lengths(true));
  }
  /// \throws FileError
  Alignment make() && {
    const std::size_t sites = length_of(records_.front(), drops_);
    Alignment alignment{alphabet_, {}, {}};
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const std::size_t length = length_of(records_[i], drops_);
      check<FileError>(length > 0, place(i), ": it has no letters", insertions_left_out());
      check<FileError>(length == sites, place(i), ": it has ", length, " sites, expected ", sites,
                       ", as record 1 has", insertions_left_out(), "; are the sequences aligned?");
    }
    alignment.letters.resize(static_cast<Index>(sites), static_cast<Index>(records_.size()));
    for (std::size_t i = 0; i < records_.size(); ++i) {
      std::uint8_t* to = alignment.letters.data() + i * sites;
      for (const char c : records_[i].text)
        if (counts(c, drops_)) *to++ = state_of(c, i);
      alignment.names.push_back(std::move(records_[i].name));
      records_[i].text = {};
    }
    return alignment;
  }

 private:
  std::string place(std::size_t i) const {
    return file_ + ", record " + std::to_string(i + 1) + " (" + quoted_word(records_[i].name) + ", line " +
           std::to_string(records_[i].line) + ")";
  }
  const char* insertions_left_out() const { return drops_ ? " (lower case and '.' are left out)" : ""; }
  // Is it the letter of a site?
  bool counts(char c, bool drops) const {
    return !drops || alphabet_.state(c) >= 0 || !(c == '.' || is_lower(c));
  }
  std::size_t length_of(const SequenceRecord& record, bool drops) const {
    return static_cast<std::size_t>(
        std::count_if(record.text.begin(), record.text.end(), [&](char c) { return counts(c, drops); }));
  }
  bool equal_lengths(bool drops) const {
    const std::size_t first = length_of(records_.front(), drops);
    return std::all_of(records_.begin(), records_.end(),
                       [&](const SequenceRecord& record) { return length_of(record, drops) == first; });
  }
  // Has any sequence a site that is not a gap? In lower case, only gaps would be left.
  bool has_letters(bool drops) const {
    return std::any_of(records_.begin(), records_.end(), [&](const SequenceRecord& record) {
      return std::any_of(record.text.begin(), record.text.end(),
                         [&](char c) { return c != '-' && counts(c, drops); });
    });
  }
  std::uint8_t state_of(char c, std::size_t record) const {
    int state = alphabet_.state(c);
    if (state < 0) state = alphabet_.state(in_upper_case(c));
    if (state < 0 && (c == '.' || c == '~' || c == '_')) state = alphabet_.gap();
    if (state >= 0) return static_cast<std::uint8_t>(state);
    const char letter = in_upper_case(c);
    const bool known_to_biology = (letter >= 'A' && letter <= 'Z') || c == '*' || c == '?';
    check<FileError>(known_to_biology || c == alphabet_.unknown(), place(record), ": it has ", quoted(c),
                     ", expected letters of ", alphabet_.letters());
    return unknown_ == UnknownLetters::gap ? static_cast<std::uint8_t>(alphabet_.gap()) : missing_letter;
  }
  static std::string quoted(char c) {
    if (c > ' ' && c <= '~') return std::string("'") + c + "'";
    return "a byte " + std::to_string(static_cast<int>(static_cast<unsigned char>(c)));
  }

  std::string file_;
  std::vector<SequenceRecord> records_;
  Alphabet alphabet_;
  UnknownLetters unknown_;
  bool drops_ = false;
};

/// Adds a line's letters to a sequence, without blanks.
inline void append_letters(std::string_view line, std::string& text) {
  for (const char c : line)
    if (c != ' ' && c != '\t' && c != '\r') text += c;
}

}  // namespace detail

}  // namespace harmonium
