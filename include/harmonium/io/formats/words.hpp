/// \file
/// The words of a line, between blanks.
#pragma once

#include <algorithm>
#include <string_view>

namespace harmonium::detail {

/// Takes the next word, up to a blank, off a line; empty at its end.
inline std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::string_view word = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace harmonium::detail
