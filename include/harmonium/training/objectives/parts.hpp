/// \file
/// Uniform iteration over layers of one unit type and of several.
#pragma once

#include "../../models/mixed_layer.hpp"

namespace harmonium::detail {

/// Calls f(rows, part, parts...) for each part of a mixed layer, or once for any other layer.
template <class F, class U, class B, class... Others>
void for_each_kind(F f, const Layer<U, B>& layer, Others&... others) {
  if constexpr (is_mixed<U>) {
    for_each_part(f, layer, others...);
  } else {
    f(PartRows{0, layer.rows()}, layer, others...);
  }
}

/// A column's memory viewed as a row.
template <class B, class V>
V as_row(V column) {
  return {column.data, 1, column.rows, 1};
}

}  // namespace harmonium::detail
