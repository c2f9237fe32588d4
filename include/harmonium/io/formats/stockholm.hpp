/// \file
/// Alignments in Stockholm's format, as Pfam and Rfam give them: `name letters` on a line, in blocks; lines
/// that begin with `#` say more about files and sequences. Files may be compressed with gzip.
#pragma once

#include <map>

#include "gzip.hpp"
#include "sequence_text.hpp"
#include "words.hpp"

namespace harmonium {

/// Reads the alignment of a file. What `#=GS name DE` describes is kept after the sequence's name. Memory: at
/// most 128 bytes for each byte of the text. \throws FileError, with record or line, if it does not begin
/// with `# STOCKHOLM`, has no `//` at its end, a second alignment, or a line that is not a name and letters;
/// and as `read_fasta` \throws ValueError as `read_fasta`
inline Alignment read_stockholm(const std::filesystem::path& path, const AlignmentOptions& options = {}) {
  const std::string file = "Stockholm file '" + path.string() + "'";
  detail::TextLines lines(path, options.limits);
  std::vector<detail::SequenceRecord> records;
  std::map<std::string, std::size_t, std::less<>> numbers;  // of names; a hash could be made to collide
  std::map<std::string, std::string, std::less<>> descriptions;
  bool begun = false, over = false;
  for (std::string_view line; lines.next(line);) {
    const auto fail_unless = [&](bool holds, const char* words) {
      check<FileError>(holds, file, ", line ", lines.number(), ": ", words);
    };
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    fail_unless(!over, "there is more after the // that ends an alignment: a file of one is expected");
    if (!begun) {
      fail_unless(line.starts_with("# STOCKHOLM"), "expected # STOCKHOLM 1.0");
      begun = true;
    } else if (line.starts_with("//")) {
      over = true;
    } else if (line.starts_with('#')) {
      std::string_view rest = line;
      if (detail::next_word(rest) != "#=GS") continue;
      const std::string_view name = detail::next_word(rest);
      if (detail::next_word(rest) != "DE") continue;
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      std::string& all = descriptions[std::string(name)];
      all += (all.empty() ? "" : " ") + std::string(rest);
    } else {
      std::string_view rest = line;
      const std::string_view name = detail::next_word(rest);
      fail_unless(rest.find_first_not_of(" \t") != std::string_view::npos, "expected a name and letters");
      auto found = numbers.find(name);
      if (found == numbers.end()) {
        found = numbers.emplace(name, records.size()).first;
        records.push_back({std::string(name), {}, lines.number()});
      }
      detail::append_letters(rest, records[found->second].text);
    }
  }
  check<FileError>(begun, file, ": it is empty, expected # STOCKHOLM 1.0");
  check<FileError>(over, file, ": it ends without //");
  for (detail::SequenceRecord& record : records)
    if (const auto found = descriptions.find(record.name); found != descriptions.end())
      record.name += ' ' + found->second;
  return detail::AlignmentMaker(file, options, std::move(records)).make();
}

/// Does text from the beginning of a file look like Stockholm's format?
inline bool looks_like_stockholm(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.starts_with("# STOCKHOLM");
}

}  // namespace harmonium
