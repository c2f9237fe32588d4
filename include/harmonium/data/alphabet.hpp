/// \file
/// Alphabets: the letters that the sites of a sequence may have.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../core/error.hpp"
#include "../core/view.hpp"

namespace harmonium {

/// An ordered set of letters; the state of a site is its letter's place, from 0. If `-` is one of them, it is
/// the gap of an alignment.
///
///     const Alphabet two("01");
class Alphabet {
 public:
  /// \param letters 2 to 64 different printable ones of ASCII, without blanks, `>` and `;`
  /// \param unknown stands for an unknown letter in files; must not be one of the letters
  /// \param also pairs of letters: the first of a pair is read as the second
  /// \throws ValueError if letters are too few, too many, not printable or repeated
  explicit Alphabet(std::string letters, char unknown = '?', std::string_view also = {})
      : letters_(std::move(letters)), unknown_(unknown) {
    check<ValueError>(letters_.size() >= 2 && letters_.size() <= 64, "Alphabet: there are ", letters_.size(),
                      " letters, expected 2 to 64");
    states_.fill(-1);
    for (std::size_t k = 0; k < letters_.size(); ++k) {
      const char letter = letters_[k];
      check<ValueError>(is_printable(letter), "Alphabet: letter ", k, " has code ",
                        static_cast<int>(static_cast<unsigned char>(letter)),
                        ", expected a printable one of ASCII that is neither > nor ;");
      check<ValueError>(state(letter) < 0, "Alphabet: '", letter, "' is there twice");
      states_[static_cast<unsigned char>(letter)] = static_cast<std::int8_t>(k);
    }
    check<ValueError>(is_printable(unknown_) && state(unknown_) < 0, "Alphabet: what is unknown is '",
                      unknown_, "', expected a printable letter that is not one of the alphabet");
    for (std::size_t i = 0; i + 1 < also.size(); i += 2) {
      check<ValueError>(state(also[i + 1]) >= 0 && state(also[i]) < 0, "Alphabet: '", also[i],
                        "' is read as '", also[i + 1], "', expected a letter in place of none");
      states_[static_cast<unsigned char>(also[i])] = static_cast<std::int8_t>(state(also[i + 1]));
    }
  }

  /// All letters, in the order of their states.
  const std::string& letters() const { return letters_; }
  /// Number of letters, which are the states of a site.
  Index states() const { return static_cast<Index>(letters_.size()); }
  /// The state of a letter, -1 if it is not one of them.
  int state(char letter) const { return states_[static_cast<unsigned char>(letter)]; }
  /// The letter of a state. The state must be one.
  char letter(Index state) const { return letters_[static_cast<std::size_t>(state)]; }
  /// The state of the gap `-`, -1 if there is none.
  int gap() const { return state('-'); }
  /// What stands for an unknown letter in files.
  char unknown() const { return unknown_; }
  /// The same letters in the same order, read and written alike?
  friend bool operator==(const Alphabet&, const Alphabet&) = default;

 private:
  static bool is_printable(char c) { return c > ' ' && c <= '~' && c != '>' && c != ';'; }

  std::string letters_;
  char unknown_;
  std::array<std::int8_t, 256> states_{};
};

/// The gap and the 20 amino acids: `-ACDEFGHIKLMNPQRSTVWY`, as 0 to 20. What is unknown is written as `X`.
inline Alphabet protein_alphabet() { return Alphabet("-ACDEFGHIKLMNPQRSTVWY", 'X'); }
/// `-ACGU`, as 0 to 4; T is read as U. What is unknown is written as `N`.
inline Alphabet rna_alphabet() { return Alphabet("-ACGU", 'N', "TU"); }
/// `-ACGT`, as 0 to 4; U is read as T. What is unknown is written as `N`.
inline Alphabet dna_alphabet() { return Alphabet("-ACGT", 'N', "UT"); }

}  // namespace harmonium
