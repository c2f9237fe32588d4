/// \file
/// Random splits of a data set in two.
#pragma once

#include "../core/permutation.hpp"
#include "dataset.hpp"

namespace harmonium {

/// `count` samples drawn at random without replacement, and the rest, both in random order.
/// \throws ValueError unless 0 <= count <= data.size()
inline std::pair<Dataset, Dataset> split(const Dataset& data, Index count, std::uint64_t seed) {
  check<ValueError>(count >= 0 && count <= data.size(), "split: count is ", count, ", expected 0 to ",
                    data.size());
  const std::vector<Index> order = permutation(data.size(), {.seed = seed, .stream = Stream::split});
  const std::span<const Index> all(order);
  const auto cut = static_cast<std::size_t>(count);
  return {data.subset(all.first(cut)), data.subset(all.subspan(cut))};
}

}  // namespace harmonium
