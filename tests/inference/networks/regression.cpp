// Evaluation of networks whose outputs are numbers, by loops.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/networks/regression.hpp>
#include <harmonium/models/autoencoder.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinRel;

namespace test::inference_networks_regression {

namespace {

using B = Cpu<double>;
const B on;

template <class Model>
Model network_of(const NetworkOptions& options) {
  Model network(options);
  randomise(network, 2);
  return network;
}

using Regressor = Network<Stack<Bernoulli>, B, Gaussian>;

}  // namespace

TEST_CASE("regression is evaluated by the mean over all samples, whatever their block", "[network][oracle]") {
  const auto network = network_of<Regressor>({.sizes = {5, 4}, .outputs = 2});
  const Eigen::MatrixXd& head = network.head.layer.parameters;
  for (const Index count : {1, 499, 500, 501, 1203}) {
    const Eigen::MatrixXd x = numbers(5, count, 3), targets = numbers(2, count, 4) * 3,
                          y = outputs(network, x, on);
    std::vector<double> weights;
    double loss = 0, square = 0, total = 0;
    for (Index c = 0; c < count; ++c) {
      const double weight = static_cast<double>((c + 1) % 4);
      weights.push_back(weight);
      total += weight;
      for (Index r = 0; r < 2; ++r) {
        const double far = targets(r, c) - y(r, c), precision = std::exp(head(r, 1));
        square += weight * far * far;
        loss +=
            weight * 0.5 * (precision * far * far - std::log(precision) + std::log(2 * 3.14159265358979324));
      }
    }
    const Dataset data = Dataset(x).with_targets(targets).with_weights(weights);
    const OutputEvaluation result = evaluate(network, data, on);
    INFO(count << " samples");
    CHECK_THAT(result.loss, WithinRel(loss / total, 1e-12));
    CHECK_THAT(result.squared_error, WithinRel(square / total, 1e-12));
  }
}

TEST_CASE("an autoencoder is evaluated against its inputs", "[network][autoencoder][oracle]") {
  const auto network = network_of<Autoencoder<Stack<Bernoulli>, B>>({.sizes = {5, 4, 2}});
  const Eigen::MatrixXd x = numbers(5, 601, 3), y = outputs(network, x, on);
  const Eigen::ArrayXXd entropy = -(x.array() * y.array().log() + (1 - x.array()) * (1 - y.array()).log());
  const OutputEvaluation result = evaluate(network, Dataset(x), on);
  CHECK_THAT(result.loss, WithinRel(entropy.sum() / 601, 1e-12));
  CHECK_THAT(result.squared_error, WithinRel((x - y).squaredNorm() / 601, 1e-12));
  // Labels and targets do not matter to it.
  const Dataset more = Dataset(x, std::vector<int>(601, 3)).with_targets(numbers(2, 601, 1));
  CHECK(evaluate(network, more, on).loss == result.loss);
}

TEST_CASE("regression refuses data that it cannot judge", "[network][errors]") {
  const auto network = network_of<Regressor>({.sizes = {5, 4}, .outputs = 2});
  const Eigen::MatrixXd x = numbers(5, 3, 1), targets = numbers(2, 3, 1);
  const auto refused = [&]<class E>(E, const Dataset& data, const std::string& message) {
    CHECK_THROWS_MATCHES(evaluate(network, data, on), E, Message("evaluate: " + message));
  };
  refused(DataError(""), Dataset(x, {0, 1, 0}),
          "the data have no targets; a network without a softmax head learns from targets, not from labels");
  refused(ShapeError(""), Dataset(x).with_targets(numbers(3, 3, 1)),
          "the targets have 3 rows, the network has 2 outputs");
  refused(ShapeError(""), Dataset(numbers(4, 3, 1)).with_targets(targets),
          "the data have 4 rows, the model has 5");
  refused(DataError(""), Dataset(Eigen::MatrixXd(5, 0)), "the data have no samples");
}

}  // namespace test::inference_networks_regression
