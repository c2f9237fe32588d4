/// \file
/// Shuffling by address: the same seed and step give the same order on every machine.
#pragma once

#include <utility>
#include <vector>

#include "error.hpp"
#include "random.hpp"
#include "view.hpp"

namespace harmonium {

/// Makes `order` a uniformly random permutation of 0 ... size - 1 (Fisher and Yates; Knuth, volume 2,
/// algorithm P).
inline void permute(std::vector<Index>& order, Draws draws) {
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  for (std::size_t i = order.size(); i > 1; --i) {
    const PhiloxBlock block = draws.block_of_row(static_cast<std::uint32_t>(i), 0, 0);
    // 64 random bits modulo i; the bias is at most i / 2^64.
    const std::uint64_t bits = std::uint64_t{block.word[1]} << 32 | block.word[0];
    std::swap(order[i - 1], order[bits % i]);
  }
}

/// A random permutation of 0 ... count - 1. \throws ValueError if count is negative
inline std::vector<Index> permutation(Index count, Draws draws) {
  check<ValueError>(count >= 0, "permutation: count is ", count, ", expected at least 0");
  std::vector<Index> order(static_cast<std::size_t>(count));
  permute(order, draws);
  return order;
}

}  // namespace harmonium
