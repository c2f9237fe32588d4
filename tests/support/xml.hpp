// A check that markup is well-formed, and searches in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace test {

// Why a text is not well-formed XML (of elements, attributes in double quotes and entities), or "".
inline std::string xml_error(std::string_view text) {
  std::vector<std::string> open;
  bool any = false;
  const auto is_name = [](char c) {
    return c == '-' || c == ':' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto bad_entity = [](std::string_view part) {
    for (std::size_t at = part.find('&'); at != part.npos; at = part.find('&', at + 1)) {
      bool known = false;
      for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
        known = known || part.substr(at).starts_with(entity);
      if (!known) return true;
    }
    return false;
  };
  if (text.starts_with("<!DOCTYPE html>\n")) text.remove_prefix(16);
  while (!text.empty()) {
    const std::size_t less = std::min(text.find('<'), text.size());
    const std::string_view words = text.substr(0, less);
    if (bad_entity(words)) return "bare & in text: " + std::string(words.substr(0, 60));
    if (open.empty() && words.find_first_not_of(" \n") != words.npos)
      return "text outside: " + std::string(words);
    text.remove_prefix(less);
    if (text.empty()) break;
    std::size_t at = 1;
    const bool closing = at < text.size() && text[at] == '/';
    if (closing) ++at;
    std::string name;
    while (at < text.size() && is_name(text[at])) name += text[at++];
    if (name.empty()) return "no name after <: " + std::string(text.substr(0, 60));
    std::vector<std::string> attributes;
    while (!closing && at < text.size() && (text[at] == ' ' || text[at] == '\n')) {
      while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
      std::string attribute;
      while (at < text.size() && is_name(text[at])) attribute += text[at++];
      if (attribute.empty() || text.substr(at, 2) != "=\"")
        return "no attribute: " + std::string(text.substr(0, 60));
      for (const std::string& other : attributes)
        if (other == attribute) return attribute + " twice in: " + std::string(text.substr(0, 60));
      attributes.push_back(attribute);
      const std::size_t quote = text.find('"', at + 2);
      if (quote == text.npos) return "no end of " + attribute;
      const std::string_view value = text.substr(at + 2, quote - at - 2);
      if (value.find('<') != value.npos || bad_entity(value))
        return "not escaped: " + std::string(value.substr(0, 60));
      at = quote + 1;
    }
    const bool empty = !closing && text.substr(at, 2) == "/>";
    if (empty) ++at;
    if (at >= text.size() || text[at] != '>') return "no end of the tag: " + std::string(text.substr(0, 60));
    text.remove_prefix(at + 1);
    if (open.empty() && any) return "a second element outside: " + name;
    any = true;
    if (closing) {
      if (open.empty() || open.back() != name) return "closes what is not open: " + name;
      open.pop_back();
    } else if (!empty) {
      open.push_back(name);
    }
  }
  return open.empty() && any ? "" : "not closed: " + (open.empty() ? "nothing" : open.back());
}

// How often a text occurs in another.
inline int count(std::string_view text, std::string_view part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

// The text between the first `before` at or after `from` and the next `after`.
inline std::string between(std::string_view text, std::string_view before, std::string_view after,
                           std::size_t from = 0) {
  const std::size_t start = text.find(before, from);
  if (start == text.npos) return "(there is no " + std::string(before) + ")";
  const std::size_t first = start + before.size();
  return std::string(text.substr(first, text.find(after, first) - first));
}

}  // namespace test
