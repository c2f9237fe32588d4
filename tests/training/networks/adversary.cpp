// Adversarial training: the direction in which the loss rises is checked against slopes, and an update
// against two updates without it.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/training/fine_tuning.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_networks_adversary {

namespace {

using Net = Network<Stack<Bernoulli, Categorical, Gaussian>, Cpu<double>>;
const Cpu<double> on;

Net small_network() {
  Net network{{.sizes = {5, GroupedSize{.units = 2, .states = 3}, 4}, .classes = 3, .seed = 1}};
  randomise(network, 2, 0.9);
  return network;
}

// Only the head.
Network<Stack<Bernoulli>, Cpu<double>> without_hidden_layers(Index inputs, Index classes) {
  Network<Stack<Bernoulli>, Cpu<double>> network{{.sizes = {inputs, inputs}, .classes = classes, .seed = 1}};
  network.layers.clear();
  return network;
}

const std::vector<int> labels{0, 2, 1, 1, 0, 2, 0};
const std::vector<double> weights{1, 2, 1, 0.5, 3, 1, 1};

// log p(label) of each sample
template <class Model>
Eigen::VectorXd log_likelihood(const Model& network, const Eigen::MatrixXd& x) {
  const Eigen::MatrixXd p = predict_proba(network, x, on);
  return Eigen::VectorXd::NullaryExpr(
      x.cols(), [&](Index c) { return std::log(p(labels[static_cast<std::size_t>(c)], c)); });
}

// Slopes of each sample's log likelihood along its inputs.
template <class Model>
Eigen::MatrixXd input_slopes(const Model& network, const Eigen::MatrixXd& x) {
  return Eigen::MatrixXd::NullaryExpr(x.rows(), x.cols(), [&](Index r, Index c) {
    return oracle::derivative(
        [&](double number) {
          Eigen::MatrixXd there = x;
          there(r, c) = number;
          return log_likelihood(network, there)(c);
        },
        x(r, c));
  });
}

oracle::Numbers gradient_of(Net network, const Eigen::MatrixXd& x, FineTuningOptions<> options) {
  options.batch_size = 10;
  options.optimizer = Sgd{.rate = 1e-30};
  options.seed = 3;
  FineTuning trainer{network, options, on};
  trainer.step({.values = view_of(x), .labels = labels, .weights = weights});
  return flatten(trainer.gradient());
}

}  // namespace

TEMPLATE_TEST_CASE("the error propagated to the inputs is the slope along each of them",
                   "[fine_tuning][oracle]", Net, (Network<Stack<Bernoulli>, Cpu<double>>)) {
  TestType network = [] {
    if constexpr (std::is_same_v<TestType, Net>) {
      return small_network();
    } else {
      return without_hidden_layers(5, 3);
    }
  }();
  randomise(network, 4, 0.9);
  const Eigen::MatrixXd x = numbers(5, 7, 5);
  const Eigen::MatrixXd shares = Eigen::MatrixXd::Constant(1, 7, 0.25), ones = Eigen::MatrixXd::Ones(1, 7);
  Eigen::MatrixXd targets = Eigen::MatrixXd::Zero(3, 7), slope(5, 7);
  for (Index c = 0; c < 7; ++c) targets(labels[static_cast<std::size_t>(c)], c) = 1;
  Activations<Cpu<double>> activations(network, 9);
  TestType gradient = zeros_like(network);
  forward(on, network, view_of(x), activations);
  backward(on, network, view_of(x), view_of(targets), activations, view_of(shares), view_of(ones), gradient);
  set_input_gradient(on, network, activations, view_of(slope));
  CHECK(largest_difference(slope, 0.25 * input_slopes(network, x)) < 1e-9);
}

TEST_CASE("an update averages the gradients of its samples and of the adversarially moved ones",
          "[fine_tuning]") {
  const Net network = small_network();
  const Eigen::MatrixXd x = numbers(5, 7, 6), there = x - 0.1 * input_slopes(network, x).cwiseSign();
  CHECK((log_likelihood(network, there).array() < log_likelihood(network, x).array()).all());
  oracle::Numbers expected = gradient_of(network, x, {});
  const oracle::Numbers own = expected, of_moved = gradient_of(network, there, {});
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = 0.5 * (expected[i] + of_moved[i]);
  CHECK(largest_difference(gradient_of(network, x, {.adversarial = 0.1}), expected) < 1e-12);
  CHECK(largest_difference(own, expected) > 1e-3);
}

TEST_CASE("a network trained on moved samples is less sensitive to them", "[fine_tuning]") {
  // Row 0 determines the class; 30 others correlate with it, each by less than they are moved.
  Dice dice(7);
  Eigen::MatrixXd x(31, 400);
  std::vector<int> classes;
  for (Index c = 0; c < x.cols(); ++c) {
    classes.push_back(static_cast<int>(dice.below(2)));
    const double side = classes.back() == 0 ? -1 : 1;
    x(0, c) = side;
    for (Index r = 1; r < 31; ++r) x(r, c) = 0.2 * side + 0.2 * dice.normal();
  }
  const auto weight_of_hints = [&](double adversarial) {
    auto network = without_hidden_layers(31, 2);
    FineTuning{network,
               {.epochs = 40,
                .batch_size = 50,
                .optimizer = Momentum{.rate = 0.1, .momentum = 0.5},
                .adversarial = adversarial,
                .seed = 9},
               on}
        .fit(Dataset(x, classes));
    const Eigen::VectorXd w = network.head.weights.col(1) - network.head.weights.col(0);
    return w.tail(30).cwiseAbs().sum() / std::abs(w(0));
  };
  const double without = weight_of_hints(0), with = weight_of_hints(0.3);
  INFO(without << " against " << with);
  CHECK(without > 3);
  CHECK(with < 1);
}

}  // namespace test::training_networks_adversary
