/// \file
/// Text of other encodings and line ends, as UTF-8 with lines that end with LF or CR LF.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../core/error.hpp"

namespace harmonium::detail {

inline void append_utf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::uint32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(marks[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

/// Is it UTF-16, by its byte-order mark, or because every second one of its first bytes is 0? Then the place
/// of each number's low byte, 0 or 1; otherwise -1.
inline int utf16_order(std::string_view text) {
  if (text.starts_with("\xFF\xFE")) return 0;
  if (text.starts_with("\xFE\xFF")) return 1;
  const std::size_t some = std::min<std::size_t>(text.size(), 64) / 2 * 2;
  for (const int low : {0, 1}) {
    bool all = some >= 4;
    for (std::size_t i = 0; all && i < some; ++i) all = (text[i] == '\0') == (static_cast<int>(i % 2) != low);
    if (all) return low;
  }
  return -1;
}

/// UTF-16 as UTF-8; what is not valid becomes a replacement character. \throws FileError if a byte is missing
inline std::string from_utf16(std::string_view text, int low) {
  check<FileError>(text.size() % 2 == 0, "its text is UTF-16, of which a byte is missing at the end");
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(text[i]), b = static_cast<unsigned char>(text[i + 1]);
    return static_cast<std::uint32_t>(low == 0 ? a | (b << 8) : b | (a << 8));
  };
  std::string utf8;
  utf8.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::uint32_t c = unit(i);
    if (i == 0 && c == 0xFEFF) continue;
    if (c >= 0xD800 && c < 0xE000) {
      const std::uint32_t next = c < 0xDC00 && i + 2 < text.size() ? unit(i + 2) : 0;
      const bool pair = next >= 0xDC00 && next < 0xE000;
      c = pair ? 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00) : 0xFFFD;
      i += pair ? 2 : 0;
    }
    append_utf8(utf8, c);
  }
  return utf8;
}

/// A file's text as UTF-8, without a byte-order mark; lines that end with CR alone, as old ones do, end with
/// LF. \throws FileError if it is UTF-16 with a byte too few, or UTF-32
inline std::string plain_text(std::string text) {
  check<FileError>(!text.starts_with(std::string_view("\xFF\xFE\0\0", 4)),
                   "its text is UTF-32: save it as UTF-8");
  if (const int low = utf16_order(text); low >= 0) text = from_utf16(text, low);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
  return text;
}

}  // namespace harmonium::detail
