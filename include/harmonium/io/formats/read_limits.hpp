/// \file
/// What reading a file may cost.
#pragma once

#include <cstdint>

#include "../../core/error.hpp"

namespace harmonium {

/// A limit that all readers share. Memory and time of a reader are in proportion to the length of a file and
/// to what it unpacks to; the factor is in the comment of each reader. So a file from a stranger costs at
/// most that factor times `bytes`.
struct ReadLimits {
  /// Most bytes of a file, and of what a compressed one unpacks to: 4 GiB. Checked before memory is taken.
  std::uint64_t bytes = std::uint64_t{1} << 32;
};

namespace detail {
/// \throws FileError if a file, or what it unpacks to, is longer than allowed
inline void check_length(const char* what, std::uint64_t bytes, const ReadLimits& limits) {
  check<FileError>(bytes <= limits.bytes, what, ' ', bytes, " bytes, expected at most ", limits.bytes,
                   " (ReadLimits)");
}
}  // namespace detail

}  // namespace harmonium
