/// \file
/// Small data sets whose best possible likelihood is known.
#pragma once

#include "dataset.hpp"

namespace harmonium {

/// All pictures of `side` x `side` pixels in which every row, or every column, is all on or all off: 2 *
/// 2^side samples, first the rows, then the columns; the blank and the full picture occur twice (MacKay,
/// 2003, section 43). No model exceeds -(1 - 2^(1 - side)) log(2^(side + 1)) - 2^(1 - side) log(2^side) nats
/// per sample. \throws ValueError unless 1 <= side <= 12
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

/// All pairs of a row of `bits` bits and the same row shifted by -1, 0 or 1 with wrap-around, followed by the
/// shift as three one-hot bits: 3 * 2^bits samples of 2 * bits + 3 numbers (after Hinton and Sejnowski,
/// 1986). No model exceeds -log(3 * 2^bits) nats per sample. \throws ValueError unless 1 <= bits <= 16
inline Dataset shifter(Index bits) {
  check<ValueError>(bits >= 1 && bits <= 16, "shifter: bits is ", bits, ", expected 1 to 16");
  const Index rows = Index{1} << bits;
  Dataset::Bytes samples = Dataset::Bytes::Zero(2 * bits + 3, 3 * rows);
  for (Index row = 0; row < rows; ++row)
    for (Index shift = 0; shift < 3; ++shift) {  // by -1, 0, 1
      auto sample = samples.col(3 * row + shift);
      for (Index i = 0; i < bits; ++i)
        sample(i) = sample(bits + (i + shift - 1 + bits) % bits) = (row >> i & 1) != 0 ? 1 : 0;
      sample(2 * bits + shift) = 1;
    }
  return Dataset(std::move(samples), {}, 1.0);
}

}  // namespace harmonium
