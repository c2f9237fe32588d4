/// \file
/// Counts that callers ask for: of samples, chains, steps.
#pragma once

#include "error.hpp"
#include "view.hpp"

namespace harmonium::detail {

/// The largest count that a call accepts, so that sums and products of counts cannot overflow.
inline constexpr Index most_count = 2'147'483'647;

/// \throws ValueError unless the count `what` is from `least` to `most_count`
inline void check_count(const char* caller, const char* what, Index count, Index least = 1) {
  check<ValueError>(count >= least, caller, ": ", what, " is ", count, ", expected at least ", least);
  check<ValueError>(count <= most_count, caller, ": ", what, " is ", count, ", expected at most ",
                    most_count);
}

}  // namespace harmonium::detail
