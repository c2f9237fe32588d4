/// \file
/// Text for SVG and HTML files: escaping, base64, and numbers that do not depend on the locale.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace harmonium {

namespace detail {

/// The number of bytes of the first character of `text`; 0 if it is not UTF-8 or not allowed in markup.
inline std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || length > text.size() || lead >= 0xf8) return 0;
  unsigned code = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};  // overlong encodings are invalid
  const bool control =
      (code < 0x20 && code != '\t' && code != '\n' && code != '\r') || (code >= 0x7f && code < 0xa0);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  const bool none = (code & 0xfffe) == 0xfffe || code > 0x10ffff;
  return code < least[length] || control || surrogate || none ? 0 : length;
}

/// A number as `std::to_chars` writes it, with a fixed number of digits after the point.
inline std::string fixed_text(double value, int decimals) {
  char digits[400];  // the largest number has 309 before the point
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, decimals).ptr;
  return {digits, end};
}

/// Removes zeros at the end of a fraction.
inline std::string without_zeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number == "-0" ? "0" : number;
}

}  // namespace detail

/// Escapes text for SVG and HTML, between tags and in quotes. Invalid UTF-8 and control characters become
/// U+FFFD, so that no column name can break a file.
inline std::string escape_markup(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = detail::character_length(text);
    switch (length == 0 ? '\0' : text[0]) {
      case '\0':
        escaped += "\xef\xbf\xbd";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

/// Bytes as text of 64 characters (RFC 4648), as in `data:` addresses.
inline std::string base64(std::span<const std::byte> bytes) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? std::to_integer<unsigned>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? alphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

/// A number for people: about `digits` significant digits (1 to 17), whole numbers in full, very large and
/// very small ones like `1.5e-7`.
inline std::string number_text(double value, int digits = 4) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e-4 && size < 1e15) {
    const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
    return detail::without_zeros(detail::fixed_text(value, std::max(0, digits - before)));
  }
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, digits - 1).ptr;
  const std::string text(buffer, end);
  const std::size_t e = text.find('e');
  const bool negative = text[e + 1] == '-';
  const std::string power = text.substr(text.find_first_not_of('0', e + 2));
  return detail::without_zeros(text.substr(0, e)) + (negative ? "e-" : "e") + power;
}

/// Seconds for people: `0.25 s`, `48 s`, `2 min 33 s`, `3 h 05 min`.
inline std::string duration_text(double seconds) {
  if (!(seconds >= 9.95 && seconds < 1e12)) return number_text(seconds, 2) + " s";
  const auto whole = static_cast<long long>(std::llround(seconds));
  const auto two = [](long long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two(whole / 60 % 60) + " min";
}

}  // namespace harmonium
