// Files of models: what loads must encode, sample and save to the same bytes.
#include "models.hpp"

#include <harmonium/inference/generate.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/io/models/any_model.hpp>
#include <harmonium/models/dbn.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/models/network.hpp>

namespace fuzz::models {
namespace {

using namespace harmonium;

using Bits = Rbm<Bernoulli, Bernoulli>;
using Rows = Rbm<Mixed<Bernoulli, Categorical, Gaussian>, Bernoulli>;
using Deep = Dbn<Stack<Gaussian, Bernoulli>>;
using Classifier = Network<Stack<Bernoulli>>;
using Any = std::variant<Bits, Rows, Deep, Classifier>;

const Cpu<float> on;

template <class Model>
void use(const Model& model) {
  if constexpr (std::is_same_v<Model, Classifier>) {
    const Eigen::MatrixXf x = Eigen::MatrixXf::Zero(model.visible, 2);
    require(predict_proba(model, x, on).cols() == 2, "it does not predict");
  } else {
    const Eigen::MatrixXf samples = generate(model, {.samples = 2, .steps = 2}, on);
    require(samples.cols() == 2, "it does not sample");
    require(encode(model, samples, {}, on).cols() == 2, "it does not encode");
  }
}

void attack(Bytes input) {
  const Any any = load_any<Any>(file_with(input), limits);
  std::visit(
      []<class Model>(const Model& model) {
        if (parameter_count(model) <= 20'000) use(model);
        const std::string bytes = bytes_of(file_of(model));
        const Model again = load<Model>(file_with(bytes), limits);
        require(again == model && bytes_of(file_of(again)) == bytes, "saved and loaded it is another model");
      },
      any);
}

std::vector<std::string> seeds() {
  return {bytes_of(file_of(Bits{{.visible = 3, .hidden = 2, .seed = 1}})),
          bytes_of(file_of(Rows{{.visible = {2, {1, 3}, 1}, .hidden = 2, .seed = 1}})),
          bytes_of(file_of(Deep{{3, 2, 1}})),
          bytes_of(file_of(Classifier{{.sizes = {3, 2}, .classes = 2, .seed = 1}}))};
}

const Registered target({"models", attack, seeds, tensor_words});

}  // namespace
}  // namespace fuzz::models
