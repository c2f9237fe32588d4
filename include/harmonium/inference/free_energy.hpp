/// \file
/// Free energy: F(v) = -log sum over h of exp(-E(v, h)), so that p(v) = exp(-F(v)) / Z.
#pragma once

#include <type_traits>

#include "../models/energy_model.hpp"

namespace harmonium {

/// Free energy of each column of v, 1 x n. \throws ShapeError if v's rows do not match the model
template <EnergyModel Model>
Matrix<typename Model::Backend> free_energy(const Model& model,
                                            std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                                            const typename Model::Backend& on = {}) {
  check<ShapeError>(v.rows == model.visible.rows(), "free_energy: v has ", v.rows, " rows, the model has ",
                    model.visible.rows(), " visible rows");
  auto state = make_state(model, v.cols);
  Matrix<typename Model::Backend> result(1, v.cols);
  on.copy(v, state.columns(0, v.cols).visible);
  on.fill(result, 0);
  refresh(on, model, state.columns(0, v.cols));
  add_free_energy(on, model, state.columns(0, v.cols), 1, result);
  return result;
}

}  // namespace harmonium
