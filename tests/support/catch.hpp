// Catch2, version 2.13 (Debian 12) or 3 (newer): tests include only this header and use version 3's names.
#pragma once

// If both are installed, CMake says which one it found.
#if __has_include(<catch2/catch_all.hpp>) && !defined(HARMONIUM_CATCH2_2)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS  // version 3 has them by default
#include <catch2/catch.hpp>

namespace Catch {
using Detail::Approx;
}
namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text, CaseSensitive::Choice how = CaseSensitive::Yes) {
  return Contains(text, how);
}
}  // namespace Catch::Matchers
#endif
