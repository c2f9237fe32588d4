// Back-propagation checked against finite differences of the loss, for every type of hidden layer under every
// head. The loss is summed by loops over the head's means.
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/networks/back_propagation.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_networks_back_propagation {

namespace {

using B = Cpu<double>;
const B on;

/// An activation with only the required members: x / (1 + x^2).
struct Bump {
  static constexpr const char* name = "bump";
  static constexpr bool activation = true;
  template <class T>
  static constexpr T mean(T field) {
    return field / (T(1) + field * field);
  }
};

using Table = Mixed<Bernoulli, Categorical, Gaussian, Relu>;
// Every type above and below others; the last one repeats.
using Every = Stack<Gaussian, Relu, Bernoulli, Categorical, Quintic, Bump, Spin, Table, Rectified, AtMostOne,
                    Poisson, Relu, Bernoulli>;
const std::vector<StackSize> every_size{
    5, 6, 4, GroupedSize{2, 3}, 3, 4, 4, LayerSize<Table>{2, {1, 3}, 2, 3}, 4, GroupedSize{2, 2}, 3, 5, 4, 3};

// Rows of a group are made to sum to 1.
Eigen::MatrixXd shared(Eigen::MatrixXd x, Index group) {
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < x.rows(); r += group)
      x.col(c).segment(r, group) /= x.col(c).segment(r, group).sum();
  return x;
}

// -log p(target) of one unit by the standard formulas; `mean` is E[target]. Terms that do not depend on mean
// are left out.
template <class U>
double minus_log_p(const Layer<U, B>& layer, const Eigen::VectorXd& mean, const Eigen::VectorXd& t) {
  double sum = 0;
  for (Index r = 0; r < t.size(); ++r) {
    if constexpr (std::is_same_v<U, Bernoulli>)
      sum -= t(r) * std::log(mean(r)) + (1 - t(r)) * std::log1p(-mean(r));
    if constexpr (std::is_same_v<U, Categorical>) sum -= t(r) * std::log(mean(r));
    if constexpr (std::is_same_v<U, Gaussian>)
      sum += 0.5 * std::exp(layer.parameters(r, 1)) * (t(r) - mean(r)) * (t(r) - mean(r));
    if constexpr (std::is_same_v<U, Poisson>) sum += mean(r) - t(r) * std::log(mean(r));
  }
  return sum;
}
template <class... U>
double minus_log_p(const Layer<Mixed<U...>, B>& layer, const Eigen::VectorXd& mean,
                   const Eigen::VectorXd& t) {
  Index first = 0;
  return std::apply(
      [&](const auto&... part) {
        const auto one = [&](const auto& p) {
          const Index rows = p.rows();
          const double loss = minus_log_p(p, Eigen::VectorXd(mean.segment(first, rows)),
                                          Eigen::VectorXd(t.segment(first, rows)));
          first += rows;
          return loss;
        };
        return (one(part) + ...);
      },
      layer.parts);
}

template <class Model>
double loss_of(const Model& network, const Eigen::MatrixXd& x, const Eigen::MatrixXd& targets,
               const Eigen::RowVectorXd& shares, Loss loss) {
  const Eigen::MatrixXd y = outputs(network, x, on);
  double sum = 0;
  for (Index c = 0; c < x.cols(); ++c)
    sum += shares(c) * (loss == Loss::likelihood ? minus_log_p(network.head.layer, y.col(c), targets.col(c))
                                                 : 0.5 * (targets.col(c) - y.col(c)).squaredNorm());
  return sum;
}

// The largest difference between the gradient and slopes of the loss, over all parameters; frozen ones have
// no gradient.
template <class Model>
double distance_from_slopes(Model network, const Eigen::MatrixXd& x, const Eigen::MatrixXd& targets,
                            Loss loss) {
  const Index n = x.cols();
  Activations<B> activations(network, n + 3);  // larger than the batch
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(1, n);
  Eigen::MatrixXd shares = numbers(1, n, 77);
  shares(0, 1) = 0;
  Model gradient = zeros_like(network);
  for_each_parameter(
      [&](const ParameterName&, Role role, auto g) {
        if (role != Role::shape) on.fill(g, std::nan(""));  // to be overwritten
      },
      gradient);
  forward(on, network, View<const double>(x), activations);
  backward(on, network, View<const double>(x), View<const double>(targets), activations,
           View<const double>(shares), View<const double>(ones), gradient, loss);
  double far = 0;
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto w, auto g) {
        double longest = 0;
        for (Index c = 0; c < w.cols; ++c)
          for (Index r = 0; r < w.rows; ++r) {
            const double here = w(r, c);
            const auto at = [&](double number) {
              w(r, c) = number;
              return -loss_of(network, x, targets, shares.row(0), loss);
            };
            const double slope = role == Role::shape ? 0 : oracle::derivative(at, here);
            w(r, c) = here;
            far = std::fmax(far, std::isnan(g(r, c)) ? INFINITY : std::abs(g(r, c) - slope));
            longest = std::fmax(longest, std::abs(slope));
          }
        INFO(name.string());
        if (role == Role::weight)
          CHECK(longest > 1e-6);  // slopes that are all zero would agree with anything
      },
      network, gradient);
  return far;
}

// Random parameters under which the gradient reaches all layers.
template <class Model>
Model network_of(const NetworkOptions& options) {
  Model network(options);
  randomise(network, 4, 0.6, 0.4, 0.2);
  return network;
}

template <class Head>
void check_head(NetworkOptions options, const Eigen::MatrixXd& targets) {
  options.sizes = every_size;
  const auto network = network_of<Network<Every, B, Head>>(options);
  const Eigen::MatrixXd x = numbers(5, targets.cols(), 3);
  CHECK(distance_from_slopes(network, x, targets, Loss::likelihood) < 1e-9);
  CHECK(distance_from_slopes(network, x, targets, Loss::squared_error) < 1e-9);
}

template <class V>
void check_reconstruction(const LayerSize<V>& size, const Eigen::MatrixXd& x) {
  using Units = Stack<V, Relu, Categorical, Bernoulli, Gaussian>;
  const auto network = network_of<Autoencoder<Units, B>>({.sizes = {size, 4, GroupedSize{2, 3}, 4, 2}});
  CHECK(distance_from_slopes(network, x, x, Loss::likelihood) < 1e-9);
  CHECK(distance_from_slopes(network, x, x, Loss::squared_error) < 1e-9);
}

}  // namespace

TEST_CASE("under a softmax head, gradients of all layer types are slopes", "[fine_tuning][oracle]") {
  check_head<Categorical>({.classes = 3}, shared(numbers(3, 6, 5), 3));
}

TEST_CASE("under a linear head, gradients of all layer types are slopes", "[fine_tuning][oracle]") {
  check_head<Gaussian>({.outputs = 3}, numbers(3, 6, 5) * 4);
}

TEST_CASE("under a head of bits, gradients of all layer types are slopes", "[fine_tuning][oracle]") {
  check_head<Bernoulli>({.outputs = 3}, numbers(3, 6, 5));
}

TEST_CASE("under a head of counts, gradients of all layer types are slopes", "[fine_tuning][oracle]") {
  check_head<Poisson>({.outputs = 3}, (numbers(3, 6, 5) * 4).array().floor());
}

TEST_CASE("under a head of several types, gradients of all layer types are slopes", "[fine_tuning][oracle]") {
  Eigen::MatrixXd targets = numbers(7, 6, 5);
  targets.middleRows(2, 3) = shared(targets.middleRows(2, 3), 3);
  using Row = Mixed<Bernoulli, Categorical, Gaussian>;
  check_head<Row>({.outputs = LayerSize<Row>{2, {1, 3}, 2}}, targets);
}

TEST_CASE("gradients of reconstructions are slopes for any visible units",
          "[fine_tuning][autoencoder][oracle]") {
  check_reconstruction<Bernoulli>(5, numbers(5, 6, 3));
  check_reconstruction<Gaussian>(5, numbers(5, 6, 3) * 3);
  check_reconstruction<Categorical>({2, 3}, shared(numbers(6, 6, 3), 3));
  using Row = Mixed<Bernoulli, Categorical, Gaussian>;
  Eigen::MatrixXd rows = numbers(7, 6, 3);
  rows.middleRows(2, 3) = shared(rows.middleRows(2, 3), 3);
  check_reconstruction<Row>({2, {1, 3}, 2}, rows);
}

TEST_CASE("the error propagated to a layer's outputs can be modified", "[fine_tuning]") {
  // Outputs of the first hidden layer are doubled and those of the second left alone: as if the weights above
  // the first were twice as large.
  using Net = Network<Stack<Bernoulli>, B>;
  const auto network = network_of<Net>({.sizes = {4, 3, 5}, .classes = 3});
  auto doubled = network;
  std::get<Dense<Bernoulli, B>>(doubled.layers[1]).weights *= 2;
  const Eigen::MatrixXd x = numbers(4, 6, 3), targets = shared(numbers(3, 6, 5), 3),
                        shares = Eigen::MatrixXd::Constant(1, 6, 1.0 / 6), ones = Eigen::MatrixXd::Ones(1, 6);
  const auto gradient_of = [&](const Net& net, double factor) {
    Activations<B> activations(net, 6);
    Net gradient = zeros_like(net);
    const auto scale = [&](std::size_t layer, View<double> numbers_of_layer) {
      if (layer == 0) on.update([=](double& number) { number *= factor; }, numbers_of_layer);
    };
    forward(on, net, View<const double>(x), activations, scale);
    backward(on, net, View<const double>(x), View<const double>(targets), activations,
             View<const double>(shares), View<const double>(ones), gradient, Loss::likelihood, scale);
    return gradient;
  };
  const Net a = gradient_of(network, 2), b = gradient_of(doubled, 1);
  using D = Dense<Bernoulli, B>;
  CHECK(largest_difference(std::get<D>(a.layers[0]).weights, std::get<D>(b.layers[0]).weights) < 1e-15);
  CHECK(largest_difference(std::get<D>(a.layers[1]).weights, 2 * std::get<D>(b.layers[1]).weights) < 1e-15);
  CHECK(largest_difference(a.head.weights, b.head.weights) < 1e-15);
  CHECK(std::get<D>(a.layers[0]).weights.norm() > 1e-3);
}

}  // namespace test::training_networks_back_propagation
