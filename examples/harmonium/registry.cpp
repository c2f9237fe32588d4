#include <harmonium/io/models/scaling_file.hpp>

#include "model.hpp"

using namespace harmonium;

namespace program {

ModelKind bernoulli_kind();
ModelKind mixed_kind();

const std::vector<ModelKind>& registry() {
  static const std::vector<ModelKind> kinds = {bernoulli_kind(), mixed_kind()};
  return kinds;
}

namespace {

constexpr const char* columns_name = "harmonium.columns";
constexpr const char* target_name = "harmonium.target";
constexpr const char* target_scaling = "target_scaling";  // a part of the file

// Means and scales are a part of the file, so their description has none.
std::string description_without_scaling(Columns columns) {
  for (Column& column : columns) {
    column.mean = 0;
    column.scale = 1;
  }
  return description_of(columns);
}

const ModelKind& kind_of(const Layout& layout, const Columns& columns) {
  for (const ModelKind& kind : registry())
    if (kind.fits(layout)) return kind;
  throw DataError("no kind of model has these columns:\n" + explain(columns));
}

}  // namespace

std::unique_ptr<Model> make_model(const Columns& columns, const TrainSettings& settings) {
  const Layout layout(columns);
  return kind_of(layout, columns).make(layout, settings);
}

LoadedModel load_model(const std::string& path) {
  TensorFile file;
  try {
    file = read_safetensors(path);
  } catch (const FileError& error) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) throw;
    throw FileError("'" + path + "' is not a model: expected the model.safetensors written by train. (" +
                    error.what() + ")");
  }
  check<FileError>(
      !file.metadata.contains("harmonium.alphabet"), "'", path,
      "' is a model of sequences: evaluate, score, sample, encode, scan, contacts and logo take it");
  const auto found = file.metadata.find(columns_name);
  check<FileError>(
      found != file.metadata.end(), "'", path,
      "' is a safetensors file, but not one of this program: it does not describe its columns. C++ takes "
      "its weights: see set_parameters");
  try {
    LoadedModel loaded;
    loaded.columns = columns_from(found->second);
    file.metadata.erase(found);
    const auto target = file.metadata.find(target_name);
    if (target != file.metadata.end()) {
      const Columns one = columns_from(target->second);
      check<DataError>(one.size() == 1 && (one[0].kind == Kind::gaussian ||
                                           (has_classes(one[0]) && one[0].words.size() >= 2)),
                       "its target is neither a column of classes nor of numbers");
      loaded.target = one[0];
      file.metadata.erase(target);
    }
    Index numbers = 0;  // a visible row has at least one
    for (const Tensor& tensor : file.tensors) numbers += static_cast<Index>(tensor.bytes.size());
    const Layout layout(loaded.columns, numbers);
    if (has_scaling(file)) set_scaling(loaded.columns, take_scaling(file));
    if (has_scaling(file, target_scaling)) {
      Columns one = {loaded.target};
      set_scaling(one, take_scaling(file, target_scaling));
      loaded.target = one[0];
    }
    loaded.generative = std::any_of(loaded.columns.begin(), loaded.columns.end(),
                                    [&](const Column& c) { return c.name == loaded.target.name; });
    if (!loaded.target.name.empty() && !loaded.generative)
      loaded.predictor = take_predictor(file, loaded.target, layout.rows());
    loaded.model = kind_of(layout, loaded.columns).from(file, layout);
    if (loaded.generative)
      loaded.predictor = generative_predictor(*loaded.model, loaded.columns, loaded.target);
    return loaded;
  } catch (const nlohmann::ordered_json::exception& error) {
    throw FileError("'" + path + "': its description of the columns is damaged: " + error.what());
  } catch (const Error& error) {
    throw FileError("'" + path + "': " + error.what());
  }
}

void save_model(const std::string& path, const Model& model, const Columns& columns, const Column& target,
                const Predictor* predictor) {
  TensorFile file = model.file();
  file.metadata[columns_name] = description_without_scaling(columns);
  add_scaling(file, scaling_of(columns));
  if (predictor != nullptr) {
    file.metadata[target_name] = description_without_scaling({target});
    if (!has_classes(target)) add_scaling(file, scaling_of({target}), target_scaling);
    predictor->add_to(file);
  }
  write_safetensors(path, file);
}

}  // namespace program
