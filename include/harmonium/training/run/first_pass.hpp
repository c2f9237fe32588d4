/// \file
/// What a trainer does with all of the data before the first update: look for numbers that no unit can take,
/// and start the visible layer at the data's means and variances.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "../../data/dataset.hpp"
#include "../../models/layer_data.hpp"

namespace harmonium::detail {

/// 8-bit data can hold 256 numbers. Where a layer takes all of them in every row, no sample needs a look.
template <class T, class L>
bool takes_all_bytes(const L& layer, double scale, Index rows) {
  HostMatrix<T> bytes(rows, 256);
  for (Index k = 0; k < 256; ++k) bytes.col(k).setConstant(static_cast<T>(k) * static_cast<T>(scale));
  return find_unacceptable(layer, View<const T>(bytes)).first < 0;
}

/// \param block is room on the device for so many samples at once
/// \throws DataError if a number is none that its unit can take; it is named with row and column
template <class B, class L, class Source>
void check_values(const B& on, const char* caller, const L& layer, const Source& source, ViewOf<B> block,
                  const char* what = "the data") {
  using T = ScalarOf<B>;
  if constexpr (std::is_same_v<Source, Dataset>) {
    const bool bytes = source.visit_values(
        []<class M>(const M&) { return std::is_same_v<typename M::Scalar, std::uint8_t>; });
    if (bytes && takes_all_bytes<T>(layer, source.scale(), block.rows)) return;
  }
  HostMatrix<T> host(block.rows, block.cols);
  for_each_block(source.size(), block.cols, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const auto values = View<T>(host).columns(0, n);
    source.fill(on, columns, block.columns(0, n));
    on.download(block.columns(0, n), values);
    const auto [row, column] = find_unacceptable(layer, View<const T>(values));
    if (row >= 0)
      check<DataError>(false, caller, ": ", what, " have ", values(row, column), " in row ", row,
                       " of column ", columns.front() + column, "; ", accepted_values(layer, row));
  });
}

/// A layer as made (all zero) starts at the data's means and variances, summed in double precision.
template <class B, class L, class Source>
void fit_fresh_layer(const B& on, L& layer, const Source& source, ViewOf<B> block) {
  using T = ScalarOf<B>;
  bool fresh = true;
  const auto look = [&](const ParameterName&, Role, auto x) {
    fresh = fresh && on.sum(SquareBody{}, x) == 0;
  };
  for_each_parameter(look, layer);
  if (!fresh) return;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(block.rows), squares = sum;
  const std::span<const double> weights = weights_of(source);
  const double mean = mean_weight(source);
  HostMatrix<T> host(block.rows, block.cols);
  for_each_block(source.size(), block.cols, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    source.fill(on, columns, block.columns(0, n));
    on.download(block.columns(0, n), View<T>(host).columns(0, n));
    for (Index c = 0; c < n; ++c) {
      const auto number = static_cast<std::size_t>(columns.front() + c);
      const double weight = weights.empty() ? 1 : weights[number] / mean;
      for (Index r = 0; r < block.rows; ++r) {
        const auto x = static_cast<double>(host(r, c));
        sum(r) += weight * x;
        squares(r) += weight * x * x;
      }
    }
  });
  const auto count = static_cast<double>(source.size());
  HostMatrix<T> means(block.rows, 1), variances(block.rows, 1);
  for (Index r = 0; r < block.rows; ++r) {
    const double mean_x = sum(r) / count;
    means(r) = static_cast<T>(mean_x);
    variances(r) = static_cast<T>(std::max(0.0, squares(r) / count - mean_x * mean_x));
  }
  fit(layer, View<const T>(means), View<const T>(variances), source.size());
}

}  // namespace harmonium::detail
