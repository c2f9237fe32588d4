/// \file
/// Columns of CSV files as numbers and as categories, and CSV files of numbers; independent of the user's
/// locale.
///
///     const CsvTable table = read_csv("people.csv");
///     Eigen::MatrixXd samples = csv_numbers(table, {"age", "height"});  // lines become columns
///     write_csv("copy.csv", {"age", "height"}, samples);
#pragma once

#include <Eigen/Core>
#include <charconv>
#include <cmath>
#include <map>

#include "atomic_file.hpp"
#include "csv_table.hpp"

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

/// The finite number that the whole text spells, decimal with a point, such as `-1.5e3`; otherwise NaN.
inline double parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? number : std::numeric_limits<double>::quiet_NaN();
}

/// What to do with cells whose value is missing.
enum class MissingCells {
  refuse,  ///< an error
  nan      ///< NaN, as `MissingData` expects
};

/// Columns of a table as numbers: one column per sample (line), one row per name; without names all columns.
/// \throws DataError, with line and column, if a cell is not a finite number or, unless allowed, is missing;
/// or if no column has one of the names
inline Eigen::MatrixXd csv_numbers(const CsvTable& table, const std::vector<std::string>& names = {},
                                   MissingCells missing = MissingCells::refuse) {
  std::vector<Index> columns;
  for (const std::string& name : names) columns.push_back(table.column(name));
  if (names.empty())
    for (Index i = 0; i < table.columns(); ++i) columns.push_back(i);
  Eigen::MatrixXd numbers(static_cast<Index>(columns.size()), table.rows());
  for (Index row = 0; row < table.rows(); ++row)
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string_view cell = table.cell(row, columns[i]);
      double& number = numbers(static_cast<Index>(i), row) = parse_number(cell);
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
inline std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& cell = cells[i];
    if (i > 0) line += ',';
    const bool plain = cell.find_first_of(",;\t\"\r\n") == std::string::npos && !cell.starts_with(' ') &&
                       !cell.ends_with(' ') && !(cell.empty() && cells.size() == 1) &&
                       !cell.starts_with("\xEF\xBB\xBF");  // a byte-order mark at the beginning is skipped
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
