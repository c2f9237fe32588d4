/// \file
/// Files of aligned sequences of any format, told apart by their contents.
#pragma once

#include "fasta.hpp"
#include "stockholm.hpp"

namespace harmonium {

/// Does text from the beginning of a file look like an alignment?
inline bool looks_like_alignment(std::string_view text) {
  return looks_like_stockholm(text) || looks_like_fasta(text);
}

/// Reads FASTA, A2M or Stockholm, compressed with gzip or not. \throws FileError, ValueError as `read_fasta`
/// and `read_stockholm`
inline Alignment read_alignment(const std::filesystem::path& path, const AlignmentOptions& options = {}) {
  std::string begin = detail::beginning_of_text(path, 64, options.limits);
  begin.erase(0, std::min(begin.find_first_not_of(" \t\r\n"), begin.size()));
  return looks_like_stockholm(begin) ? read_stockholm(path, options) : read_fasta(path, options);
}

}  // namespace harmonium
