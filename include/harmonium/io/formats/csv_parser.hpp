/// \file
/// The parser of CSV files: see csv_table.hpp, which includes this.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "csv_header.hpp"
#include "csv_layout.hpp"
#include "csv_options.hpp"
#include "foreign_formats.hpp"
#include "text_encoding.hpp"

namespace harmonium {

namespace detail {

/// Splits a file's text into cells; see `parse_csv`.
class CsvParser {
 public:
  CsvParser(std::string path, std::string text, const CsvOptions& options) : options_(options) {
    table_.path_ = std::move(path);
    try {
      const std::string what = foreign_format(std::string_view(text).substr(0, 300));
      check<FileError>(what.empty(), "it is ", what);
      table_.text_ = plain_text(std::move(text));
    } catch (const FileError& error) {
      throw FileError("CSV file '" + table_.path_ + "': " + error.what());
    }
    const auto zero = table_.text_.find('\0');
    check<FileError>(zero == std::string::npos, "CSV file '", table_.path_, "': byte ", zero,
                     " is 0: it is not text");
    const CsvLayout layout = csv_layout(table_.text_, options_.separator);
    table_.separator_ = options_.separator = layout.separator;
    at_ = layout.begin;
    line_ = layout.line;
    check<ValueError>(options_.separator != '"' && options_.separator != '\n' && options_.separator != '\r',
                      "read_csv: a quote or a line end cannot be the separator");
  }

  /// \throws FileError
  CsvTable parse() && {
    reserve();
    std::vector<std::size_t> ends;  // of rows, in cells_
    ends.reserve(table_.lines_.capacity());
    auto& cells = table_.cells_;
    while (next_row(cells)) {
      table_.lines_.push_back(row_line_);
      ends.push_back(cells.size());
    }
    check<FileError>(!ends.empty(), "CSV file '", table_.path_, "': it is empty");
    const std::size_t columns = make_rectangular(ends);
    const std::size_t rows = ends.size();
    const auto cell = [&](std::size_t row, std::size_t column) {
      const auto& place = cells[row * columns + column];
      return std::string_view(table_.text_).substr(place.begin, place.size);
    };
    if (options_.find_header)
      options_.header = looks_like_header(rows, columns, cell, options_.separator, options_.names);
    table_.has_header_ = options_.header;
    check<FileError>(!options_.header || rows > 1, "CSV file '", table_.path_,
                     "': it has a header and no rows");
    set_names(std::span<const CsvTable::Cell>(cells).first(columns), table_.lines_.front());
    if (options_.header) {
      cells.erase(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(columns));
      table_.lines_.erase(table_.lines_.begin());
    }
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw FileError("CSV file '" + table_.path_ + "', line " + std::to_string(line) + ": " + what);
  }
  bool at_end() const { return at_ >= table_.text_.size(); }
  char now() const { return table_.text_[at_]; }
  bool at_line_end() const { return at_end() || now() == '\n' || table_.text_.compare(at_, 2, "\r\n") == 0; }
  bool is_blank(char c) const { return c == ' ' || (c == '\t' && options_.separator != '\t'); }
  bool by_blanks() const { return options_.separator == ' '; }
  void skip_blanks() {
    while (!at_end() && is_blank(now())) ++at_;
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
    const std::size_t before = cells.size();
    for (;;) {
      for (skip_blanks(); !at_end() && at_line_end(); skip_blanks()) end_line();
      if (at_end()) return false;
      row_line_ = line_;
      const bool marked = now() == '#';
      for (;;) {
        cells.push_back(next_cell());
        if (by_blanks()) skip_blanks();
        if (at_line_end()) break;
        if (!by_blanks()) ++at_;  // the separator
      }
      end_line();
      // A line of another length that begins with # is a comment.
      if (!marked || width_ == 0 || cells.size() - before == width_) break;
      cells.resize(before);
    }
    if (width_ == 0) width_ = cells.size() - before;
    return true;
  }
  // Rows may end with a separator that makes another, empty cell, in all lines or only in the header or only
  // below it. Returns the number of columns. \throws FileError if lengths differ in other ways
  std::size_t make_rectangular(const std::vector<std::size_t>& ends) {
    auto& cells = table_.cells_;
    const auto begin_of = [&](std::size_t row) { return row == 0 ? 0 : ends[row - 1]; };
    const auto length = [&](std::size_t row) { return ends[row] - begin_of(row); };
    const std::size_t first = length(0);
    bool same = true, ends_empty = true, longer = ends.size() > 1, shorter = ends.size() > 1;
    for (std::size_t row = 0; row < ends.size(); ++row) {
      const bool empty = cells[ends[row] - 1].size == 0;
      same = same && length(row) == first;
      ends_empty = ends_empty && empty;
      if (row == 0) continue;
      longer = longer && (length(row) == first || (length(row) == first + 1 && empty));
      shorter = shorter && (length(row) + 1 == first || (length(row) == first && empty));
    }
    const bool name_is_empty = cells[first - 1].size == 0;
    std::size_t columns = first;
    if (first > 1 && name_is_empty && cells[first - 2].size > 0 &&
        ((same && ends_empty) || (!same && shorter))) {
      columns = first - 1;
    } else if (same) {
      return columns;
    } else if (!longer) {
      for (std::size_t row = 1; row < ends.size(); ++row)
        if (length(row) != first)
          fail(table_.lines_[row], "it has " + std::to_string(length(row)) + " columns, the first line has " +
                                       std::to_string(first));
    }
    std::size_t to = 0;
    for (std::size_t row = 0; row < ends.size(); ++row)
      for (std::size_t i = 0; i < columns; ++i) cells[to++] = cells[begin_of(row) + i];
    cells.resize(to);
    return columns;
  }
  void end_line() {
    at_ = std::min(table_.text_.size(), at_ + (!at_end() && now() == '\r' ? 2 : 1));
    ++line_;
  }
  CsvTable::Cell next_cell() {
    skip_blanks();
    if (!at_end() && now() == '"') return quoted_cell();
    const std::size_t begin = at_;
    while (!at_line_end() && now() != options_.separator && !(by_blanks() && now() == '\t')) ++at_;
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
    const std::size_t closed = at_;
    skip_blanks();
    if (!at_line_end() && now() != options_.separator && !(by_blanks() && at_ > closed))
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
  std::size_t width_ = 0;  // cells in the first row
};

}  // namespace detail

}  // namespace harmonium
