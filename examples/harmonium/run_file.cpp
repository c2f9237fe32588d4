#include "run_file.hpp"

#include <harmonium/io/formats/input_file.hpp>
#include <harmonium/io/formats/json_numbers.hpp>

using namespace harmonium;

namespace program {

namespace {

using Json = nlohmann::ordered_json;

// An option's value. The JSON library would convert 1.5 to 1, -1 to a large number and true to 1.
template <class T>
void take(const Json& json, T& value) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    value = whole_number<T>(json);
  } else {
    check<ValueError>(!std::is_same_v<T, double> || json.is_number(), "it is not a number");
    value = json.get<T>();
  }
}
void take(const Json& json, std::vector<int>& value) {
  check<ValueError>(json.is_array(), "it is not a list");
  value.clear();
  for (const Json& element : json) value.push_back(whole_number<int>(element));
}

}  // namespace

nlohmann::ordered_json read_json(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, {.bytes = 1u << 25});
  try {
    auto json = nlohmann::ordered_json::parse(reinterpret_cast<const char*>(bytes.data()),
                                              reinterpret_cast<const char*>(bytes.data()) + bytes.size());
    check<FileError>(json.is_object() && json.contains("options") && json["options"].is_object(),
                     "it has no \"options\"");
    return json;
  } catch (const std::exception& error) {
    throw FileError("'" + path +
                    "' is not a run file, expected the run.json written by train: " + error.what());
  }
}

nlohmann::ordered_json run_json(const CommonSettings& settings, const Columns& columns) {
  nlohmann::ordered_json options;
  TrainSettings train = settings.train;
  for_each_setting(train,
                   [&](const char* name, auto& value, const char*, const auto&) { options[name] = value; });
  nlohmann::ordered_json json = {{"program", "harmonium train"}, {"data", settings.data}};
  if (!settings.array.empty()) json["array"] = settings.array;
  if (settings.index_base != 1) json["index_base"] = settings.index_base;
  if (settings.header >= 0) json["header"] = settings.header == 1;
  json["options"] = options;
  json["columns"] = columns;
  return json;
}

std::string run_text(const nlohmann::ordered_json& run) {
  try {
    return run.dump(2) + '\n';
  } catch (const nlohmann::ordered_json::type_error& error) {
    throw DataError(std::string("run.json is UTF-8, but a path, a name or an option is not: ") +
                    error.what());
  }
}

void take_run_file(CommonSettings& settings) {
  const nlohmann::ordered_json json = read_json(settings.run);
  try {
    settings.data = json.value("data", std::string());
    settings.array = json.value("array", std::string());
    settings.index_base = json.value("index_base", 1);
    if (json.contains("header")) settings.header = json["header"].get<bool>() ? 1 : 0;
    settings.weigh_within = json.value("weigh_within", settings.weigh_within);
    settings.alphabet = json.value("alphabet", settings.alphabet);
    settings.unknown = json.value("unknown", settings.unknown);
    if (json.contains("columns")) settings.columns = json["columns"].get<Columns>();
    std::vector<std::string> known;
    for_each_setting(
        settings.train, [&]<class T>(const char* name, T& value, const char*, const auto& choices) {
          known.emplace_back(name);
          if (!json["options"].contains(name)) return;
          try {
            take(json["options"][name], value);
          } catch (const std::exception& error) {
            throw ValueError(std::string("option \"") + name + "\": " + error.what());
          }
          if constexpr (std::is_same_v<T, std::string>)
            check<ValueError>(
                choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end(),
                "option \"", name, "\" is '", value, "', which is not one of its values");
        });
    for (const auto& [name, value] : json["options"].items())
      check<ValueError>(std::find(known.begin(), known.end(), name) != known.end(), "there is no option \"",
                        name, "\"");
  } catch (const std::exception& error) {
    throw FileError("run file '" + settings.run + "': " + error.what());
  }
}

RawTable open_table(const CommonSettings& settings, const Columns& columns, const Column& target) {
  TableOptions options{.array = settings.array, .base = settings.index_base};
  if (settings.header >= 0) options.header = settings.header == 1;
  const auto is_number = [](const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  };
  for (const Column& column : columns)
    if (!is_number(column.name)) options.names.push_back(column.name);
  if (!target.name.empty() && !is_number(target.name)) options.names.push_back(target.name);
  return RawTable(settings.data, options);
}

void read_run_file(int argc, const char* const* argv, CommonSettings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--run" && i + 1 < argc) settings.run = argv[i + 1];
    if (word.starts_with("--run=")) settings.run = word.substr(6);
  }
  if (!settings.run.empty()) take_run_file(settings);
}

}  // namespace program
