/// \file
/// Do sequences fit a model?
#pragma once

#include "../../data/alignment.hpp"
#include "../../models/parameters.hpp"

namespace harmonium {

namespace detail {

/// Does an alignment have the sites and letters of a model? \throws ShapeError, DataError
template <class Model>
void check_sequences(const char* caller, const Model& model, const Alignment& sequences) {
  check_model(caller, model);
  check_alignment(caller, sequences);
  check<ShapeError>(sequences.sites() == model.visible.units() && sequences.states() == model.visible.group,
                    caller, ": the sequences have ", sequences.sites(), " sites of ", sequences.states(),
                    " letters, the model has ", model.visible.units(), " of ", model.visible.group);
}

}  // namespace detail

}  // namespace harmonium
