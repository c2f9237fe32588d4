/// \file
/// Shuffling by address: the same seed and step give the same order on every machine.
#pragma once

#include <algorithm>
#include <numeric>
#include <unordered_map>
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

/// `count` different numbers of 0 ... size - 1, drawn at random and in ascending order; all of them if there
/// are no more. The cost is that of `count`, not of `size`. \throws ValueError if a number is negative
inline std::vector<Index> random_subset(Index size, Index count, Draws draws) {
  check<ValueError>(size >= 0 && count >= 0, "random_subset: size is ", size, " and count ", count,
                    ", expected at least 0");
  std::vector<Index> chosen(static_cast<std::size_t>(std::min(size, count)));
  std::iota(chosen.begin(), chosen.end(), Index(0));
  if (count >= size) return chosen;
  std::unordered_map<Index, Index> moved;  // the front of a shuffle; what is not here is in its place
  const auto at = [&](Index i) {
    const auto found = moved.find(i);
    return found == moved.end() ? i : found->second;
  };
  for (Index i = 0; i < count; ++i) {
    const PhiloxBlock block = draws.block_of_row(static_cast<std::uint32_t>(i), 0, 0);
    const std::uint64_t bits = std::uint64_t{block.word[1]} << 32 | block.word[0];
    const Index other = i + static_cast<Index>(bits % static_cast<std::uint64_t>(size - i));
    chosen[static_cast<std::size_t>(i)] = at(other);
    moved[other] = at(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace harmonium
