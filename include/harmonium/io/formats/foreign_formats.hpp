/// \file
/// Names of file formats that are mistaken for tables or models, so that messages can say what a file is.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace harmonium {

/// What a file is that begins with these bytes (300 are enough for all), with what to do about it; empty if
/// it is not one of the formats known here, as plain text is not. Formats that the library reads as they are
/// (NPY, IDX, CSV, LIBSVM, safetensors) are not among them.
inline std::string foreign_format(std::string_view begin) {
  using std::string_view_literals::operator""sv;
  struct Known {
    std::string_view bytes;
    const char* what;
  };
  constexpr const char* columns = "; write it as CSV, or its arrays as NPY";
  constexpr Known known[] = {
      {"\x89PNG"sv, "a picture (PNG)|; pictures are read from IDX or NumPy files"},
      {"\xff\xd8\xff"sv, "a picture (JPEG)|; pictures are read from IDX or NumPy files"},
      {"GIF87a"sv, "a picture (GIF)|; pictures are read from IDX or NumPy files"},
      {"GIF89a"sv, "a picture (GIF)|; pictures are read from IDX or NumPy files"},
      {"II*\0"sv, "a picture (TIFF)|; pictures are read from IDX or NumPy files"},
      {"MM\0*"sv, "a picture (TIFF)|; pictures are read from IDX or NumPy files"},
      {"%PDF-"sv, "a PDF document|"},
      {"{\\rtf"sv, "a text document (RTF)|; save the table as CSV"},
      {"\xd0\xcf\x11\xe0"sv, "an old Office document (such as XLS)|; save the sheet as CSV"},
      {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file|"},
      {"MATLAB 7.3 MAT-file"sv, "a MATLAB file (MAT 7.3, which is HDF5)|"},
      {"MATLAB 5.0 MAT-file"sv, "a MATLAB file (MAT)|"},
      {"PAR1\x15"sv, "a Parquet file|"},
      {"ARROW1\0"sv, "an Arrow or Feather file|"},
      {"FEA1\0"sv, "a Feather file|"},
      {"Obj\x01"sv, "an Avro file|"},
      {"SQLite format 3\0"sv, "an SQLite database|; export the table as CSV"},
      {"RDX2\n"sv, "a file of R's (RData)|"},
      {"RDX3\n"sv, "a file of R's (RData)|"},
      {"X\n\0\0\0"sv, "a file of R's (RDS)|"},
      {"<stata_dta>"sv, "a Stata file|"},
      {"$FL2@"sv, "an SPSS file|"},
      {"$FL3@"sv, "an SPSS file|"},
      {"\x80\x02"sv, "a Python pickle|"},
      {"\x80\x03"sv, "a Python pickle|"},
      {"\x80\x04\x95"sv, "a Python pickle|"},
      {"\x80\x05\x95"sv, "a Python pickle|"},
      {"\xfd"
       "7zXZ\0"sv,
       "compressed with xz|; unpack it first"},
      {"\x28\xb5\x2f\xfd"sv, "compressed with zstd|; unpack it first"},
      {"\x04\x22\x4d\x18"sv, "compressed with LZ4|; unpack it first"},
      {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive|; unpack it first"},
      {"Rar!\x1a\x07"sv, "a RAR archive|; unpack it first"},
      {"\x7f"
       "ELF"sv,
       "a program|"},
  };
  const auto says = [&](std::string_view what) {
    const std::size_t bar = what.find('|');
    const std::string_view advice = what.substr(bar + 1);
    return std::string(what.substr(0, bar)).append(advice.empty() ? std::string_view(columns) : advice);
  };
  for (const Known& format : known)
    if (begin.starts_with(format.bytes)) return says(format.what);
  if (begin.size() > 3 && begin.starts_with("BZh") && begin[3] >= '1' && begin[3] <= '9' &&
      begin.size() > 9 && begin.substr(4, 3) == "1AY")
    return says("compressed with bzip2|; unpack it first");
  if (begin.starts_with("ORC") && begin.size() > 3 && static_cast<unsigned char>(begin[3]) < 32)
    return says("an ORC file|");
  if (begin.size() > 262 && begin.substr(257, 5) == "ustar") return says("a tar archive|; unpack it first");
  if (begin.starts_with("PK\x03\x04")) {
    const std::string_view name = begin.substr(std::min<std::size_t>(begin.size(), 30));
    if (name.starts_with("mimetypeapplication/vnd.oasis"))
      return says("an OpenDocument file|; save the sheet as CSV");
    if (name.starts_with("[Content_Types].xml") || name.starts_with("_rels/") || name.starts_with("xl/") ||
        name.starts_with("docProps/"))
      return says("an Excel workbook, or another Office document|; save the sheet as CSV");
    if (name.find("/data.pkl") < 200 || name.find("/byteorder") < 200)
      return says("a PyTorch file|; write its tensors with safetensors.torch.save_file");
    return says("a zip archive|; unpack it first");
  }
  return {};
}

/// Likewise for formats that are text: JSON, HTML, XML, ARFF, LIBSVM, and FASTA of letters that no alphabet
/// known here has.
inline std::string foreign_text(std::string_view begin) {
  if (begin.starts_with("\xEF\xBB\xBF")) begin.remove_prefix(3);
  while (!begin.empty() && (begin.front() == ' ' || begin.front() == '\n' || begin.front() == '\r'))
    begin.remove_prefix(1);
  const auto starts = [&](std::string_view word) {
    return begin.size() >= word.size() && std::equal(word.begin(), word.end(), begin.begin(),
                                                     [](char a, char b) { return a == b || a == (b | 32); });
  };
  const auto next = [&](std::size_t from) {
    const std::size_t at = begin.find_first_not_of(" \t\r\n", from);
    return at == std::string_view::npos ? '\0' : begin[at];
  };
  if (starts("{") && (next(1) == '"' || next(1) == '}')) return "JSON; write a row for each entry as CSV";
  if (starts("[") && std::string_view("{[]\"-0123456789").find(next(1)) != std::string_view::npos &&
      next(1) != '\0')
    return "JSON; write a row for each entry as CSV";
  if (starts("<!doctype") || starts("<html")) return "HTML: a page, not the file that it is about";
  const bool tag = starts("<") && begin.size() > 1 && ((begin[1] | 32) >= 'a' && (begin[1] | 32) <= 'z') &&
                   begin.substr(0, 300).find('>') != std::string_view::npos;
  if (starts("<?xml") || tag) return "XML or HTML; save the table as CSV";
  if (starts("@relation")) return "ARFF, of Weka; take the lines after @data as CSV without a header";
  const std::string_view line = begin.substr(0, begin.find('\n'));
  const std::string_view below = begin.substr(std::min(begin.size(), line.size() + 1));
  if (starts(">") && line.find_first_of(",;\t") == std::string_view::npos &&
      std::min(below.find_first_of(",;\t "), below.size()) >= below.find('\n') && below.front() != '>')
    return "FASTA: sequences, of letters that are neither proteins' nor RNA's or DNA's; name their alphabet";
  const std::size_t label = line.find(' ');
  if (label != std::string_view::npos) {
    std::size_t at = line.find_first_not_of(' ', label);
    std::size_t words = 0;
    for (; at != std::string_view::npos && at < line.size(); ++words) {
      std::string_view word = line.substr(at, line.find(' ', at) - at);
      const std::size_t colon = word.find(':');
      if (colon == 0 || colon == std::string_view::npos || word.find_first_not_of("0123456789") != colon ||
          word.find_first_not_of("0123456789.eE+-", colon + 1) != std::string_view::npos ||
          colon + 1 == word.size())
        break;
      at = line.find_first_not_of(" \r", at + word.size());
    }
    const bool all = at == std::string_view::npos || at >= line.size();
    const bool number = line.substr(0, label).find_first_not_of("0123456789.eE+-") == std::string_view::npos;
    if (all && words >= 2)
      return number ? "LIBSVM text; read_libsvm reads it"
                    : "LIBSVM text whose labels are not numbers; write a number for each label";
  }
  return {};
}

}  // namespace harmonium
