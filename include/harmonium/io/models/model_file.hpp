/// \file
/// Models in safetensors files: each parameter is a named tensor, and the metadata say what kind of model it
/// is. The file alone is enough to restore the model.
///
///     save("rbm.safetensors", rbm);
///     const auto same = load<Rbm<Bernoulli, Bernoulli>>("rbm.safetensors");
///
/// What a model provides: its walk, `describe(model)` -> Metadata, and the static `options_from(metadata)`
/// and `parameter_count(options)`.
#pragma once

#include <cmath>
#include <iomanip>

#include "../../core/host_matrix.hpp"
#include "../../models/parameters.hpp"
#include "../formats/safetensors.hpp"
#include "file_parts.hpp"

namespace harmonium {

namespace detail {

/// A V x H block of columns has the same bytes as an H x V block of rows, which is how the format counts.
template <class V>
std::vector<std::uint64_t> shape_of(Role role, const V& view) {
  const auto rows = static_cast<std::uint64_t>(view.rows), cols = static_cast<std::uint64_t>(view.cols);
  if (role != Role::weight && cols == 1) return {rows};
  return {cols, rows};
}

inline std::string text_of(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t length : shape) text += (text.empty() ? "[" : ", ") + std::to_string(length);
  return text.empty() ? "[]" : text + ']';
}

/// A tensor's numbers as a column-major block of type `To`.
template <class To>
HostMatrix<To> block_of(const Tensor& tensor, Index rows, Index cols) {
  const auto converted = [&]<class From>(std::vector<From> numbers) -> HostMatrix<To> {
    return Eigen::Map<const HostMatrix<From>>(numbers.data(), rows, cols).template cast<To>();
  };
  return tensor.dtype == Dtype::f64 ? converted(numbers_of<double>(tensor))
                                    : converted(numbers_of<float>(tensor));
}

/// \throws DataError unless the tensor can hold this parameter
template <class T>
void check_tensor(const Tensor* tensor, const std::string& name, Role role,
                  const std::vector<std::uint64_t>& shape, Index rows, Index cols) {
  check<DataError>(tensor != nullptr, "there is no tensor '", name, "'");
  check<DataError>(tensor->dtype == Dtype::f32 || tensor->dtype == Dtype::f64, "tensor '", name, "' is ",
                   name_of(tensor->dtype), ", expected F32 or F64");
  check<DataError>(tensor->shape == shape, "tensor '", name, "' has shape ", text_of(tensor->shape),
                   ", expected ", text_of(shape));
  const HostMatrix<T> numbers = block_of<T>(*tensor, rows, cols);
  check<DataError>(numbers.allFinite(), "tensor '", name,
                   "' has an infinity or a NaN, or a number too large for the model's type");
  if (role != Role::count) return;
  for (Index i = 0; i < numbers.size(); ++i) {
    const auto count = static_cast<double>(numbers.data()[i]);
    check<DataError>(count >= 0 && count <= largest_count && std::floor(count) == count, "tensor '", name,
                     "' has ", count, ", expected whole numbers from 0 to ", std::setprecision(8),
                     largest_count);
  }
}

}  // namespace detail

/// Adds a model's parameters to a file, their names prefixed with `prefix`.
template <class Model>
void add_parameters(TensorFile& file, const Model& model, const std::string& prefix = "") {
  using T = typename Model::Scalar;
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto x) {
        HostMatrix<T> host(x.rows, x.cols);
        typename Model::Backend{}.download(x, View<T>(host));
        file.tensors.push_back(
            make_tensor(prefix + name.string(), detail::shape_of(role, x),
                        std::span<const T>(host.data(), static_cast<std::size_t>(host.size()))));
      },
      model);
}

namespace detail {
/// `set_parameters` from a file whose tensors are in order already, for one of many models that it holds.
template <class Model>
void set_parameters(Model& model, const TensorIndex& tensors, const std::string& prefix) {
  using T = typename Model::Scalar;
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto x) {
        const std::string full = prefix + name.string();
        check_tensor<T>(tensors.find(full), full, role, shape_of(role, x), x.rows, x.cols);
      },
      model);
  for_each_parameter(
      [&](const ParameterName& name, Role, auto x) {
        const auto host = block_of<T>(*tensors.find(prefix + name.string()), x.rows, x.cols);
        typename Model::Backend{}.upload(View<const T>(host), x);
      },
      model);
}
}  // namespace detail

/// Sets a model's parameters from a file, converting between single and double precision. Nothing changes
/// unless all of them are there. \throws DataError if one is missing, of the wrong shape or type, or not
/// finite
template <class Model>
void set_parameters(Model& model, const TensorFile& file, const std::string& prefix = "") {
  detail::set_parameters(model, detail::TensorIndex(file), prefix);
}

/// Makes a model from a file already read, once its sizes are known to be those of the file's tensors.
/// \throws DataError if the file holds another kind of model
template <class Model>
Model model_from(const TensorFile& file) {
  const typename Model::Options options = Model::options_from(file.metadata);
  std::uint64_t numbers = 0;
  for (const Tensor& tensor : file.tensors)
    numbers += tensor.bytes.size() / detail::entry_of(tensor.dtype).size;
  const double expected = Model::parameter_count(options);
  check<DataError>(expected == static_cast<double>(numbers), "it holds ", numbers,
                   " numbers, a model of the sizes that it names has ", std::setprecision(17), expected);
  Model model(options);
  set_parameters(model, file);
  std::size_t parameters = 0;
  for_each_parameter([&](const ParameterName&, Role, auto) { ++parameters; }, model);
  check<DataError>(parameters == file.tensors.size(), "it has ", file.tensors.size(),
                   " tensors, the model has ", parameters);
  return model;
}

/// The contents of a model's file: what `save` writes. \throws DataError if no model could be made from them:
/// a parameter is not finite, or matrices do not fit together, as those of a model that was moved from
template <class Model>
TensorFile file_of(const Model& model) {
  TensorFile file;
  try {
    file.metadata = describe(model);
    add_parameters(file, model);
    static_cast<void>(model_from<Model>(file));
  } catch (const Error& error) {
    throw DataError(std::string("the model could not be loaded again: ") + error.what());
  }
  return file;
}

/// Writes a model to a file, which is complete or the old one. \throws DataError if the file could not be
/// loaded, see `file_of` \throws FileError if the file cannot be written
template <class Model>
void save(const std::filesystem::path& path, const Model& model) {
  check<DataError>(all_finite(typename Model::Backend{}, model), "save: the model for '", path.string(),
                   "' has an infinity or a NaN among its parameters");
  write_safetensors(path, file_of(model));
}

namespace detail {

/// A file of another program has parameters, but does not say what model they are of. \throws DataError, with
/// how to take them
inline void check_describes_model(const TensorFile& file) {
  if (file.metadata.count("kind") > 0) return;
  std::string tensors;
  for (std::size_t i = 0; i < std::min<std::size_t>(file.tensors.size(), 6); ++i)
    tensors += (i > 0 ? ", '" : "'") + file.tensors[i].name + "' " + text_of(file.tensors[i].shape);
  throw DataError(
      "it does not say what model it holds, so it was not written by `save`. To take its numbers, make a "
      "model of these sizes, give the tensors of read_safetensors(path) the model's names, and call "
      "set_parameters(model, file). It has " +
      (tensors.empty() ? "no tensors" : tensors) + (file.tensors.size() > 6 ? ", ..." : ""));
}

}  // namespace detail

/// Makes a model from a file. Memory: that of `read_safetensors`, and three times its numbers. Parts of the
/// file (file_parts.hpp) are not looked at; `part` names the one to take instead. \throws FileError if the
/// file is damaged, holds another kind of model or no such part, or is longer than the limit
template <class Model>
Model load(const std::filesystem::path& path, const ReadLimits& limits = {}, const std::string& part = "") {
  TensorFile file = read_safetensors(path, limits);
  try {
    if (!part.empty()) file = take_part(file, part);
    drop_parts(file);
    try {
      return model_from<Model>(file);
    } catch (const Error&) {
      detail::check_describes_model(file);
      throw;
    }
  } catch (const Error& error) {
    throw FileError("load: '" + path.string() + "': " + error.what());
  }
}

}  // namespace harmonium
