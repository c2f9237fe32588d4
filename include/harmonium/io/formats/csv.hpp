/// \file
/// Columns of CSV files as numbers and as categories, and CSV files of numbers; independent of the user's
/// locale.
///
///     const CsvTable table = read_csv("people.csv");
///     Eigen::MatrixXd samples = csv_numbers(table, {"age", "height"});  // lines become columns
///     write_csv("copy.csv", {"age", "height"}, samples);
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <map>

#include "atomic_file.hpp"
#include "csv_table.hpp"
#include "spelling.hpp"

namespace harmonium {

/// What to do with cells whose value is missing.
enum class MissingCells {
  refuse,  ///< an error
  nan      ///< NaN, as `MissingData` expects
};

/// How a column of a table is spelled.
struct CsvSpelling {
  Spelling spelling = {};       ///< that of most of its cells, plain if these are words
  bool ambiguous_date = false;  ///< are these dates whose month and day cannot be told apart?
};

/// How each column of a table spells its numbers. Where cells are separated by semicolons, 1,234 has a
/// decimal comma, otherwise it is taken for thousands, unless other columns show that commas are points.
inline std::vector<CsvSpelling> csv_spellings(const CsvTable& table) {
  std::vector<SpellingVotes> votes(static_cast<std::size_t>(table.columns()));
  std::vector<CsvSpelling> spellings;
  int commas = 0;
  for (Index column = 0; column < table.columns(); ++column) {
    SpellingVotes& own = votes[static_cast<std::size_t>(column)];
    for (Index row = 0; row < table.rows(); ++row)
      if (const std::string_view cell = table.cell(row, column); !is_missing(cell)) own.add(cell);
    commas += own.prefers_comma(table.separator());
  }
  for (const SpellingVotes& own : votes) spellings.push_back({own.choose(commas > 0), own.ambiguous_date()});
  return spellings;
}

/// Columns of a table as numbers: one column per sample (line), one row per name; without names all columns.
/// Numbers may have decimal commas, thousands separators, and a sign such as % or $; 12 % is 12. Dates are
/// days from 1970-01-01, times of day are hours. `csv_spellings` says what was found. \throws DataError, with
/// line and column, if a cell is not a finite number or, unless allowed, is missing; if dates do not say
/// which number is the month; or if no column has one of the names
inline Eigen::MatrixXd csv_numbers(const CsvTable& table, const std::vector<std::string>& names = {},
                                   MissingCells missing = MissingCells::refuse) {
  std::vector<Index> columns;
  for (const std::string& name : names) columns.push_back(table.column(name));
  if (names.empty())
    for (Index i = 0; i < table.columns(); ++i) columns.push_back(i);
  Eigen::MatrixXd numbers(static_cast<Index>(columns.size()), table.rows());
  const std::vector<CsvSpelling> spellings = csv_spellings(table);
  for (const Index i : columns)
    check<DataError>(!spellings[static_cast<std::size_t>(i)].ambiguous_date, table.place(0, i), ": '",
                     table.cell(0, i),
                     "' and all others could be day/month or month/day: write them as 2020-12-31");
  for (Index row = 0; row < table.rows(); ++row)
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string_view cell = table.cell(row, columns[i]);
      double& number = numbers(static_cast<Index>(i), row) =
          parse_spelled(cell, spellings[static_cast<std::size_t>(columns[i])].spelling);
      if (!std::isnan(number)) continue;
      if (missing == MissingCells::nan && is_missing(cell)) continue;
      throw DataError(
          table.place(row, columns[i]) +
          (cell.empty() ? ": the value is missing" : ": '" + std::string(cell) + "' is not a finite number"));
    }
  return numbers;
}

/// The words of a column, sorted and without duplicates or missing cells. Their positions are the categories
/// that `csv_categories` returns.
inline std::vector<std::string> csv_vocabulary(const CsvTable& table, std::string_view name) {
  const Index column = table.column(name);
  std::vector<std::string_view> words;
  for (Index row = 0; row < table.rows(); ++row)
    if (!is_missing(table.cell(row, column))) words.push_back(table.cell(row, column));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return {words.begin(), words.end()};
}

/// A column of words as their positions in a vocabulary, from 0; -1 for missing cells if these are allowed.
/// \throws DataError, with line and column, if a word is not in the vocabulary
inline std::vector<int> csv_categories(const CsvTable& table, std::string_view name,
                                       const std::vector<std::string>& vocabulary,
                                       MissingCells missing = MissingCells::refuse) {
  const Index column = table.column(name);
  std::map<std::string_view, int> numbers;  // a hash could be made to collide
  for (std::size_t i = 0; i < vocabulary.size(); ++i) numbers.emplace(vocabulary[i], static_cast<int>(i));
  std::vector<int> categories;
  for (Index row = 0; row < table.rows(); ++row) {
    const std::string_view cell = table.cell(row, column);
    const auto found = numbers.find(cell);
    categories.push_back(found == numbers.end() ? -1 : found->second);
    if (found != numbers.end() || (missing == MissingCells::nan && is_missing(cell))) continue;
    std::string known;
    for (std::size_t i = 0; i < std::min<std::size_t>(vocabulary.size(), 20); ++i)
      known += (i == 0 ? "" : ", ") + vocabulary[i];
    throw DataError(table.place(row, column) + ": '" + std::string(cell) +
                    "' is not one of the known words: " + known + (vocabulary.size() > 20 ? ", ..." : ""));
  }
  return categories;
}

/// A number in the fewest digits that read back as the same number, with a decimal point; NaN is empty.
template <class T>
std::string csv_text(T number) {
  if (std::isnan(number)) return {};
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

/// One line of cells, quoted where necessary, with its line end.
inline std::string csv_line(const std::vector<std::string>& cells, char separator = ',') {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& cell = cells[i];
    if (i > 0) line += separator;
    bool plain = cell.find_first_of(";\t|\"\r\n") == std::string::npos && !cell.starts_with(' ') &&
                 !cell.ends_with(' ') && !(cell.empty() && cells.size() == 1) && !cell.starts_with('#') &&
                 (i > 0 || foreign_format(cell).empty()) &&
                 !cell.starts_with("\xEF\xBB\xBF");  // a byte-order mark at the beginning is skipped
    for (std::size_t at = cell.find(','); at != std::string::npos; at = cell.find(',', at + 1))
      plain = plain && separator != ',' && at > 0 && at + 1 < cell.size() && detail::is_digit(cell[at - 1]) &&
              detail::is_digit(cell[at + 1]);  // a decimal comma
    if (plain) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

/// Writes samples (one per column) as a table with a header and one line per sample; the file is complete or
/// the old one. \throws ShapeError unless there is one name per row \throws FileError if it cannot be written
template <class Derived>
void write_csv(const std::filesystem::path& path, const std::vector<std::string>& names,
               const Eigen::MatrixBase<Derived>& samples) {
  check<ShapeError>(static_cast<Index>(names.size()) == samples.rows(), "write_csv: there are ", names.size(),
                    " names for ", samples.rows(), " rows");
  AtomicFile file(path);
  file.write(csv_line(names));
  std::vector<std::string> cells(names.size());
  for (Index c = 0; c < samples.cols(); ++c) {
    for (std::size_t r = 0; r < cells.size(); ++r) cells[r] = csv_text(samples(static_cast<Index>(r), c));
    file.write(csv_line(cells));
  }
  file.commit();
}

}  // namespace harmonium
