/// \file
/// Where a CSV file's cells begin, and what is between them, found by its first lines.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "number_spelling.hpp"

namespace harmonium::detail {

/// Where the first row of a CSV file begins.
struct CsvLayout {
  char separator = '\0';
  std::size_t begin = 0;  ///< of the first row
  std::size_t line = 1;   ///< its number
};

/// The line that begins at a place, without its end.
inline std::string_view csv_line_at(std::string_view text, std::size_t begin) {
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}
/// The beginning of the line after the one at a place.
inline std::size_t next_csv_line(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size() - 1) + 1;
}

/// Skips comments: lines that begin with # before the first other one, but for the last of them if it has as
/// many cells as that line, so that it may name the columns; and unless all lines begin so.
inline void skip_comments(std::string_view text, CsvLayout& layout) {
  std::size_t at = layout.begin, last = at;
  while (at < text.size() && (text[at] == '#' || csv_line_at(text, at).empty())) {
    if (text[at] == '#') last = at;
    at = next_csv_line(text, at);
  }
  if (at == layout.begin || at >= text.size()) return;
  const auto separators = [&](std::string_view line) {
    return std::count_if(line.begin(), line.end(), [&](char c) {
      return layout.separator != '\0' ? c == layout.separator : c == ',' || c == ';' || c == '\t' || c == '|';
    });
  };
  const auto here = separators(csv_line_at(text, at));
  const bool names = here > 0 && text[last] == '#' && separators(csv_line_at(text, last)) == here;
  const std::string_view skipped = text.substr(layout.begin, (names ? last : at) - layout.begin);
  layout.line += static_cast<std::size_t>(std::count(skipped.begin(), skipped.end(), '\n'));
  layout.begin += skipped.size();
}

/// Have the first lines equally many words, of which half or more are numbers?
inline bool separated_by_blanks(std::string_view text) {
  std::size_t words = 0, numbers = 0, lines = 0;
  for (std::size_t at = 0; at < text.size() && lines < 20; at = next_csv_line(text, at)) {
    std::size_t here = 0;
    const std::string_view line = csv_line_at(text, at);
    for (std::size_t begin = line.find_first_not_of(" \t"); begin != std::string_view::npos; ++here) {
      const std::string_view word = line.substr(begin, line.find_first_of(" \t", begin) - begin);
      if (word.find('"') != std::string_view::npos) return false;
      numbers += !std::isnan(parse_number(word)) ? 1 : 0;
      begin = line.find_first_not_of(" \t", begin + word.size());
    }
    if (here == 0) continue;
    if (lines++ > 0 && here != words) return false;
    words = here;
  }
  return words >= 2 && lines >= 2 && 2 * numbers >= words * (lines - 1);
}

/// The most frequent of comma, semicolon, tab and bar in the first line; a blank if none occurs and the
/// lines look like that.
inline char find_separator(std::string_view text) {
  std::size_t counts[4] = {}, commas_in_numbers = 0;
  constexpr std::string_view candidates = ",;\t|";
  bool quoted = false;
  for (std::size_t i = 0; i < text.size() && (quoted || text[i] != '\n'); ++i) {
    quoted ^= text[i] == '"';
    const auto which = candidates.find(text[i]);
    if (quoted || which == std::string_view::npos) continue;
    const bool in_number =
        which == 0 && i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
    ++(in_number ? commas_in_numbers : counts[which]);
  }
  // A comma between digits may be a decimal one, if there is something else that separates cells.
  if (counts[1] + counts[2] + counts[3] == 0) counts[0] += commas_in_numbers;
  const std::size_t* most = std::max_element(counts, counts + 4);
  return *most == 0 && separated_by_blanks(text) ? ' ' : candidates[static_cast<std::size_t>(most - counts)];
}

/// The layout of a text; `separator` is what is between cells, if that is known. Spreadsheets write `sep=;`
/// before the first line.
inline CsvLayout csv_layout(std::string_view text, char separator) {
  CsvLayout layout{separator};
  const std::string_view first = csv_line_at(text, 0);
  if (separator == '\0' && first.size() == 5 && (first.starts_with("sep=") || first.starts_with("SEP="))) {
    layout.separator = first.back();
    layout.begin = next_csv_line(text, 0);
    ++layout.line;
  }
  skip_comments(text, layout);
  if (layout.separator == '\0') layout.separator = find_separator(text.substr(layout.begin));
  return layout;
}

}  // namespace harmonium::detail
