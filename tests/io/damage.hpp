// A file's bytes, damaged in every way that readers have to survive.
#pragma once

#include <cstddef>
#include <string>

namespace test {

/// Calls attempt(bytes) for every proper beginning of a file.
template <class Attempt>
void for_each_beginning(const std::string& good, Attempt attempt) {
  for (std::size_t length = 0; length < good.size(); ++length) attempt(good.substr(0, length));
}

/// Calls attempt(bytes) nine times for each byte of a file: with one of its bits turned, and with all of
/// them.
template <class Attempt>
void for_each_changed_byte(const std::string& good, Attempt attempt) {
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      attempt(bytes);
    }
}

}  // namespace test
