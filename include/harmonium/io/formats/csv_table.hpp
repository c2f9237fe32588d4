/// \file
/// CSV files as tables of text (RFC 4180): one line per row, cells separated by commas, and quoted where they
/// contain a comma, a quote or a line end.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>

#include "../../core/view.hpp"
#include "input_file.hpp"

namespace harmonium {

/// How to read a CSV file.
struct CsvOptions {
  /// Between cells; 0: the most frequent of comma, semicolon and tab in the first line.
  char separator = '\0';
  bool header = true;      ///< does the first line name the columns? Otherwise they are "1", "2", ...
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

 private:
  friend class detail::CsvParser;
  struct Cell {
    std::size_t begin, size;
  };
  std::string path_, text_;         // cells are pieces of the file's text
  std::vector<std::string> names_;  // of columns
  std::vector<Index> by_name_;      // columns in the order of their names
  std::vector<Cell> cells_;         // row by row
  std::vector<std::size_t> lines_;  // line at which each row begins, counted from 1
};

namespace detail {

/// Splits a file's text into cells; see `parse_csv`.
class CsvParser {
 public:
  CsvParser(std::string path, std::string text, const CsvOptions& options) : options_(options) {
    table_.path_ = std::move(path);
    table_.text_ = std::move(text);
    if (table_.text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte-order mark
    const auto zero = table_.text_.find('\0');
    check<FileError>(zero == std::string::npos, "CSV file '", table_.path_, "': byte ", zero,
                     " is 0: it is not text");
    if (options_.separator == '\0') guess_separator();
    check<ValueError>(options_.separator != '"' && options_.separator != '\n' && options_.separator != '\r',
                      "read_csv: a quote or a line end cannot be the separator");
  }

  /// \throws FileError
  CsvTable parse() && {
    reserve();
    next_row(table_.cells_);
    const std::size_t columns = table_.cells_.size(), header_line = row_line_;
    check<FileError>(columns > 0, "CSV file '", table_.path_, "': it is empty");
    if (!options_.header) table_.lines_.push_back(row_line_);
    for (std::size_t before = table_.cells_.size(); next_row(table_.cells_); before = table_.cells_.size()) {
      if (table_.cells_.size() - before != columns)
        fail(row_line_, "it has " + std::to_string(table_.cells_.size() - before) +
                            " columns, the first line has " + std::to_string(columns));
      table_.lines_.push_back(row_line_);
    }
    check<FileError>(!table_.lines_.empty(), "CSV file '", table_.path_, "': it has a header and no rows");
    const auto end = table_.cells_.begin() + static_cast<std::ptrdiff_t>(columns);
    set_names({table_.cells_.begin(), end}, header_line);
    if (options_.header) table_.cells_.erase(table_.cells_.begin(), end);
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw FileError("CSV file '" + table_.path_ + "', line " + std::to_string(line) + ": " + what);
  }
  bool at_end() const { return at_ >= table_.text_.size(); }
  char now() const { return table_.text_[at_]; }
  bool at_line_end() const { return at_end() || now() == '\n' || table_.text_.compare(at_, 2, "\r\n") == 0; }
  bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != options_.separator; }
  void skip_blanks() {
    while (!at_end() && is_blank(now())) ++at_;
  }

  void guess_separator() {
    std::size_t counts[3] = {};
    const std::string_view candidates = ",;\t";
    bool quoted = false;
    for (std::size_t i = at_; i < table_.text_.size() && (quoted || table_.text_[i] != '\n'); ++i) {
      quoted ^= table_.text_[i] == '"';
      if (const auto which = candidates.find(table_.text_[i]); !quoted && which != std::string_view::npos)
        ++counts[which];
    }
    options_.separator = candidates[static_cast<std::size_t>(std::max_element(counts, counts + 3) - counts)];
  }

  // Vectors that grow would take three times what they need.
  void reserve() {
    const auto count = [&](char c) {
      return static_cast<std::size_t>(std::count(table_.text_.begin(), table_.text_.end(), c));
    };
    const std::size_t lines = count('\n') + 1;
    table_.cells_.reserve(lines + count(options_.separator));
    table_.lines_.reserve(lines);
  }
  // Appends the cells of the next row that is not an empty line; false at the end of the file.
  bool next_row(std::vector<CsvTable::Cell>& cells) {
    for (skip_blanks(); !at_end() && at_line_end(); skip_blanks()) end_line();
    if (at_end()) return false;
    row_line_ = line_;
    for (;;) {
      cells.push_back(next_cell());
      if (at_line_end()) break;
      ++at_;  // the separator
    }
    end_line();
    return true;
  }
  void end_line() {
    at_ = std::min(table_.text_.size(), at_ + (!at_end() && now() == '\r' ? 2 : 1));
    ++line_;
  }
  CsvTable::Cell next_cell() {
    skip_blanks();
    if (!at_end() && now() == '"') return quoted_cell();
    const std::size_t begin = at_;
    while (!at_line_end() && now() != options_.separator) ++at_;
    std::size_t end = at_;
    while (end > begin && is_blank(table_.text_[end - 1])) --end;
    return {begin, end - begin};
  }
  // Two quotes stand for one: the text is compacted in place.
  CsvTable::Cell quoted_cell() {
    const std::size_t begin = ++at_, opened = line_;
    std::size_t end = begin;
    for (;; ++at_) {
      if (at_end()) fail(opened, "a quote is opened here and never closed");
      if (now() == '"') {
        if (table_.text_.compare(at_, 2, "\"\"") != 0) break;
        ++at_;
      }
      line_ += now() == '\n';
      table_.text_[end++] = now();
    }
    ++at_;
    skip_blanks();
    if (!at_line_end() && now() != options_.separator)
      fail(line_,
           std::string("there is text between a closing quote and the next '") + options_.separator + "'");
    return {begin, end - begin};
  }

  void set_names(std::span<const CsvTable::Cell> cells, std::size_t line) {
    auto& names = table_.names_;
    names.reserve(cells.size());
    for (const CsvTable::Cell& cell : cells) {
      const std::string number = std::to_string(names.size() + 1);  // row numbers often have no name
      names.push_back(options_.header && cell.size > 0 ? table_.text_.substr(cell.begin, cell.size) : number);
    }
    auto& order = table_.by_name_;
    order.resize(names.size());
    std::iota(order.begin(), order.end(), Index{0});
    const auto name = [&](Index i) -> const std::string& { return names[static_cast<std::size_t>(i)]; };
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return name(a) < name(b); });
    const auto twice =
        std::adjacent_find(order.begin(), order.end(), [&](Index a, Index b) { return name(a) == name(b); });
    if (twice != order.end()) fail(line, "two columns are called '" + name(*twice) + "'");
  }

  CsvOptions options_;
  CsvTable table_;
  std::size_t at_ = 0, line_ = 1, row_line_ = 1;
};

}  // namespace detail

/// The cells of a text. Lines end with LF or CR LF; empty lines and a byte-order mark are skipped. Errors
/// refer to the text as `path`. \throws FileError, with the line, if the text is empty or has no rows, its
/// rows have different lengths, a quote is not closed, or two columns have the same name
inline CsvTable parse_csv(std::string text, const CsvOptions& options = {}, std::string path = "") {
  return detail::CsvParser(std::move(path), std::move(text), options).parse();
}

/// The cells of a file, by the same rules. Memory: the file's length, 16 bytes per cell, 8 per line and 40
/// per column, which is at most 40 times the length (two lines of empty cells), and 3 to 6 times that of
/// usual tables. \throws FileError as `parse_csv`, or if the file cannot be read or is longer than the limit
inline CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options = {}) {
  InputFile file(path, options.limits);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(std::as_writable_bytes(std::span(text)));
  return parse_csv(std::move(text), options, path.string());
}

}  // namespace harmonium
