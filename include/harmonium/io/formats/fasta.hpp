/// \file
/// Alignments as FASTA, or as its relative A2M: `>name` on a line, then the sequence on one or more lines.
/// Files may be compressed with gzip.
///
///     const Alignment family = read_fasta("family.fasta.gz");
#pragma once

#include "gzip.hpp"
#include "sequence_text.hpp"

namespace harmonium {

/// Reads aligned sequences. A line that begins with `;` is a comment; of `>>name`, which is met in the wild,
/// the name is kept. Memory: at most 128 bytes for each byte of the text. \throws FileError, with record and
/// line, if a sequence is empty, as long as no other, or has something that is not a letter; if there are
/// none; if the file is damaged, or longer than the limit, packed or unpacked \throws ValueError if unknown
/// letters are to be gaps of an alphabet without gap
inline Alignment read_fasta(const std::filesystem::path& path, const AlignmentOptions& options = {}) {
  const std::string file = "FASTA file '" + path.string() + "'";
  detail::TextLines lines(path, options.limits);
  std::vector<detail::SequenceRecord> records;
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with('>')) {
      const std::size_t begin = std::min(line.find_first_not_of("> \t\r"), line.size());
      std::string name(line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin));
      std::replace(name.begin(), name.end(), '\r', ' ');
      records.push_back({std::move(name), {}, lines.number()});
    } else if (line.find_first_not_of(" \t\r") != std::string_view::npos && !line.starts_with(';')) {
      check<FileError>(!records.empty(), file, ", line ", lines.number(),
                       ": there are letters before the first '>'");
      detail::append_letters(line, records.back().text);
    }
  }
  return detail::AlignmentMaker(file, options, std::move(records)).make();
}

/// A sequence as FASTA: its name, or its number from 1 if there are no names, and its letters.
inline std::string fasta_record(const Alignment& alignment, Index sequence) {
  const std::string name = alignment.names.empty() ? std::to_string(sequence + 1)
                                                   : alignment.names[static_cast<std::size_t>(sequence)];
  return '>' + name + '\n' + alignment.text(sequence) + '\n';
}

/// Writes sequences, compressed if the name ends in `.gz`; the file is complete or the old one. Without
/// names, they are numbered from 1. \throws DataError if a letter is not one of the alphabet's states, or a
/// name begins with `>` or has a line break \throws FileError if it cannot be written
inline void write_fasta(const std::filesystem::path& path, const Alignment& alignment) {
  check_alignment("write_fasta", alignment);
  for (std::size_t i = 0; i < alignment.names.size(); ++i)
    check<DataError>(
        alignment.names[i].find_first_of("\r\n") == std::string::npos && !alignment.names[i].starts_with('>'),
        "write_fasta: name ", i, " begins with > or has a line break");
  detail::TextWriter file(path);
  for (Index c = 0; c < alignment.size(); ++c) file.write(fasta_record(alignment, c));
  file.commit();
}

/// Does text from the beginning of a file look like FASTA? A line that begins with `>`, before any other but
/// comments, and then letters.
inline bool looks_like_fasta(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  bool named = false;
  while (!text.empty()) {
    std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with(';')) continue;
    if (line.starts_with('>')) {
      named = true;
      continue;
    }
    return named && std::all_of(line.begin(), line.end(), [](char c) {
             return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '*' ||
                    c == ' ' || c == '?' || c == '~';
           });
  }
  return false;
}

}  // namespace harmonium
