/// \file
/// The states of a model's chains, together with what its layers receive.
#pragma once

#include "parameters.hpp"

namespace harmonium {

/// Columns of a `ChainState`.
template <class B>
struct ChainView {
  ViewOf<B> visible;  ///< V x n
  ViewOf<B> input;    ///< H x n
  /// A block of the columns.
  ChainView columns(Index first, Index count) const {
    return {visible.columns(first, count), input.columns(first, count)};
  }
  /// What chains resume from: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) const {
    f("visible", visible);
    f("input", input);
  }
};

/// Visible states, one per column, and the input that they send: to an RBM's hidden layer, or within a
/// Boltzmann machine to each other.
template <class B>
struct ChainState {
  Matrix<B> visible;  ///< V x n
  Matrix<B> input;    ///< H x n
  /// A block of the columns.
  ChainView<B> columns(Index first, Index count) {
    return ChainView<B>{visible, input}.columns(first, count);
  }
};

}  // namespace harmonium
