/// \file
/// Words of files in messages.
#pragma once

#include <string>
#include <string_view>

namespace harmonium::detail {

/// A word of a file in quotes: its first 40 bytes, in which what is not printable ASCII is a question mark,
/// so that it cannot steer a terminal.
inline std::string quoted_word(std::string_view word) {
  std::string text = "'";
  for (const char c : word.substr(0, 40)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (word.size() > 40 ? "...'" : "'");
}

}  // namespace harmonium::detail
