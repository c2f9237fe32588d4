/// \file
/// Models whose type is known only once their file is read: a closed set of types, told apart by the file's
/// metadata.
///
///     using Known = std::variant<Rbm<Bernoulli, Bernoulli>, Rbm<Gaussian, Bernoulli>>;
///     std::visit([](const auto& model) { ... }, load_any<Known>("rbm.safetensors"));
#pragma once

#include <optional>
#include <variant>

#include "model_file.hpp"

namespace harmonium {

namespace detail {

/// Does a file's metadata describe a model of this type?
template <class Model>
bool describes(const Metadata& metadata) {
  try {
    Model::options_from(metadata);
    return true;
  } catch (const DataError&) {
    return false;
  }
}

template <class>
struct AnyLoader;
template <class... Models>
struct AnyLoader<std::variant<Models...>> {
  static std::optional<std::variant<Models...>> from(const TensorFile& file) {
    std::optional<std::variant<Models...>> found;
    const auto look = [&]<class Model>(std::type_identity<Model>) {
      if (!found && describes<Model>(file.metadata)) found.emplace(model_from<Model>(file));
    };
    (look(std::type_identity<Models>()), ...);
    return found;
  }
};

}  // namespace detail

/// The model in a file, as the first type of `Variant`, a std::variant, that fits it. Memory as for `load`.
/// \throws FileError if the file is damaged, its model has none of these types, or it is longer than the
/// limit
template <class Variant>
Variant load_any(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  TensorFile file = read_safetensors(path, limits);
  try {
    drop_parts(file);
    if (auto model = detail::AnyLoader<Variant>::from(file)) return *std::move(model);
    detail::check_describes_model(file);
  } catch (const Error& error) {
    throw FileError("load_any: '" + path.string() + "': " + error.what());
  }
  std::string what;
  for (const auto& [name, value] : file.metadata)
    if (name == "kind" || name.ends_with(".unit")) what += (what.empty() ? "" : ", ") + name + " " + value;
  throw FileError("load_any: '" + path.string() + "' holds none of the models that are known here, but " +
                  (what.empty() ? "nothing that says what it is" : what));
}

}  // namespace harmonium
