/// \file
/// Does the first line of a table name its columns? And which cells are missing.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "spelling.hpp"

namespace harmonium {

/// Does a cell mark its value as missing? It is empty, or NA, N/A, NaN, null, none or ?, in upper or lower
/// case.
inline bool is_missing(std::string_view cell) {
  const auto same = [&](std::string_view word) {
    return std::equal(cell.begin(), cell.end(), word.begin(), word.end(),
                      [](char a, char b) { return a == b || (b >= 'a' && a == b - 'a' + 'A'); });
  };
  return cell.empty() || cell == "?" || same("na") || same("n/a") || same("nan") || same("null") ||
         same("none");
}

namespace detail {

/// A column below the first line, for `looks_like_header`.
struct HeaderColumn {
  std::string_view first;  // cell
  bool numbers = false;    // are most cells below it numbers or dates?
  bool fits = false;       // is the first cell one too?
  bool recurs = false;     // is it among the cells below?
  bool known = true;       // are all of these known?
  double number = 0;       // of the first cell
};

/// Do the first cells count the columns, from 0 or 1, as programs do that know no names; or are they years in
/// a row? Short counts are data if each of them is among the numbers below it.
inline bool counts_columns(const std::vector<HeaderColumn>& columns) {
  const std::size_t n = columns.size();
  if (n < 2) return false;
  for (const double base : {0.0, 1.0}) {
    bool counts = true, recur = true;
    for (std::size_t j = 0; j < n; ++j) {
      counts = counts && columns[j].fits && columns[j].number == base + static_cast<double>(j);
      recur = recur && columns[j].recurs;
    }
    if (counts && (n >= 4 || !recur)) return true;
  }
  std::vector<double> years;
  for (const HeaderColumn& column : columns)
    if (column.numbers) years.push_back(column.number);
  bool follow = years.size() >= 2 && years.front() >= 1900 && years.back() <= 2100;
  for (std::size_t j = 1; j < years.size(); ++j) follow = follow && years[j] == years[j - 1] + 1;
  return follow;
}

/// Does the first of `rows` rows name the columns? Yes, if one of its cells is one of `names`. Otherwise it
/// is data if, where the cells below are numbers or dates, its cells are too, unless they count the columns;
/// and in a table of words if all of its cells come again below. `cell(row, column)` is a cell's text.
template <class Cell>
bool looks_like_header(std::size_t rows, std::size_t columns, Cell cell, char separator,
                       const std::vector<std::string>& names) {
  for (std::size_t j = 0; j < columns; ++j)
    if (std::find(names.begin(), names.end(), cell(0, j)) != names.end()) return true;
  const std::size_t some = std::min<std::size_t>(rows, 1001);
  std::vector<SpellingVotes> votes(columns);
  int commas = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = rows == 1 ? 0 : 1; i < some; ++i)
      if (!is_missing(cell(i, j))) votes[j].add(cell(i, j));
    commas += votes[j].prefers_comma(separator);
  }
  std::vector<HeaderColumn> all;
  bool any_numbers = false, all_recur = true;
  for (std::size_t j = 0; j < columns; ++j) {
    HeaderColumn column{.first = cell(0, j)};
    const Spelling spelling = votes[j].choose(commas > 0);
    std::int64_t numbers = 0;
    column.number = parse_spelled(column.first, spelling);
    column.fits = !std::isnan(column.number);
    for (std::size_t i = rows == 1 ? 0 : 1; i < some; ++i) {
      const std::string_view other = cell(i, j);
      const double number = is_missing(other) ? std::nan("") : parse_spelled(other, spelling);
      numbers += std::isnan(number) ? 0 : 1;
      column.known = column.known && !other.empty();
      column.recurs = column.recurs || other == column.first || number == column.number;
    }
    column.numbers = numbers > 0 && 5 * numbers >= 4 * votes[j].cells();
    if (column.numbers && !column.fits && !is_missing(column.first)) return true;
    any_numbers = any_numbers || (column.numbers && column.fits);
    all_recur = all_recur && (column.recurs || column.first.empty());
    all.push_back(column);
  }
  if (rows == 1) return !any_numbers;
  if (!any_numbers) return !all_recur;
  return (all.front().first.empty() && all.front().known) || counts_columns(all);
}

}  // namespace detail

}  // namespace harmonium
