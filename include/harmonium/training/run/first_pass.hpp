/// \file
/// What a trainer does with all of the data before the first update: it looks for numbers that the units do
/// not accept, and starts the model at the data's means and variances.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "../../data/dataset.hpp"
#include "../../data/row_moments.hpp"
#include "../../models/mixed_layer.hpp"

namespace harmonium::detail {

/// 8-bit data can hold 256 numbers. If a layer accepts all of them in every row, no sample needs a check.
template <class T, class L>
bool takes_all_bytes(const L& layer, double scale, Index rows) {
  HostMatrix<T> bytes(rows, 256);
  for (Index k = 0; k < 256; ++k) bytes.col(k).setConstant(static_cast<T>(k) * static_cast<T>(scale));
  return find_unacceptable(layer, View<const T>(bytes)).first < 0;
}

/// \param block scratch space on the device, which sets how many samples are checked at once
/// \throws DataError if a unit does not accept a number; the message names row and column
template <class B, class L, class Source>
void check_values(const B& on, const char* caller, const L& layer, const Source& source, ViewOf<B> block,
                  const char* what = "the data") {
  using T = ScalarOf<B>;
  if constexpr (std::is_same_v<Source, Dataset>) {
    const bool bytes = source.visit_values(
        []<class M>(const M&) { return std::is_same_v<typename M::Scalar, std::uint8_t>; });
    if (bytes && takes_all_bytes<T>(layer, source.scale(), block.rows)) return;
  }
  if constexpr (requires { source.byte_scale(); }) {
    const std::optional<double> scale = source.byte_scale();
    if (scale && takes_all_bytes<T>(layer, *scale, block.rows)) return;
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

/// \throws ValueError if an entry of a source is missing, for trainers that cannot draw it
template <class B, class Source>
void check_whole_source(const B& on, const char* caller, const Source& source, ViewOf<B> block) {
  if constexpr (requires(std::span<const Index> columns) { source.fill_known(on, columns, block); })
    for_each_block(source.size(), block.cols, [&](std::span<const Index> columns) {
      check_nothing_missing(on, caller, source, columns,
                            block.columns(0, static_cast<Index>(columns.size())));
    });
}

/// Are all parameters of a layer 0, aside from those that are given?
template <class B, class U>
bool is_untouched(const B& on, const Layer<U, B>& layer) {
  bool untouched = true;
  for_each_parameter(
      [&](const ParameterName&, Role role, auto x) {
        if (is_shape(role) && has_fixed_shapes<U>) return;
        untouched = untouched && on.sum(SquareBody{}, x) == 0;
      },
      layer);
  return untouched;
}
template <class B, class... U>
bool is_untouched(const B& on, const Layer<Mixed<U...>, B>& layer) {
  bool untouched = true;
  for_each_part([&](PartRows, const auto& part) { untouched = untouched && is_untouched(on, part); }, layer);
  return untouched;
}

/// Starts a model at the data's means: an untouched (all zero) visible layer has the rows' means and
/// variances without input, and an untouched hidden layer receives nothing at the means, as if the
/// interaction were (v - mean)^T W h. Otherwise it would matter to the start where zero is in a real column,
/// or which of two states is called 1. `pseudo_count` is how many samples a unit's states share beside the
/// data's. If missing numbers are left out, they count as 0 in the latter means.
template <class B, class Model, class Source>
void start_at_means(const B& on, Model& model, const Source& source, ViewOf<B> block, double pseudo_count = 1,
                    bool missing_are_left_out = false) {
  using T = ScalarOf<B>;
  if (!is_untouched(on, model.visible)) return;
  const RowMoments moments = moments_of_source(on, source, block);
  const HostMatrix<T> means = moments.mean().template cast<T>(),
                      variances = moments.variance().template cast<T>(),
                      counts = moments.count().template cast<T>();
  // Units add a count of one sample of their own, which must not vanish.
  const HostMatrix<T> weighed = (moments.count() / pseudo_count).cwiseMin(1e15).template cast<T>();
  fit(model.visible, View<const T>(means), View<const T>(variances), View<const T>(weighed));
  if constexpr (requires(ConstViewOf<B> v) { cancel_input(on, model, v); }) {
    if constexpr (requires { model.hidden; })
      if (!is_untouched(on, model.hidden)) return;
    HostMatrix<T> received = means;
    if (missing_are_left_out && source.size() > 0)  // the counts are in units of the mean weight
      received.array() *= counts.array() / static_cast<T>(source.size());
    Matrix<B> v(means.rows(), 1);
    on.upload(View<const T>(received), view_of(v));
    cancel_input(on, model, ConstViewOf<B>(view_of(v)));
  }
}

}  // namespace harmonium::detail
