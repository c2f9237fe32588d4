/// \file
/// How tables spell numbers: a decimal comma or point, thousands in groups (1,234.5, 1.234,5, 1'234, 1 234),
/// a sign for per cent or a currency before or after.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace harmonium {

/// The finite number that the whole text spells, decimal with a point, such as `-1.5e3`; otherwise NaN.
inline double parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? number : std::numeric_limits<double>::quiet_NaN();
}

/// How the numbers of a column are spelled. Numbers without a thousands separator may lack it in any case.
struct NumberSpelling {
  char point = '.';         ///< before the decimals: a point or a comma
  char group = '\0';        ///< between groups of three digits: , . ' or a blank; 0: nothing
  std::string before = {};  ///< a currency sign before each number, with the blanks after it
  std::string after = {};   ///< a sign after each number, such as `%`, with the blanks before it
  /// Are all parts equal?
  bool operator==(const NumberSpelling&) const = default;
};

namespace detail {

/// Signs that may stand before or after a number.
inline constexpr std::array<std::string_view, 17> number_signs = {
    "%",       "$",   "\u20ac", "\u00a3", "\u00a5", "\u20b9", "\u2030", "\u00b0", "\u00b0C",
    "\u00b0F", "EUR", "USD",    "GBP",    "CHF",    "JPY",    "km",     "kg"};

/// Length of the blank that a text begins with: a space, or one of those that typography has for numbers.
inline std::size_t blank_at(std::string_view text) {
  if (text.starts_with(' ')) return 1;
  if (text.starts_with("\u00a0")) return 2;
  return text.starts_with("\u202f") || text.starts_with("\u2009") ? 3 : 0;
}
/// Length of the separator of thousands that a text begins with.
inline std::size_t group_at(std::string_view text, char group) {
  if (group == ' ') return blank_at(text);
  if (group == '\'' && text.starts_with("\u2019")) return 3;
  return group != '\0' && text.starts_with(group) ? 1 : 0;
}
inline std::string_view without_blanks(std::string_view text) {
  while (const std::size_t size = blank_at(text)) text.remove_prefix(size);
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view blank : {" ", "\u00a0", "\u202f", "\u2009"})
      if (text.ends_with(blank)) {
        text.remove_suffix(blank.size());
        more = true;
      }
  }
  return text;
}
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number without signs before and after it, rewritten with a point and no groups; empty if its groups are
/// not of three digits, or there is another character.
inline std::string plain_number(std::string_view text, char point, char group) {
  std::string plain;
  std::size_t at = 0, digits = 0, groups = 0;
  for (; at < text.size(); ++at) {
    if (is_digit(text[at])) {
      plain += text[at];
      if (++digits > 3 && groups > 0) return {};
      continue;
    }
    const std::size_t size = group_at(text.substr(at), group);
    if (size == 0) break;
    if (digits == 0 || digits > 3 || (groups > 0 && digits != 3) || plain.front() == '0') return {};
    digits = 0;
    ++groups;
    at += size - 1;
  }
  if (groups > 0 && digits != 3) return {};
  bool fraction = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool exponent =
        c == 'e' || c == 'E' || ((c == '-' || c == '+') && at > 0 && (text[at - 1] | 32) == 'e');
    if (c == point && !std::exchange(fraction, true)) {
      plain += '.';
    } else if (is_digit(c) || exponent) {
      plain += c;
    } else {
      return {};
    }
  }
  return plain;
}

}  // namespace detail

/// The finite number that the whole text spells in this way; otherwise NaN.
inline double parse_number(std::string_view text, const NumberSpelling& spelling) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto take = [&](std::string_view word, bool at_front) {
    word = detail::without_blanks(word);
    if (word.empty()) return true;
    if (!(at_front ? text.starts_with(word) : text.ends_with(word))) return false;
    at_front ? text.remove_prefix(word.size()) : text.remove_suffix(word.size());
    text = detail::without_blanks(text);
    return true;
  };
  bool negative = false;
  const auto take_minus = [&] {
    for (const std::string_view minus : {"-", "\u2212"})
      if (text.starts_with(minus)) {
        text.remove_prefix(minus.size());
        return negative = true;
      }
    return false;
  };
  if (spelling == NumberSpelling{}) return parse_number(text);
  const bool signed_before = take_minus();
  if (!take(spelling.before, true) || !take(spelling.after, false)) return none;
  if (!signed_before && !take_minus() && text.starts_with('+')) text.remove_prefix(1);
  const std::string plain = detail::plain_number(text, spelling.point, spelling.group);
  if (plain.empty()) return none;
  const double number = parse_number(plain);
  return negative ? -number : number;
}

/// Places after the point of a number spelled in this way; with an exponent, 17: as many as one can have.
inline int decimals_of(std::string_view text, const NumberSpelling& spelling) {
  for (std::size_t e = text.find_first_of("eE"); e < text.size(); e = text.find_first_of("eE", e + 1))
    if (e + 1 < text.size() && (detail::is_digit(text[e + 1]) || text[e + 1] == '-' || text[e + 1] == '+'))
      return 17;  // an exponent, not a currency
  std::size_t point = text.rfind(spelling.point);
  if (point == std::string_view::npos) return 0;
  int decimals = 0;
  while (++point < text.size() && detail::is_digit(text[point]) && decimals < 17) ++decimals;
  return decimals;
}

/// A number spelled in this way, in the fewest digits that read back as the same number; NaN is empty.
template <class T>
std::string spelled_number(T number, const NumberSpelling& spelling = {}) {
  if (std::isnan(number)) return {};
  std::array<char, 400> text;
  const bool fixed = spelling.group != '\0' && std::abs(number) < T(1e15) && std::abs(number) >= T(1e-5);
  const auto end =
      fixed ? std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed)
            : std::to_chars(text.data(), text.data() + text.size(), number);
  std::string_view digits(text.data(), static_cast<std::size_t>(end.ptr - text.data()));
  if (spelling == NumberSpelling{}) return std::string(digits);
  std::string spelled;
  if (digits.starts_with('-')) {
    spelled += '-';
    digits.remove_prefix(1);
  }
  spelled += spelling.before;
  const std::size_t whole = std::min(digits.find_first_of(".e"), digits.size());
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (fixed && i > 0 && i < whole && (whole - i) % 3 == 0) spelled += spelling.group;
    spelled += digits[i] == '.' ? spelling.point : digits[i];
  }
  return spelled + spelling.after;
}

}  // namespace harmonium
