/// \file
/// The models of a ladder without its states: what remains of a training run to be saved beside its model
/// (io/models/path_file.hpp), and to be climbed again (replay.hpp).
#pragma once

#include <vector>

#include "../../models/parameters.hpp"
#include "ladder.hpp"

namespace harmonium {

/// Models that were frozen on the way, the lowest first. That one counts as if it had no weights.
template <EnergyModel M>
struct FrozenPath {
  std::vector<M> models;  ///< of one shape

  /// Are all parameters equal?
  bool operator==(const FrozenPath&) const = default;
};

/// The models of a ladder.
template <EnergyModel M>
FrozenPath<M> frozen_path(const Ladder<M>& ladder) {
  FrozenPath<M> path;
  for (const Rung<M>& rung : ladder.rungs()) path.models.push_back(rung.model);
  return path;
}

namespace detail {

/// \throws ValueError if the path is empty \throws ShapeError if one of its models has another shape
template <EnergyModel M>
void check_path(const char* caller, const M& model, const FrozenPath<M>& path) {
  check<ValueError>(!path.models.empty(), caller,
                    ": the path has no models: it is that of chains before their first update");
  for (std::size_t i = 0; i < path.models.size(); ++i)
    for_each_parameter(
        [&](const ParameterName& name, Role, auto own, auto other) {
          check<ShapeError>(own.rows == other.rows && own.cols == other.cols, caller, ": model ", i,
                            " of the path has ", other.rows, " x ", other.cols, " numbers of '",
                            name.string(), "', the model has ", own.rows, " x ", own.cols);
        },
        model, path.models[i]);
}

}  // namespace detail
}  // namespace harmonium
