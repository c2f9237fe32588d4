// DBNs and networks: stacks of different units.
#include <harmonium/models/network.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using Catch::Matchers::Message;

namespace test::models_stacks {

TEST_CASE("a DBN's RBMs have the unit types and sizes of its stack", "[dbn]") {
  const Dbn<Stack<Gaussian, Categorical, Bernoulli>> dbn{{6, GroupedSize{.units = 2, .states = 4}, 5, 3}};
  REQUIRE(dbn.depth() == 3);
  const auto& bottom = std::get<Rbm<Gaussian, Categorical>>(dbn.rbms[0]);
  CHECK((bottom.weights.rows() == 6 && bottom.weights.cols() == 8 && bottom.hidden.group == 4));
  const auto& middle = std::get<Rbm<Categorical, Bernoulli>>(dbn.rbms[1]);
  CHECK((middle.weights.rows() == 8 && middle.weights.cols() == 5));
  const auto& top = std::get<Rbm<Bernoulli, Bernoulli>>(dbn.rbms[2]);  // the last type named repeats
  CHECK((top.weights.rows() == 5 && top.weights.cols() == 3));
  std::vector<Index> order;
  for_each_rbm(dbn, [&](const auto& rbm, Index i) {
    order.push_back(i);
    CHECK(rbm.weights.rows() == rbm.visible.rows());
  });
  CHECK(order == std::vector<Index>{0, 1, 2});
}

TEST_CASE("a DBN's RBMs start like RBMs of consecutive seeds", "[dbn]") {
  const Dbn<Stack<Bernoulli>> dbn{{.sizes = {6, 5, 4}, .seed = 7, .weight_scale = 0.5}};
  using R = Rbm<Bernoulli, Bernoulli>;
  CHECK(std::get<R>(dbn.rbms[0]) == R{{.visible = 6, .hidden = 5, .seed = 7, .weight_scale = 0.5}});
  CHECK(std::get<R>(dbn.rbms[1]) == R{{.visible = 5, .hidden = 4, .seed = 8, .weight_scale = 0.5}});
  CHECK(Dbn<Stack<Bernoulli>>{{6, 5, 4}, 3} == Dbn<Stack<Bernoulli>>{{.sizes = {6, 5, 4}, .seed = 3}});
}

TEST_CASE("a DBN refuses sizes that are not a stack", "[dbn][errors]") {
  CHECK_THROWS_MATCHES(Dbn<Stack<Bernoulli>>({.sizes = {5}}), ShapeError,
                       Message("Dbn: 1 layer sizes, expected at least 2"));
  CHECK_THROWS_MATCHES((Dbn<Stack<Gaussian, Bernoulli, Gaussian>>({.sizes = {5, 4}})), ShapeError,
                       Message("Dbn: 2 layer sizes, expected at least 3"));
  CHECK_THROWS_MATCHES(Dbn<Stack<Bernoulli>>({.sizes = {5, 0, 3}}), ShapeError,
                       Message("Layer: a bernoulli layer of 0 units, expected at least 1"));
  CHECK_THROWS_AS((Dbn<Stack<Bernoulli, Categorical>>({.sizes = {5, 4}})),
                  ShapeError);  // 4 units with no states
}

TEST_CASE("a fresh network has Glorot's weights, zero biases and depends on its seed", "[network]") {
  const Network<Stack<Bernoulli, Gaussian>> network{{.sizes = {40, 60, 50}, .classes = 10, .seed = 3}};
  const auto check = [](const Eigen::MatrixXf& w) {
    const double limit = std::sqrt(6.0 / static_cast<double>(w.rows() + w.cols())),
                 n = static_cast<double>(w.size());
    const Eigen::ArrayXXd u = w.cast<double>().array() / limit;
    CHECK(u.abs().maxCoeff() <= 1.0000001);
    CHECK(std::abs(u.mean()) < 5 / std::sqrt(3 * n));  // variance 1/3
    CHECK(std::abs(u.square().mean() - 1.0 / 3) < 5 * std::sqrt(4 / (45 * n)));
  };
  using Hidden = Dense<Gaussian>;
  const auto& first = std::get<Hidden>(network.layers[0]);
  const auto& second = std::get<Hidden>(network.layers[1]);
  check(first.weights);
  check(second.weights);
  check(network.head.weights);
  CHECK((first.layer.parameters.isZero(0) && second.layer.parameters.isZero(0)));
  CHECK(network.head.layer.parameters.isZero(0));
  CHECK((network.input_rows() == 40 && network.classes() == 10));
  CHECK(first.weights.topLeftCorner(40, 50) != second.weights.topLeftCorner(40, 50));
  CHECK(Network<Stack<Bernoulli, Gaussian>>{{.sizes = {40, 60, 50}, .classes = 10, .seed = 3}} == network);
  CHECK_FALSE(Network<Stack<Bernoulli, Gaussian>>{{.sizes = {40, 60, 50}, .classes = 10, .seed = 4}} ==
              network);
}

TEST_CASE("a network refuses sizes that make no sense", "[network][errors]") {
  using N = Network<Stack<Bernoulli>>;
  CHECK_THROWS_MATCHES(N({.sizes = {5}}), ShapeError, Message("Network: 1 layer sizes, expected at least 2"));
  CHECK_THROWS_MATCHES(N({.sizes = {5, 4}, .classes = 1}), ShapeError,
                       Message("Network: classes is 1, expected at least 2"));
  CHECK_THROWS_MATCHES(N({.sizes = {0, 4}}), ShapeError,
                       Message("Network: the input has 0 rows, expected at least 1"));
  CHECK_THROWS_AS(N({.sizes = {5, 0}}), ShapeError);
  CHECK_THROWS_AS(N({.sizes = {}}), ShapeError);
}

TEST_CASE("a classifier has all hidden layers of its DBN, the top one included", "[network]") {
  using Units = Stack<Gaussian, Categorical, Bernoulli>;
  Dbn<Units> dbn{{6, GroupedSize{.units = 2, .states = 4}, 5, 3}};
  test::randomise(dbn, 1);
  const Network<Units> network = classifier(dbn, 7, 9);
  REQUIRE(network.layers.size() == 3);
  for_each_rbm(dbn, [&]<class V, class H, class B>(const Rbm<V, H, B>& rbm, Index i) {
    const auto& dense = std::get<Dense<H, B>>(network.layers[static_cast<std::size_t>(i)]);
    CHECK(dense.weights == rbm.weights);
    CHECK(dense.layer == rbm.hidden);
  });
  CHECK((network.input_rows() == 6 && network.classes() == 7));
  CHECK((network.head.weights.rows() == 3 && network.head.weights.cols() == 7));
  CHECK_FALSE(network.head.weights.isZero(0));
  CHECK_FALSE(classifier(dbn, 7, 10) == network);
  CHECK_THROWS_MATCHES(classifier(dbn, 1), ShapeError, Message("Network: classes is 1, expected at least 2"));
}

TEST_CASE("a classifier has the hidden layer of its RBM", "[network]") {
  Rbm<Categorical, Gaussian> rbm{{.visible = {2, 3}, .hidden = 4}};
  test::randomise(rbm, 1);
  const auto network = classifier(rbm, 3);
  REQUIRE(network.layers.size() == 1);
  CHECK(std::get<Dense<Gaussian>>(network.layers[0]).weights == rbm.weights);
  CHECK(std::get<Dense<Gaussian>>(network.layers[0]).layer == rbm.hidden);
  CHECK(network.input_rows() == 6);
}

}  // namespace test::models_stacks
