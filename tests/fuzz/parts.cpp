// Parts of models' files: training paths, which must be climbed, and the scaling of samples.
#include <harmonium/inference/trajectory/replay.hpp>
#include <harmonium/io/models/path_file.hpp>
#include <harmonium/io/models/scaling_file.hpp>
#include <harmonium/models/mixed_layer.hpp>

#include "models.hpp"

namespace fuzz::parts {
namespace {

using namespace harmonium;

using Machine = Rbm<Bernoulli, Bernoulli>;

std::string file_with_path(const FrozenPath<Machine>& path) {
  TensorFile file = file_of(path.models.front());
  add_path(file, path);
  return bytes_of(file);
}
std::string file_with_scaling(const Scaling& scaling) {
  TensorFile file;
  add_scaling(file, scaling);
  return bytes_of(file);
}

void attack_path(Bytes input) {
  const FrozenPath<Machine> path = load_path<Machine>(file_with(input), limits);
  const std::string bytes = file_with_path(path);
  const FrozenPath<Machine> again = load_path<Machine>(file_with(bytes), limits);
  require(again == path && file_with_path(again) == bytes, "saved and loaded it is another path");
  const Machine& model = path.models.back();
  if (parameter_count(model) > 1000 || path.models.size() > 10) return;
  const Replay<Cpu<float>> climbed =
      replay(model, path, {.samples = 2, .settle = 1, .most_sweeps = 2}, Cpu<float>());
  require(climbed.visible.allFinite(), "it draws what are no numbers");
}

void attack_scaling(Bytes input) {
  const Scaling scaling = load_scaling(file_with(input), limits);
  check_scaling("fuzz", scaling, scaling.rows());
  const std::string bytes = file_with_scaling(scaling);
  require(load_scaling(file_with(bytes), limits) == scaling, "saved and loaded it is another scaling");
}

std::vector<std::string> paths() {
  const Machine rbm{{.visible = 3, .hidden = 2, .seed = 1}};
  Machine next = rbm;
  next.weights *= 2;
  return {file_with_path({{rbm}}), file_with_path({{rbm, next, rbm}})};
}
std::vector<std::string> scalings() {
  TensorFile with_model = file_of(Machine{{.visible = 3, .hidden = 2, .seed = 1}});
  add_scaling(with_model, Scaling(ScalingOptions{3}));
  return {file_with_scaling(Scaling(Eigen::Vector2d(1, 2), Eigen::Vector2d(3, 1e-3))), bytes_of(with_model)};
}

const Registered path({"path", attack_path, paths,
                       tensor_words_and({"\"parts\":", "\"path\"", "\"path.models\":", "\"path.0.weight\"",
                                         "\"path.kind\":", "\"1\""})});
const Registered scaling({"scaling", attack_scaling, scalings,
                          tensor_words_and({"\"parts\":", "\"scaling\"",
                                            "\"scaling.rows\":", "\"scaling.kind\":", "\"scaling.shift\"",
                                            "\"scaling.scale\"", "\"1\"", "\"F64\""})});

}  // namespace
}  // namespace fuzz::parts
