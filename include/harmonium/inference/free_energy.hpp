/// \file
/// Free energy: F(v) = -log sum over h of exp(-E(v, h)), so that p(v) = exp(-F(v)) / Z.
#pragma once

#include <algorithm>

#include "../models/energy_model.hpp"
#include "sample_blocks.hpp"

namespace harmonium {

namespace detail {
/// Free energies of samples of any kind, 1 x n.
template <class Model, class Source>
Matrix<typename Model::Backend> free_energies(const typename Model::Backend& on, const char* caller,
                                              const Model& model, const Source& source) {
  using B = typename Model::Backend;
  check_model(caller, model);
  auto state = make_state(model, block_of(source.rows(), source.size()));
  return row_of_samples(on, caller, model.visible.rows(), source, [&](ConstViewOf<B> v, ViewOf<B> out) {
    const auto states = state.columns(0, v.cols);
    on.copy(v, states.visible);
    refresh(on, model, states);
    add_free_energy(on, model, states, 1, out);
  });
}
}  // namespace detail

/// Free energy of each of some samples, 1 x n: a matrix, or data of another kind. \throws ShapeError if their
/// rows do not match the model, or its weights its layers \throws DataError if there are no samples, or a
/// number is not finite \throws ValueError if one is missing
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
Matrix<typename Model::Backend> free_energy(const Model& model, const Data& data,
                                            const typename Model::Backend& on = {}) {
  return detail::free_energies(on, "free_energy", model, source_of<typename Model::Backend>(data));
}

}  // namespace harmonium
