/// \file
/// The weight of each sample of a batch in a gradient.
#pragma once

#include <span>
#include <vector>

#include "../../core/view.hpp"

namespace harmonium::detail {

/// out(0, c) = the sample's weight over the mean weight and the batch's size.
template <class T>
void write_shares(std::span<const double> weights, double mean_weight, View<T> out) {
  const double share = 1 / (mean_weight * static_cast<double>(out.cols));
  for (Index c = 0; c < out.cols; ++c)
    out(0, c) = static_cast<T>(weights.empty() ? share : share * weights[static_cast<std::size_t>(c)]);
}

/// The weights of the samples in `columns`; empty if all are equal.
inline void pick_weights(std::span<const double> weights, std::span<const Index> columns,
                         std::vector<double>& out) {
  out.clear();
  if (weights.empty()) return;
  for (const Index c : columns) out.push_back(weights[static_cast<std::size_t>(c)]);
}

}  // namespace harmonium::detail
