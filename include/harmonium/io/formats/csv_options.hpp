/// \file
/// How to read a CSV file, and the table that it makes: see csv_table.hpp, which includes this.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/view.hpp"
#include "read_limits.hpp"

namespace harmonium {

/// How to read a CSV file.
struct CsvOptions {
  /// Between cells; 0: the most frequent of comma, semicolon, tab and bar in the first line, or what a line
  /// `sep=;` before it says. Without any of these, blanks if all lines have equally many numbers.
  char separator = '\0';
  bool header = true;        ///< does the first line name the columns? Otherwise they are "1", "2", ...
  bool find_header = false;  ///< decide it by the cells: see csv_header.hpp; `header` does not matter then
  std::vector<std::string> names =
      {};                  ///< if the first line has one of these, `find_header` takes it as names
  ReadLimits limits = {};  ///< of the file's length
};

namespace detail {
class CsvParser;
}

/// The cells of a CSV file, as text. A plain value.
class CsvTable {
 public:
  /// Names of the columns, all different.
  const std::vector<std::string>& names() const { return names_; }
  /// Number of columns.
  Index columns() const { return static_cast<Index>(names_.size()); }
  /// Number of rows, without the header.
  Index rows() const { return static_cast<Index>(lines_.size()); }
  /// A cell's text, without surrounding blanks and quotes.
  std::string_view cell(Index row, Index column) const {
    const Cell& place = cells_[static_cast<std::size_t>(row * columns() + column)];
    return std::string_view(text_).substr(place.begin, place.size);
  }
  /// The index of a column. \throws DataError if there is no column of this name
  Index column(std::string_view name) const {
    const auto found = std::lower_bound(
        by_name_.begin(), by_name_.end(), name,
        [&](Index i, std::string_view asked) { return names_[static_cast<std::size_t>(i)] < asked; });
    if (found == by_name_.end() || names_[static_cast<std::size_t>(*found)] != name) {
      std::string known;
      for (const std::string& other : names_) known += (known.empty() ? "'" : ", '") + other + "'";
      throw DataError("CSV file '" + path_ + "' has no column '" + std::string(name) + "', but " + known);
    }
    return *found;
  }
  /// The location of a cell, for messages: `CSV file 'a.csv', line 3, column 'age'`.
  std::string place(Index row, Index column) const {
    return "CSV file '" + path_ + "', line " + std::to_string(lines_[static_cast<std::size_t>(row)]) +
           ", column '" + names_[static_cast<std::size_t>(column)] + "'";
  }
  /// The file that the table was read from.
  const std::string& path() const { return path_; }
  /// What is between cells.
  char separator() const { return separator_; }
  /// Did its first line name the columns?
  bool has_header() const { return has_header_; }

 private:
  friend class detail::CsvParser;
  struct Cell {
    std::size_t begin, size;
  };
  std::string path_, text_;  // cells are pieces of the file's text
  char separator_ = ',';
  bool has_header_ = true;
  std::vector<std::string> names_;  // of columns
  std::vector<Index> by_name_;      // columns in the order of their names
  std::vector<Cell> cells_;         // row by row
  std::vector<std::size_t> lines_;  // line at which each row begins, counted from 1
};

}  // namespace harmonium
