/// \file
/// The scaling of a model's samples in the model's own file, as a part (file_parts.hpp): tensors
/// `scaling.shift` and `scaling.scale`, a number for each row, in double precision.
///
///     save("model.safetensors", rbm, scaling);
///     const auto same = load<Rbm<Gaussian, Bernoulli>>("model.safetensors");
///     const Scaling its_scaling = load_scaling("model.safetensors");
#pragma once

#include "../../models/scaling.hpp"
#include "model_file.hpp"

namespace harmonium {

/// The part that the scaling of a model's samples is.
inline constexpr const char* scaling_part = "scaling";

/// Adds a scaling to a model's file. \throws DataError if a number is not finite, or a scale is not above 0
/// \throws ValueError if there is a part of this name
inline void add_scaling(TensorFile& file, const Scaling& scaling, const std::string& name = scaling_part) {
  check_scaling("add_scaling", scaling, scaling.rows());
  add_part(file, name, file_of(scaling));
}

/// Takes a scaling out of a model's file. \throws DataError if no part has this name, or a number is not
/// finite, or a scale is not above 0
inline Scaling take_scaling(TensorFile& file, const std::string& name = scaling_part) {
  const auto scaling = model_from<Scaling>(take_part(file, name));
  check_scaling(name.c_str(), scaling, scaling.rows());
  return scaling;
}

/// Does a model's file have a scaling of this name?
inline bool has_scaling(const TensorFile& file, const std::string& name = scaling_part) {
  return has_part(file, name);
}

/// Writes a model and the scaling of its samples to a file, which is complete or the old one. `load` reads
/// the model, `load_scaling` the scaling. \throws DataError, FileError as `save` and `add_scaling`
template <class Model>
void save(const std::filesystem::path& path, const Model& model, const Scaling& scaling) {
  TensorFile file = file_of(model);
  add_scaling(file, scaling);
  write_safetensors(path, file);
}

/// The scaling in a model's file. \throws FileError if the file is damaged, or has no such scaling
inline Scaling load_scaling(const std::filesystem::path& path, const ReadLimits& limits = {},
                            const std::string& name = scaling_part) {
  TensorFile file = read_safetensors(path, limits);
  try {
    return take_scaling(file, name);
  } catch (const Error& error) {
    throw FileError("load_scaling: '" + path.string() + "': " + error.what());
  }
}

}  // namespace harmonium
