/// \file
/// The training path of a model in the model's own file, as a part (file_parts.hpp): the parameters of each
/// frozen model, `path.0.weight`, `path.1.weight` and so on, and in the metadata how many there are.
///
///     save("model.safetensors", rbm, frozen_path(trainer.chains().ladder()));
///     const auto same = load<Rbm<Bernoulli, Bernoulli>>("model.safetensors");
///     const auto path = load_path<Rbm<Bernoulli, Bernoulli>>("model.safetensors");
///     const Eigen::MatrixXf samples = generate(same, path, {.samples = 1000});
#pragma once

#include "../../inference/trajectory/frozen_path.hpp"
#include "../../models/metadata.hpp"
#include "model_file.hpp"

namespace harmonium {

/// The part that a model's training path is.
inline constexpr const char* path_part = "path";

namespace detail {
inline constexpr const char* path_models = "models";  // in the part's metadata

/// The path that a part holds. \throws DataError
template <EnergyModel M>
FrozenPath<M> path_from(TensorFile part) {
  const auto count = static_cast<std::size_t>(size_at(part.metadata, path_models));
  part.metadata.erase(path_models);
  const typename M::Options options = M::options_from(part.metadata);
  double numbers = 0;
  for (const Tensor& tensor : part.tensors)
    numbers += static_cast<double>(tensor.bytes.size() / entry_of(tensor.dtype).size);
  // Before any memory is taken: every model has at least one tensor.
  check<DataError>(
      count <= part.tensors.size() && M::parameter_count(options) * static_cast<double>(count) == numbers,
      "the path holds ", numbers, " numbers, ", count, " models of the sizes that it names have ",
      M::parameter_count(options) * static_cast<double>(count));
  FrozenPath<M> path;
  const TensorIndex tensors(part);
  std::size_t parameters = 0;
  for (std::size_t i = 0; i < count; ++i) {
    M& model = path.models.emplace_back(options);
    set_parameters(model, tensors, std::to_string(i) + '.');
    for_each_parameter([&](const ParameterName&, Role, auto) { ++parameters; }, model);
  }
  check<DataError>(parameters == part.tensors.size(), "the path has ", part.tensors.size(),
                   " tensors, its models have ", parameters);
  return path;
}
}  // namespace detail

/// Adds a training path to its model's file. \throws DataError if it could not be taken out again: a number
/// is not finite, or matrices do not fit together, as those of a model that was moved from \throws ValueError
/// if the path is empty, or there is a part of this name \throws ShapeError if its models differ in shape
template <EnergyModel M>
void add_path(TensorFile& file, const FrozenPath<M>& path, const std::string& name = path_part) {
  check<ValueError>(!path.models.empty(), "add_path: the path has no models");
  detail::check_path("add_path", path.models.front(), path);
  TensorFile part;
  part.metadata = describe(path.models.front());
  part.metadata[detail::path_models] = std::to_string(path.models.size());
  for (std::size_t i = 0; i < path.models.size(); ++i) {
    check<DataError>(all_finite(typename M::Backend{}, path.models[i]), "add_path: model ", i,
                     " of the path has an infinity or a NaN among its parameters");
    add_parameters(part, path.models[i], std::to_string(i) + '.');
  }
  try {
    static_cast<void>(detail::path_from<M>(part));
  } catch (const Error& error) {
    throw DataError(std::string("the path could not be loaded again: ") + error.what());
  }
  add_part(file, name, std::move(part));
}

/// Takes a training path out of a model's file. \throws DataError if no part has this name, its models
/// are of another kind, or their parameters are not all there, of the right shape and finite
template <EnergyModel M>
FrozenPath<M> take_path(TensorFile& file, const std::string& name = path_part) {
  return detail::path_from<M>(take_part(file, name));
}

/// Does a model's file have a training path of this name?
inline bool has_path(const TensorFile& file, const std::string& name = path_part) {
  return has_part(file, name);
}

/// Writes a model and its training path, that of a DBN's top RBM if it is a DBN, to a file, which is complete
/// or the old one. `load` reads the model, `load_path` the path. \throws DataError, FileError, ValueError,
/// ShapeError as `save` and `add_path`
template <class Model, EnergyModel M>
void save(const std::filesystem::path& where, const Model& model, const FrozenPath<M>& path) {
  TensorFile file = file_of(model);
  add_path(file, path);
  write_safetensors(where, file);
}

/// The training path in a model's file; `M` is the type of its models. \throws FileError if the file is
/// damaged, or has no such path
template <EnergyModel M>
FrozenPath<M> load_path(const std::filesystem::path& where, const ReadLimits& limits = {},
                        const std::string& name = path_part) {
  TensorFile file = read_safetensors(where, limits);
  try {
    return take_path<M>(file, name);
  } catch (const Error& error) {
    throw FileError("load_path: '" + where.string() + "': " + error.what());
  }
}

}  // namespace harmonium
