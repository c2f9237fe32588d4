/// \file
/// All functions of a unit type: its own where it has them, otherwise derived ones.
///
/// With G(field, shape) the log-partition: mean = dG/dfield, variance = d2G/dfield2, mean statistic of a
/// shape parameter = dG/dshape, statistic = -denergy/dshape. Derivatives come from dual numbers, so they are
/// exact. An activation has only the mean and its slope.
#pragma once

#include "family/activations.hpp"
#include "family/elements.hpp"
#include "family/groups.hpp"

namespace harmonium {

/// Is `U` a unit type or an activation? If it is neither, fails to compile with a readable sentence for each
/// requirement that it does not meet.
template <class U>
constexpr bool require_unit_or_activation() {
  if constexpr (is_activation<U>) {
    return require_activation<U>();
  } else {
    return require_unit<U>();
  }
}

}  // namespace harmonium
