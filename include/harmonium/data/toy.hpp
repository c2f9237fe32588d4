/// \file
/// Small data sets with a known best likelihood.
#pragma once

#include "dataset.hpp"

namespace harmonium {

/// All pictures of `side` x `side` whose bars are all on or off (each row, then each column): 2 * 2^side
/// samples, the blank and the full one twice (MacKay, 2003, section 43). No model beats -(1 - 2^(1 - side))
/// log(2^(side + 1)) - 2^(1 - side) log(2^side) nats a sample. \throws ValueError unless 1 <= side <= 12
inline Dataset bars_and_stripes(Index side) {
  check<ValueError>(side >= 1 && side <= 12, "bars_and_stripes: side is ", side, ", expected 1 to 12");
  const Index patterns = Index{1} << side;
  Dataset::Bytes pictures(side * side, 2 * patterns);
  for (Index p = 0; p < patterns; ++p)
    for (Index row = 0; row < side; ++row)
      for (Index column = 0; column < side; ++column) {
        pictures(row * side + column, p) = (p >> row & 1) != 0 ? 1 : 0;
        pictures(row * side + column, patterns + p) = (p >> column & 1) != 0 ? 1 : 0;
      }
  return Dataset(std::move(pictures), {}, 1.0);
}

}  // namespace harmonium
