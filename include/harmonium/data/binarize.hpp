/// \file
/// Binary samples from grey levels.
#pragma once

#include <cmath>
#include <limits>

#include "../core/random.hpp"
#include "dataset.hpp"

namespace harmonium {

namespace detail {
/// Zeros and ones in place of each stored number of a sparse set; the others stay 0.
template <class Bit>
Dataset::Sparse sparse_bits(const Dataset& data, Bit bit) {
  Dataset::Sparse bits(data.rows(), data.size());
  for (Index c = 0; c < data.size(); ++c) {
    bits.startVec(c);
    data.for_each_entry(c, [&](Index r, double value) {
      if (bit(value, r, c)) bits.insertBack(r, c) = 1;
    });
  }
  bits.finalize();
  return bits;
}

/// A data set of zeros and ones from one of grey levels: bit(value, row, column), where value is already
/// scaled. A sparse set stays sparse if a 0 stays 0.
template <class Bit>
Dataset to_bits(const Dataset& data, Bit bit) {
  const auto labels = data.labels();
  std::vector<int> classes(labels.begin(), labels.end());
  Dataset set;
  if (data.is_sparse() && !bit(0.0, 0, 0)) {
    set = Dataset(sparse_bits(data, bit), std::move(classes));
  } else {
    Dataset::Bytes bits(data.rows(), data.size());
    for (Index c = 0; c < data.size(); ++c)
      for (Index r = 0; r < data.rows(); ++r) bits(r, c) = bit(data.value(r, c), r, c) ? 1 : 0;
    set = Dataset(std::move(bits), std::move(classes), 1.0);
  }
  const auto weights = data.weights();
  if (!weights.empty()) set = set.with_weights({weights.begin(), weights.end()});
  return data.target_rows() == 0 ? set : set.with_targets(data.targets());
}

/// \throws DataError if x is not between `low` and `high`
inline void check_range(const char* caller, double x, Index row, Index column, double low, double high,
                        const char* what) {
  check<DataError>(x >= low && x <= high, caller, ": the data have ", x, " in row ", row, " of column ",
                   column, ", expected ", what);
}
}  // namespace detail

/// 1 where a number is greater than `threshold`, else 0. \throws ValueError if the threshold is NaN
/// \throws DataError if the data contain a NaN
inline Dataset binarize(const Dataset& data, double threshold = 0.5) {
  check<ValueError>(!std::isnan(threshold), "binarize: threshold is ", threshold, ", expected a number");
  constexpr double all = std::numeric_limits<double>::infinity();
  return detail::to_bits(data, [&](double value, Index row, Index column) {
    detail::check_range("binarize", value, row, column, -all, all, "a number");
    return value > threshold;
  });
}

/// Draws each number once, with its value as the probability of a 1.
/// \throws DataError if a number is not between 0 and 1
inline Dataset sample_binary(const Dataset& data, std::uint64_t seed) {
  const Draws draws{.seed = seed, .stream = Stream::binarize};
  return detail::to_bits(data, [&](double value, Index row, Index column) {
    detail::check_range("sample_binary", value, row, column, 0, 1, "probabilities from 0 to 1");
    const auto block =
        draws.block_of_row(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column), 0);
    return fine_uniform_from(block) < value;
  });
}

}  // namespace harmonium
