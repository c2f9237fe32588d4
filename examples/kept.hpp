// Models that an earlier run of a program left in its output folder: those made with the same settings are
// not made again.
#pragma once

#include <algorithm>
#include <exception>
#include <filesystem>
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

// A list of results in a file: those of an earlier run with the same settings are not computed again.
class Results {
  using Json = nlohmann::ordered_json;

 public:
  explicit Results(std::string path) : path_(std::move(path)) {
    if (std::filesystem::exists(path_)) records_ = read_json(path_);
    check<FileError>(records_.is_array(), "'", path_, "' is not a list of results; remove it to start again");
  }
  // The result that has these entries. Unless it was made with the same settings, make() gives its other
  // entries, and it is written.
  template <class Make>
  void add(const Json& names, const Json& settings, Make make) {
    const auto found = place_of(names);
    if (found != records_.end() && found->value("settings", Json{}) == settings) return;
    Json record = names;
    record.update(make());
    record["settings"] = settings;
    if (found == records_.end()) {
      records_.push_back(std::move(record));
    } else {
      *found = std::move(record);
    }
    write_file(path_, records_.dump(2) + '\n');
  }
  // Null if there is none.
  Json find(const Json& names) {
    const auto found = place_of(names);
    return found == records_.end() ? Json{} : *found;
  }
  const Json& all() const { return records_; }

 private:
  Json::iterator place_of(const Json& names) {
    return std::find_if(records_.begin(), records_.end(), [&](const Json& record) {
      return std::all_of(names.items().begin(), names.items().end(),
                         [&](const auto& item) { return record.value(item.key(), "") == item.value(); });
    });
  }

  std::string path_;
  Json records_ = Json::array();
};

}  // namespace kept
