/// \file
/// How exactly a backend multiplies.
#pragma once

#include "bf16.hpp"

namespace harmonium {

/// What trainers and samplers may round before they multiply. Sums, means, draws and all that is stored are
/// in the backend's own type with either.
enum class Precision {
  /// Nothing.
  full,
  /// The factors of the products of contrastive divergence with `DataChains`, `Persistent` or `FastWeights`,
  /// of fine-tuning, `generate` and `mean_hidden`, to bf16 (8 significant bits). States that are zeros, ones
  /// or counts up to 256, and 8-bit pixels, are exact in it, weights and probabilities are not: each loses up
  /// to a 256th of its value. Likelihoods, annealing and exact sums round nothing.
  mixed
};

/// Why `Precision::mixed` would be `Precision::full` on this machine, in a line; empty if it would not.
inline const char* why_not_mixed(bool supported = has_bf16()) {
  return supported ? ""
                   : "mixed precision needs a processor with AVX512-BF16: products are in single precision";
}

}  // namespace harmonium
