/// \file
/// Letters of logos as strokes, so that their heights are what they should be, whatever fonts there are.
#pragma once

#include <string>
#include <string_view>

#include "../../data/alphabet.hpp"

namespace harmonium::detail {

/// A letter as the path of a stroke of width 0.16 in a square of side 1, y downwards; empty if there is none.
inline std::string_view letter_path(char letter) {
  switch (letter) {
    case '-':
      return "M.1 .5H.9";
    case 'A':
      return "M.08 1L.5 .06L.92 1M.25 .66H.75";
    case 'B':
      return "M.1 .92V.08H.55Q.86 .08 .86 .28Q.86 .48 .55 .48H.1M.55 .48Q.92 .48 .92 .7Q.92 .92 .55 .92H.1";
    case 'C':
      return "M.92 .26Q.82 .08 .52 .08Q.08 .08 .08 .5Q.08 .92 .52 .92Q.82 .92 .92 .74";
    case 'D':
      return "M.1 .08H.45Q.92 .08 .92 .5Q.92 .92 .45 .92H.1Z";
    case 'E':
      return "M.92 .08H.1V.92H.92M.1 .48H.8";
    case 'F':
      return "M.92 .08H.1V1M.1 .5H.8";
    case 'G':
      return "M.9 .26Q.8 .08 .52 .08Q.08 .08 .08 .5Q.08 .92 .52 .92Q.9 .92 .9 .72V.55H.55";
    case 'H':
      return "M.1 0V1M.9 0V1M.1 .5H.9";
    case 'I':
      return "M.5 .08V.92M.2 .08H.8M.2 .92H.8";
    case 'J':
      return "M.8 0V.68Q.8 .92 .46 .92Q.12 .92 .1 .66";
    case 'K':
      return "M.1 0V1M.9 0L.1 .62M.36 .42L.92 1";
    case 'L':
      return "M.1 0V.92H.92";
    case 'M':
      return "M.08 1V.08L.5 .7L.92 .08V1";
    case 'N':
      return "M.1 1V.1L.9 .9V0";
    case 'O':
      return "M.5 .08Q.92 .08 .92 .5Q.92 .92 .5 .92Q.08 .92 .08 .5Q.08 .08 .5 .08Z";
    case 'P':
      return "M.1 1V.08H.55Q.9 .08 .9 .31Q.9 .54 .55 .54H.1";
    case 'Q':
      return "M.5 .08Q.92 .08 .92 .5Q.92 .92 .5 .92Q.08 .92 .08 .5Q.08 .08 .5 .08ZM.58 .66L.94 1";
    case 'R':
      return "M.1 1V.08H.55Q.9 .08 .9 .31Q.9 .54 .55 .54H.1M.5 .54L.92 1";
    case 'S':
      return "M.9 .22Q.8 .08 .5 .08Q.12 .08 .12 .29Q.12 .46 .5 .49Q.9 .53 .9 .71Q.9 .92 .5 .92Q.18 .92 .08 "
             ".76";
    case 'T':
      return "M.02 .08H.98M.5 .08V1";
    case 'U':
      return "M.1 0V.6Q.1 .92 .5 .92Q.9 .92 .9 .6V0";
    case 'V':
      return "M.06 0L.5 .94L.94 0";
    case 'W':
      return "M.04 0L.27 .92L.5 .2L.73 .92L.96 0";
    case 'X':
      return "M.06 0L.94 1M.94 0L.06 1";
    case 'Y':
      return "M.06 0L.5 .52L.94 0M.5 .52V1";
    case 'Z':
      return "M.08 .08H.9L.1 .92H.92";
    default:
      return {};
  }
}

/// The colour of a letter among those of charts (`chart_style`), by what it is made of: bases, or amino acids
/// (positive, negative, polar, aromatic, other); -1 for gaps.
inline int letter_colour(const Alphabet& alphabet, char letter) {
  if (letter == '-') return -1;
  if (alphabet == protein_alphabet()) {
    constexpr std::string_view groups[] = {"HKR", "DE", "NQST", "FWY", "CGP", "AILMV"};
    for (int k = 0; k < 6; ++k)
      if (groups[k].find(letter) != std::string_view::npos) return k;
  }
  constexpr std::string_view bases = "CTAUG";
  constexpr int colours[] = {0, 1, 2, 1, 4};
  if (const std::size_t k = bases.find(letter); k != std::string_view::npos) return colours[k];
  return alphabet.state(letter) % 6;
}

}  // namespace harmonium::detail
