// A classifier's outputs against loops by hand.
#include <harmonium/inference/networks/classification.hpp>

#include <harmonium/data/dataset.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::inference_networks_forward {

namespace {

using Net = Network<Stack<Bernoulli, Gaussian, Categorical, Bernoulli>, Cpu<double>>;

Net small_network(Index classes = 3) {
  Net network{{.sizes = {5, 4, GroupedSize{.units = 2, .states = 3}, 3}, .classes = classes, .seed = 1}};
  randomise(network, 2, 0.7);
  return network;
}

Eigen::MatrixXd inputs(Index rows, Index count, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x(rows, count);
  for (Index c = 0; c < count; ++c)
    for (Index r = 0; r < rows; ++r) x(r, c) = dice.uniform();
  return x;
}

// W^T x, and the layer's mean given it, unit by unit.
template <class U>
oracle::Numbers through(const Dense<U, Cpu<double>>& dense, const oracle::Numbers& x) {
  const oracle::Layer layer = oracle_of(dense.layer);
  oracle::Numbers out;
  for (const oracle::Unit& unit : layer.units) {
    oracle::Numbers input, biases;
    for (std::size_t i = 0; i < unit.states[0].size(); ++i) {
      const std::size_t row = out.size() + i;
      input.push_back(oracle::dot(column_of(dense.weights, static_cast<Index>(row)), x));
      biases.push_back(layer.biases[row]);
    }
    const oracle::Numbers mean = oracle::mean({{unit}, biases}, input);
    out.insert(out.end(), mean.begin(), mean.end());
  }
  return out;
}

oracle::Numbers probabilities(const Net& network, oracle::Numbers x) {
  for (const auto& any : network.layers) std::visit([&](const auto& dense) { x = through(dense, x); }, any);
  return through(network.head, x);
}

}  // namespace

TEST_CASE("the largest row is not one that has a NaN", "[network]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Eigen::MatrixXd x = (Eigen::MatrixXd(3, 3) << nan, 1, 2, 1, nan, 2, 2, 3, 1).finished();
  for (const auto& [column, row] : {std::pair{0, 2}, std::pair{1, 2}, std::pair{2, 0}})
    CHECK(detail::largest_row(View<const double>(x), column) == row);
}

TEST_CASE("class probabilities are those of a loop over the layers", "[network][oracle]") {
  const Net network = small_network();
  const Eigen::MatrixXd x = inputs(5, 8, 1), p = predict_proba(network, x);
  REQUIRE((p.rows() == 3 && p.cols() == 8));
  const std::vector<int> classes = predict(network, x);
  for (Index c = 0; c < 8; ++c) {
    const oracle::Numbers expected = probabilities(network, column_of(x, c));
    CHECK(largest_difference(p.col(c), columns({expected})) < 1e-12);
    CHECK(classes[static_cast<std::size_t>(c)] ==
          std::max_element(expected.begin(), expected.end()) - expected.begin());
  }
}

TEST_CASE("an evaluation is the mean over all samples, whatever their block", "[network][oracle]") {
  const Net network = small_network();
  for (const Index count : {1, 500, 1203}) {
    const Eigen::MatrixXd x = inputs(5, count, 3);
    std::vector<int> labels;
    double wrong = 0, loss = 0;
    Dice dice(4);
    const Eigen::MatrixXd p = predict_proba(network, x);
    for (Index c = 0; c < count; ++c) {
      const oracle::Numbers expected = probabilities(network, column_of(x, c));
      const auto label = static_cast<std::size_t>(dice.below(3));
      labels.push_back(static_cast<int>(label));
      loss -= std::log(expected[label]);
      wrong += expected[label] < *std::max_element(expected.begin(), expected.end()) ? 1 : 0;
      if (c % 100 == 0) CHECK(largest_difference(p.col(c), columns({expected})) < 1e-12);
    }
    const Evaluation evaluation = evaluate(network, Dataset(x, labels));
    INFO(count << " samples");
    CHECK_THAT(evaluation.error, WithinAbs(wrong / static_cast<double>(count), 1e-12));
    CHECK_THAT(evaluation.log_loss, WithinRel(loss / static_cast<double>(count), 1e-11));
  }
}

TEST_CASE("grey levels of 8 bits are scaled to [0, 1]", "[network]") {
  const Net network = small_network();
  Dataset::Bytes bytes(5, 4);
  for (Index c = 0; c < 4; ++c)
    for (Index r = 0; r < 5; ++r) bytes(r, c) = static_cast<std::uint8_t>(60 * c + 11 * r);
  const Eigen::MatrixXd x = bytes.cast<double>() / 255;
  CHECK(largest_difference(predict_proba(network, Dataset(bytes)), predict_proba(network, x)) < 1e-12);
}

TEMPLATE_TEST_CASE("a cross-entropy is accurate for fields of any size", "[network]", float, double) {
  using T = TestType;
  Network<Stack<Gaussian>, Cpu<T>> network{{.sizes = {1, 1}, .classes = 3}};
  std::get<Dense<Gaussian, Cpu<T>>>(network.layers[0]).weights(0, 0) = 1;  // the identity
  network.head.weights << T(1), T(0), T(-1);
  for (const double size : {1.0, 50.0, 1e4, 1e30}) {
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> x(1, 1);
    x(0, 0) = static_cast<T>(size);
    const auto loss = [&](int label) { return evaluate(network, Dataset(x, {label})).log_loss; };
    INFO("fields " << size << ", 0 and " << -size);
    const double rest = std::log1p(std::exp(-size) + std::exp(-2 * size));  // log Z - size
    const double tolerance = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
    CHECK_THAT(loss(0), WithinAbs(rest, tolerance * (1 + size)));
    CHECK_THAT(loss(1), WithinRel(size + rest, tolerance));
    CHECK_THAT(loss(2), WithinRel(2 * size + rest, tolerance));
    const auto p = predict_proba(network, x);
    CHECK_THAT(static_cast<double>(p.sum()), WithinAbs(1, tolerance));
    CHECK(p(0, 0) >= p(1, 0));
  }
}

TEST_CASE("the first of several most probable classes is predicted", "[network]") {
  Network<Stack<Bernoulli>, Cpu<double>> network{{.sizes = {2, 2}, .classes = 4}};
  network.head.weights.setZero();
  network.head.layer.parameters << 1, 2, 2, 0;
  const Eigen::MatrixXd x = Eigen::MatrixXd::Zero(2, 3);
  CHECK(predict(network, x) == std::vector<int>{1, 1, 1});
}

TEST_CASE("a network refuses data that it cannot judge", "[network][errors]") {
  const Net network = small_network();
  const Eigen::MatrixXd x = inputs(5, 3, 1), other = inputs(4, 3, 1);
  CHECK_THROWS_MATCHES(predict(network, other), ShapeError,
                       Message("predict_proba: the data have 4 rows, the model has 5"));
  CHECK_THROWS_MATCHES(evaluate(network, Dataset(other, {0, 1, 2})), ShapeError,
                       Message("evaluate: the data have 4 rows, the model has 5"));
  CHECK_THROWS_MATCHES(evaluate(network, Dataset(x)), DataError,
                       Message("evaluate: the data have 0 labels for 3 samples"));
  CHECK_THROWS_MATCHES(evaluate(network, Dataset(x, {0, 3, 1})), DataError,
                       Message("labels: label 1 is 3, expected 0 to 2"));
  CHECK_THROWS_MATCHES(evaluate(network, Dataset(Eigen::MatrixXd(5, 0))), DataError,
                       Message("evaluate: the data have no samples"));
}

}  // namespace test::inference_networks_forward
