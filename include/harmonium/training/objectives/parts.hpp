/// \file
/// Layers of one unit type and of several, gone through in one way.
#pragma once

#include "../../models/mixed_layer.hpp"

namespace harmonium::detail {

/// Calls f(rows, part, parts...) for the parts of a mixed layer, or for the one that any other layer is.
template <class F, class U, class B, class... Others>
void for_each_kind(F f, const Layer<U, B>& layer, Others&... others) {
  if constexpr (is_mixed<U>) {
    for_each_part(f, layer, others...);
  } else {
    f(PartRows{0, layer.rows()}, layer, others...);
  }
}

/// A row of numbers where a column lies.
template <class B, class V>
V as_row(V column) {
  return {column.data, 1, column.rows, 1};
}

}  // namespace harmonium::detail
