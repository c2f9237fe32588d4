/// \file
/// What a file says about a model beside its numbers.
#pragma once

#include <map>
#include <string>

#include "layer.hpp"

namespace harmonium {

/// Names and values, as the `__metadata__` of a safetensors file.
using Metadata = std::map<std::string, std::string>;

namespace detail {

/// The value of a name. \throws DataError if there is none
inline const std::string& metadata_at(const Metadata& metadata, const std::string& name) {
  const auto found = metadata.find(name);
  check<DataError>(found != metadata.end(), "metadata: there is no '", name, "'");
  return found->second;
}

/// A positive whole number. \throws DataError if it is none or above 10^9
inline Index parse_size(const std::string& text, const std::string& name) {
  check<DataError>(
      !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos,
      "metadata: '", name, "' is '", text, "', expected a whole number");
  const long long value = std::stoll(text);
  check<DataError>(value >= 1 && value <= 1'000'000'000, "metadata: '", name, "' is ", value,
                   ", expected 1 to 10^9");
  return static_cast<Index>(value);
}

/// Puts down a layer: its unit type and size.
template <class U>
void describe_layer(Metadata& metadata, const std::string& name, LayerSize<U> size) {
  metadata[name + ".unit"] = U::name;
  if constexpr (is_grouped<U>) {
    metadata[name + ".units"] = std::to_string(size.units);
    metadata[name + ".states"] = std::to_string(size.states);
  } else {
    metadata[name + ".units"] = std::to_string(size);
  }
}

/// Reads it back. \throws DataError if the unit type is another, or the size is none
template <class U>
LayerSize<U> layer_size_from(const Metadata& metadata, const std::string& name) {
  const std::string& unit = metadata_at(metadata, name + ".unit");
  check<DataError>(unit == U::name, "metadata: '", name, ".unit' is '", unit, "', the model has ", U::name,
                   " units");
  const Index units = parse_size(metadata_at(metadata, name + ".units"), name + ".units");
  if constexpr (is_grouped<U>) {
    return {units, parse_size(metadata_at(metadata, name + ".states"), name + ".states")};
  } else {
    return units;
  }
}

/// \throws DataError unless the file holds this kind of model
inline void check_kind(const Metadata& metadata, const std::string& kind) {
  const std::string& found = metadata_at(metadata, "kind");
  check<DataError>(found == kind, "metadata: the file holds a model of kind '", found, "', expected '", kind,
                   "'");
}

/// Rows of a layer, without making one; in double precision, so that absurd sizes do not overflow.
template <class U>
double rows_of(LayerSize<U> size) {
  if constexpr (is_grouped<U>) {
    return static_cast<double>(size.units) * static_cast<double>(size.states);
  } else {
    return static_cast<double>(size);
  }
}

}  // namespace detail
}  // namespace harmonium
