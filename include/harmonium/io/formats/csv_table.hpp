/// \file
/// CSV files as tables of text (RFC 4180): one line per row, cells separated by commas, and quoted where they
/// contain a comma, a quote or a line end; and what people make of that: semicolons, tabs, bars or blanks in
/// place of commas, comments, separators at the ends of lines, UTF-16, gzip.
#pragma once

#include <span>

#include "csv_options.hpp"
#include "csv_parser.hpp"
#include "gzip.hpp"

namespace harmonium {

/// The cells of a text. Lines end with LF or CR LF, or all with CR; empty lines and a byte-order mark are
/// skipped, UTF-16 becomes UTF-8. Lines that begin with # are comments if they have another number of cells
/// than the table; an empty column that separators at the lines' ends make is left out. Errors refer to the
/// text as `path`. \throws FileError, with the line, if the text is empty or has no rows, its rows have
/// different lengths, a quote is not closed, or two columns have the same name
inline CsvTable parse_csv(std::string text, const CsvOptions& options = {}, std::string path = "") {
  return detail::CsvParser(std::move(path), std::move(text), options).parse();
}

/// The cells of a file, compressed with gzip or not, by the same rules. Memory: the file's length, 16 bytes
/// per cell, 16 per line and 40 per column, which is at most 40 times the length (two lines of empty cells),
/// and 3 to 6 times that of usual tables. \throws FileError as `parse_csv`, or if the file cannot be read or
/// is longer than the limit
inline CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options = {}) {
  InputFile file(path, options.limits);
  std::string begin(std::min<std::size_t>(2, static_cast<std::size_t>(file.size())), '\0');
  InputFile(path).read(std::as_writable_bytes(std::span(begin)));
  std::string text;
  if (begin == "\x1f\x8b") {
    text = detail::unpacked_text(path, options.limits);
  } else {
    text.resize(static_cast<std::size_t>(file.size()));
    file.read(std::as_writable_bytes(std::span(text)));
  }
  const std::string what = foreign_text(std::string_view(text).substr(0, 300));
  check<FileError>(what.empty(), "CSV file '", path.string(), "': it is ", what);
  return parse_csv(std::move(text), options, path.string());
}

}  // namespace harmonium
