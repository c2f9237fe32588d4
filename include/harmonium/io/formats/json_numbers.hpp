/// \file
/// Whole numbers in JSON. The JSON library's own conversions cut fractions off and let numbers that are too
/// large come round.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>

#include "../../core/error.hpp"

namespace harmonium {

/// The whole number of a JSON value, at least 0. \throws DataError if it is something else, such as 1.5, "1"
/// or -1, or a `T` cannot hold it
template <class T, class Json>
T whole_number(const Json& json) {
  static_assert(std::numeric_limits<T>::is_integer);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  // Numbers in a text are unsigned if they can be; those that a program put there may not be.
  const bool whole =
      json.is_number_integer() && (json.is_number_unsigned() || json.template get<std::int64_t>() >= 0);
  check<DataError>(whole && json.template get<std::uint64_t>() <= most, "it is ",
                   json.dump(-1, ' ', false, Json::error_handler_t::replace),
                   ", expected a whole number from 0 to ", most);
  return json.template get<T>();
}

}  // namespace harmonium
