/// \file
/// How far reconstructions are from a source's samples.
#pragma once

#include <algorithm>
#include <span>

#include "../../data/batch_source.hpp"

namespace harmonium::detail {

/// Mean squared reconstruction error per row over the first 1000 samples. Each block of n samples is put into
/// visible(n); back(n) gives their reconstructions.
template <class B, class Source, class Visible, class Back>
double reconstruction_error(const B& on, const Source& source, Index batch_size, Visible visible, Back back) {
  const Index limit = std::min<Index>(source.size(), 1000);
  double sum = 0;
  for_each_block(limit, batch_size, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const ViewOf<B> x = visible(n);
    source.fill(on, columns, x);
    sum += on.sum(SquaredDifferenceBody{}, ConstViewOf<B>(x), ConstViewOf<B>(back(n)));
  });
  return sum / static_cast<double>(limit * source.rows());
}

}  // namespace harmonium::detail
