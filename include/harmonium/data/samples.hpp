/// \file
/// What an entrance takes as samples, and the checks that all entrances share. Whatever the data are, an
/// entrance sees a `BatchSource`.
#pragma once

#include <concepts>

#include "../core/error.hpp"
#include "batch_source.hpp"
#include "sparse.hpp"

namespace harmonium {

/// Samples for backend `B`: a source of batches (a `Dataset`, one of your own), a matrix in the backend's
/// memory, or a sparse matrix of Eigen's. A sample is a column.
template <class Data, class B>
concept SamplesFor = BatchSource<Data, B> || SparseColumns<Data> ||
    std::convertible_to<const Data&, View<const typename B::Scalar, typename B::Memory>>;

/// Samples of any kind as a source of batches: sources as they are, matrices as a view of them. The data must
/// outlive it.
template <class B, SamplesFor<B> Data>
decltype(auto) source_of(const Data& data) {
  if constexpr (BatchSource<Data, B>) {
    return (data);
  } else if constexpr (SparseColumns<Data>) {
    return SparseSource<Data>(data);
  } else {
    return MatrixSource<typename B::Scalar, typename B::Memory>{data};
  }
}

namespace detail {

/// Do samples fit a model's rows, and are there any? \throws ShapeError, DataError
inline void check_samples(const char* caller, Index rows, Index size, Index expected,
                          const char* what = "the data") {
  check<ShapeError>(
      rows == expected, caller, ": ", what, " have ", rows, " rows, the model has ", expected,
      rows != expected && size == expected
          ? "; they have as many columns, and samples are columns: did you mean transpose().eval()?"
          : "");
  check<DataError>(size >= 1, caller, ": ", what, " have no samples");
}

}  // namespace detail

}  // namespace harmonium
