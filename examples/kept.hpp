// Models that an earlier run of a program left in its output folder: those made with the same settings are
// not made again.
#pragma once

#include <exception>
#include <harmonium/io.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace kept {

using namespace harmonium;  // a part of the example programs

template <class Model>
struct Found {
  Model model;
  double seconds;     // time it took to make
  Metadata metadata;  // everything saved with it
};

// The model in a file, if the file exists, is complete, and was made with these settings.
template <class Model>
std::optional<Found<Model>> find(const std::string& path, const std::string& settings) {
  try {
    const TensorFile file = read_safetensors(path);
    const Metadata& metadata = file.metadata;
    if (metadata.at("settings") == settings)
      return Found<Model>{model_from<Model>(file), std::stod(metadata.at("seconds")), metadata};
  } catch (const std::exception&) {  // missing, incomplete, or made differently
  }
  return {};
}

// Writes a model, how it was made, and other metadata.
template <class Model>
void keep(const std::string& path, const Model& model, const std::string& settings, double seconds,
          const Metadata& more = {}) {
  TensorFile file{describe(model), {}};
  file.metadata["settings"] = settings;
  file.metadata["seconds"] = std::to_string(seconds);
  for (const auto& [name, value] : more) file.metadata[name] = value;
  add_parameters(file, model);
  write_safetensors(path, file);
}

// A file of JSON; "discarded" if it is not valid. \throws FileError if it cannot be read
inline nlohmann::ordered_json read_json(const std::string& path) {
  const auto bytes = read_file(path);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return nlohmann::ordered_json::parse(text, text + bytes.size(), nullptr, false);
}

}  // namespace kept
