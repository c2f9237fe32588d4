/// \file
/// The rule of Metropolis and Hastings: which proposals leave a distribution as it is.
#pragma once

#include <algorithm>
#include <cmath>

#include "random.hpp"

namespace harmonium {

/// The probability with which a proposal is accepted, min(1, exp(gain)); `gain` is the logarithm of the ratio
/// of probabilities after and before, times that of proposing the way back and forth.
inline double acceptance_of(double gain) { return std::exp(std::min(gain, 0.0)); }

/// Is a proposal accepted? Drawn from words 0 and 1 of a block; never if the gain is a NaN.
inline bool accepts(const PhiloxBlock& block, double gain) {
  return fine_uniform_from(block) < acceptance_of(gain);
}

}  // namespace harmonium
