/// \file
/// The reconstruction error over a source's samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../../backend/backend.hpp"
#include "../../backend/bodies.hpp"
#include "../../core/host_matrix.hpp"
#include "../../data/batch_source.hpp"
#include "../../data/known_only.hpp"
#include "../../models/parameters.hpp"

namespace harmonium::detail {

/// Mean squared reconstruction error per known number, weighted by sample weights, over up to 1000 samples
/// that are drawn once per run by its seed. Each block of n samples is written to visible(n); back(columns)
/// gives their reconstructions.
template <class B, class Source, class Visible, class Back>
double reconstruction_error(const B& on, const Source& source, Index batch_size, std::uint64_t seed,
                            Visible visible, Back back) {
  using T = ScalarOf<B>;
  constexpr bool has_missing = requires(std::span<const Index> columns, ViewOf<B> out) {
    source.fill_known(on, columns, out);
  };
  const std::span<const double> weights = weights_of(source);
  double sum = 0, count = 0;
  for_each_block(random_samples(source, 1000, seed), batch_size, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const ViewOf<B> x = visible(n);
    source.fill(on, columns, x);
    const auto& result = back(columns);  // a view, or a matrix that lives as long as this
    const ConstViewOf<B> again = result;
    if (!has_missing && weights.empty()) {
      sum += on.sum(SquaredDifferenceBody{}, ConstViewOf<B>(x), again);
      count += static_cast<double>(n * x.rows);
      return;
    }
    HostMatrix<T> before(x.rows, n), after(x.rows, n), known = HostMatrix<T>::Ones(x.rows, n);
    on.download(x, View<T>(before));
    on.download(again, View<T>(after));
    if constexpr (has_missing) {
      source.fill_known(on, columns, x);  // x is free again
      on.download(x, View<T>(known));
    }
    for (Index c = 0; c < n; ++c) {
      const double weight =
          weights.empty() ? 1 : weights[static_cast<std::size_t>(columns[static_cast<std::size_t>(c)])];
      const auto is_known = known.col(c).array() != T(0);
      sum +=
          weight * static_cast<double>(is_known.select((before - after).col(c).array().square(), T(0)).sum());
      count += weight * static_cast<double>(is_known.count());
    }
  });
  return sum / count;
}

/// The error of an `EnergyModel`, whose samples lie in states(n) while it reconstructs them. `work` and
/// `room` (visible rows x batch_size, made when first needed) are memory. Missing entries may be left out.
template <class Model, class Source, class States>
double reconstruction_error(const typename Model::Backend& on, const Model& model, const Source& source,
                            Index batch_size, std::uint64_t seed, States states,
                            typename Model::Workspace& work, Matrix<typename Model::Backend>& room,
                            [[maybe_unused]] bool leave_out = false) {
  using B = typename Model::Backend;
  if (room.cols() == 0) room = Matrix<typename Model::Backend>(source.rows(), batch_size);
  return reconstruction_error(
      on, source, batch_size, seed, [&](Index n) { return states(n).visible; },
      [&](std::span<const Index> columns) {
        const auto n = static_cast<Index>(columns.size());
        const auto out = view_of(room).columns(0, n);
        if constexpr (requires { source.fill_known(on, columns, out); })
          if (leave_out) leave_out_missing(on, source, columns, out, ViewOf<B>(states(n).visible));
        refresh(on, model, states(n));
        reconstruct(on, model, states(n), work, out);
        return out;
      });
}

}  // namespace harmonium::detail
