// Catch2, 2.13 (Debian 12) or 3 (newer): tests include this and nothing else of it, with version 3's names.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS  // version 3 has them by itself
#include <catch2/catch.hpp>

namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text, CaseSensitive::Choice how = CaseSensitive::Yes) {
  return Contains(text, how);
}
}  // namespace Catch::Matchers
#endif
