/// \file
/// How every query walks through samples of any kind: block by block, so that memory does not grow with the
/// data, and with the same checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>

#include "../backend/on_host.hpp"
#include "../core/host_matrix.hpp"
#include "../data/samples.hpp"
#include "../models/parameters.hpp"

namespace harmonium::detail {

inline constexpr Index most_columns = 500;  ///< at a time

/// How many of `size` samples to look at at once: fewer of those with very many numbers, so that a block
/// takes no more than 4 MB in single precision.
inline Index block_of(Index rows, Index size) {
  const Index few = std::clamp<Index>((Index{1} << 20) / std::max<Index>(1, rows), 16, most_columns);
  return std::min(few, size);
}

/// \throws DataError if a number of x is not finite; number(c) is that of the sample in column c
template <class B, class Number>
void check_finite(const B& on, const char* caller, ConstViewOf<B> x, Number number) {
  if (on.sum(NotFiniteBody{}, x) == 0) return;
  HostMatrix<ScalarOf<B>> host(x.rows, x.cols);
  on.download(x, View<ScalarOf<B>>(host));
  for (Index c = 0; c < x.cols; ++c)
    for (Index r = 0; r < x.rows; ++r)
      check<DataError>(std::isfinite(host(r, c)), caller, ": the data have ", host(r, c), " in row ", r,
                       " of column ", number(c), ", expected a finite number");
}

/// x = these samples of a source. \throws ValueError if a number is missing \throws DataError if one is not
/// finite
template <class B, class Source>
void fill_checked(const B& on, const char* caller, const Source& source, std::span<const Index> columns,
                  ViewOf<B> x) {
  check_nothing_missing(on, caller, source, columns, x);
  source.fill(on, columns, x);
  check_finite(on, caller, ConstViewOf<B>(x), [&](Index c) { return columns[static_cast<std::size_t>(c)]; });
}

/// Calls f(first, x) for each block of samples, where x (rows x n) are samples `first` to first + n - 1. A
/// matrix is not copied. \throws ShapeError unless a sample has `rows` numbers \throws DataError if there are
/// no samples, or a number is not finite \throws ValueError if one is missing
template <class B, class Source, class F>
void for_each_sample_block(const B& on, const char* caller, Index rows, const Source& source, F f) {
  check_samples(caller, source.rows(), source.size(), rows);
  const Index block = block_of(rows, source.size());
  if constexpr (std::same_as<Source, MatrixSource<ScalarOf<B>, typename B::Memory>>) {
    for (Index first = 0; first < source.size(); first += block) {
      const ConstViewOf<B> x = source.values.columns(first, std::min(block, source.size() - first));
      check_finite(on, caller, x, [=](Index c) { return first + c; });
      f(first, x);
    }
  } else {
    Matrix<B> room(rows, block);
    for_each_block(source.size(), block, [&](std::span<const Index> columns) {
      const auto x = view_of(room).columns(0, static_cast<Index>(columns.size()));
      fill_checked(on, caller, source, columns, x);
      f(columns.front(), ConstViewOf<B>(x));
    });
  }
}

/// One number per sample, from queries that give 1 x n for a block. See `for_each_sample_block`.
template <class B, class Source, class F>
Matrix<B> row_of_samples(const B& on, const char* caller, Index rows, const Source& source, F f) {
  Matrix<B> row(1, source.size());
  on.fill(row, ScalarOf<B>(0));
  for_each_sample_block(on, caller, rows, source,
                        [&](Index first, ConstViewOf<B> x) { f(x, view_of(row).columns(first, x.cols)); });
  return row;
}

}  // namespace harmonium::detail
