/// \file
/// What a file stores about a model in addition to its parameters.
#pragma once

#include <map>
#include <string>

#include "../core/error.hpp"
#include "../core/view.hpp"

namespace harmonium {

/// Names and values, as in the `__metadata__` of a safetensors file.
using Metadata = std::map<std::string, std::string>;

namespace detail {

/// The value of a name. \throws DataError if there is no such name
inline const std::string& metadata_at(const Metadata& metadata, const std::string& name) {
  const auto found = metadata.find(name);
  check<DataError>(found != metadata.end(), "metadata: there is no '", name, "'");
  return found->second;
}

/// Parses a positive whole number. \throws DataError if the text is not one, or it is above 10^9
inline Index parse_size(const std::string& text, const std::string& name) {
  check<DataError>(
      !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos,
      "metadata: '", name, "' is '", text, "', expected a whole number");
  const long long value = std::stoll(text);
  check<DataError>(value >= 1 && value <= 1'000'000'000, "metadata: '", name, "' is ", value,
                   ", expected 1 to 10^9");
  return static_cast<Index>(value);
}

/// The size stored under a name. \throws DataError if there is no such name
inline Index size_at(const Metadata& metadata, const std::string& name) {
  return parse_size(metadata_at(metadata, name), name);
}

/// \throws DataError unless the layer's units have the expected name
inline void check_unit(const Metadata& metadata, const std::string& layer, const std::string& expected) {
  const std::string unit = metadata_at(metadata, layer + ".unit");
  check<DataError>(unit == expected, "metadata: '", layer, ".unit' is '", unit, "', the model has ", expected,
                   " units");
}

/// \throws DataError unless the file holds a model of this kind
inline void check_kind(const Metadata& metadata, const std::string& kind) {
  const std::string found = metadata_at(metadata, "kind");
  check<DataError>(found == kind, "metadata: the file holds a model of kind '", found, "', expected '", kind,
                   "'");
}

}  // namespace detail
}  // namespace harmonium
