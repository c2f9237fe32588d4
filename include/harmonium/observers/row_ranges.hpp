/// \file
/// The scale for differences between two means of a unit.
#pragma once

#include <limits>

#include "../core/host_matrix.hpp"
#include "../models/layer_states.hpp"
#include "../models/mixed_layer.hpp"

namespace harmonium::detail {

/// Of each row its lowest and highest state, and the distance between them. A row with infinitely many states
/// has infinite ones, and its root mean variance over the samples as its scale, which has the unit of its
/// states.
struct RowRanges {
  Eigen::VectorXd low, high, scale;
};

template <class U, class B>
RowRanges row_ranges(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input) {
  using T = ScalarOf<B>;
  const Index rows = layer.rows(), n = input.cols;
  const double infinity = std::numeric_limits<double>::infinity();
  RowRanges range{Eigen::VectorXd::Constant(rows, -infinity), Eigen::VectorXd::Constant(rows, infinity),
                  Eigen::VectorXd::Zero(rows)};
  if constexpr (FiniteUnit<U>) {
    for_each_unit_kind(layer, [&](Index first, Index group, Index units, const Eigen::MatrixXd& states) {
      for (Index i = 0; i < units; ++i) {
        range.low.segment(first + i * group, group) = states.rowwise().minCoeff();
        range.high.segment(first + i * group, group) = states.rowwise().maxCoeff();
      }
    });
    range.scale = range.high - range.low;
  } else {
    Matrix<B> ones(rows, n), variances(rows, n);
    on.fill(ones, T(1));
    backpropagate(on, layer, input, ConstViewOf<B>(view_of(ones)), view_of(variances));
    HostMatrix<T> host(rows, n);
    on.download(variances, View<T>(host));
    range.scale = host.template cast<double>().rowwise().mean().cwiseSqrt();
  }
  return range;
}
template <class... U, class B>
RowRanges row_ranges(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input) {
  RowRanges range{Eigen::VectorXd(layer.rows()), Eigen::VectorXd(layer.rows()),
                  Eigen::VectorXd(layer.rows())};
  for_each_part(
      [&](auto rows, const auto& part) {
        const RowRanges own = row_ranges(on, part, rows.of(input));
        range.low.segment(rows.first, rows.count) = own.low;
        range.high.segment(rows.first, rows.count) = own.high;
        range.scale.segment(rows.first, rows.count) = own.scale;
      },
      layer);
  return range;
}

}  // namespace harmonium::detail
