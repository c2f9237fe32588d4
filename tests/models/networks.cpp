// Networks with heads of any units, with activations, and mirrored ones: autoencoders.
#include <harmonium/inference/networks/autoencoding.hpp>
#include <harmonium/inference/networks/regression.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::models_networks {

namespace {

using B = Cpu<double>;
const B on;

template <class Model>
std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for_each_parameter([&](const ParameterName& name, Role, auto) { names.push_back(name.string()); }, model);
  return names;
}

}  // namespace

TEST_CASE("layers of rectified linear rows start with He's weights", "[network][relu]") {
  const Network<Stack<Bernoulli, Relu>> network{{.sizes = {80, 300, 200}, .classes = 10, .seed = 3}};
  const auto check = [](const Eigen::MatrixXf& w, double limit) {
    const Eigen::ArrayXXd u = w.cast<double>().array() / limit;
    const auto n = static_cast<double>(w.size());
    CHECK(u.abs().maxCoeff() <= 1.0000001);
    CHECK(std::abs(u.mean()) < 5 / std::sqrt(3 * n));  // variance 1/3
    CHECK(std::abs(u.square().mean() - 1.0 / 3) < 5 * std::sqrt(4 / (45 * n)));
  };
  check(std::get<Dense<Relu>>(network.layers[0]).weights, std::sqrt(6.0 / 80));
  check(std::get<Dense<Relu>>(network.layers[1]).weights, std::sqrt(6.0 / 300));
  check(network.head.weights, std::sqrt(6.0 / 210));  // Glorot's
  // Signals keep their scale: the mean square of a layer's outputs is about that of its inputs.
  Eigen::MatrixXf x = numbers(80, 500, 1).cast<float>();
  x.array() -= 0.5f;
  Activations<Cpu<float>> activations(network, 500);
  forward(Cpu<float>{}, network, View<const float>(x), activations);
  const double before = x.squaredNorm() / 80, first = activations.layers[0].mean.squaredNorm() / 300,
               second = activations.layers[1].mean.squaredNorm() / 200;
  CHECK((first / before > 0.8 && first / before < 1.25));
  CHECK((second / first > 0.7 && second / first < 1.4));
}

TEST_CASE("a network is initialized like PyTorch's if asked to be", "[network]") {
  using Row = Mixed<Bernoulli, Gaussian>;
  const Network<Stack<Bernoulli, Relu, Row>> network{
      {.sizes = {400, 900, LayerSize<Row>{30, 20}}, .classes = 100, .seed = 3, .start = Start::fan_in}};
  const auto uniform = [](const Eigen::ArrayXXd& x, double limit) {
    const Eigen::ArrayXXd u = x / limit;
    const auto n = static_cast<double>(x.size());
    CHECK(u.abs().maxCoeff() <= 1.0000001);
    CHECK(std::abs(u.mean()) < 5 / std::sqrt(3 * n));  // variance 1/3
    CHECK(std::abs(u.square().mean() - 1.0 / 3) < 5 * std::sqrt(4 / (45 * n)));
  };
  const double limits[] = {1.0 / 20, 1.0 / 20,          1.0 / 30,         1.0 / 30,
                           1.0 / 30, 1 / std::sqrt(50), 1 / std::sqrt(50)};
  std::size_t i = 0;
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto x) {
        INFO(name.string());
        const Eigen::MatrixXf m = Eigen::Map<const Eigen::MatrixXf>(x.data, x.rows, x.cols);
        if (role == Role::shape) {
          CHECK(m.isZero(0));
        } else {
          uniform(m.cast<double>().array(), limits[i++]);
        }
      },
      network);
  CHECK(i == 7);  // the mixed layer's two biases are different draws
  const auto& mixed = std::get<Dense<Row>>(network.layers[1]);
  CHECK_FALSE(std::get<0>(mixed.layer.parts).parameters.col(0).head(20) ==
              std::get<1>(mixed.layer.parts).parameters.col(0));
  // Weights and biases are different draws. The weights are the default's draws with other limits.
  const Network<Stack<Bernoulli, Relu>> fresh{{.sizes = {400, 900}, .classes = 10, .seed = 3}};
  const auto& by_default = std::get<Dense<Relu>>(fresh.layers[0]);
  CHECK(by_default.layer.parameters.isZero(0));
  CHECK(
      by_default.weights.isApprox(std::sqrt(6.0f) * std::get<Dense<Relu>>(network.layers[0]).weights, 1e-5f));
}

TEST_CASE("a network's outputs are the means of its head", "[network]") {
  Network<Stack<Gaussian, Relu>, B, Gaussian> network{{.sizes = {2, 3}, .outputs = 2}};
  auto& hidden = std::get<Dense<Relu, B>>(network.layers[0]);
  hidden.weights << 1, -1, 0.5, 2, 1, -3;
  hidden.layer.parameters << 0.5, 0, 1;
  network.head.weights << 1, 2, 3, 4, 5, 6;
  network.head.layer.parameters << 0.25, 0, -1, std::log(2.0);  // biases, log precisions
  const Eigen::MatrixXd x{{1, -1}, {2, 0.5}};
  // Fields 5.5, 1, -4.5 and 0.5, 1.5, -1; the second output is divided by its precision.
  const Eigen::MatrixXd expected{{5.5 + 3 + 0.25, 0.5 + 4.5 + 0.25}, {(11 + 4 - 1) / 2.0, (1 + 6 - 1) / 2.0}};
  CHECK(largest_difference(outputs(network, x, on), expected) < 1e-14);
  CHECK((network.input_rows() == 2 && network.output_rows() == 2));
  const Eigen::MatrixXd other = numbers(3, 4, 1);
  CHECK_THROWS_MATCHES(outputs(network, other, on), ShapeError,
                       Message("outputs: the data have 3 rows, the model has 2"));
}

TEST_CASE("a network for regression has the hidden layers of its DBN or RBM", "[network]") {
  Dbn<Stack<Gaussian, Bernoulli>> dbn{{6, 5, 3}};
  randomise(dbn, 1);
  const Network<Stack<Gaussian, Bernoulli>, Cpu<float>, Gaussian> network = regressor(dbn, 2, 9);
  for_each_rbm(dbn, [&]<class V, class H>(const Rbm<V, H>& rbm, Index i) {
    const auto& dense = std::get<Dense<H>>(network.layers[static_cast<std::size_t>(i)]);
    CHECK(dense.weights == rbm.weights);
    CHECK(dense.layer == rbm.hidden);
  });
  CHECK((network.head.weights.rows() == 3 && network.head.weights.cols() == 2));
  CHECK(network.head.layer.parameters.isZero(0));  // biases, and log precisions: precision 1
  CHECK_FALSE(network.head.weights.isZero(0));
  const auto shallow = regressor(std::get<0>(dbn.rbms[0]), 4);
  CHECK((shallow.layers.size() == 1 && shallow.output_rows() == 4));
  CHECK_THROWS_MATCHES(regressor(dbn, 0), ShapeError,
                       Message("Network: outputs has 0 rows, expected at least 1"));
}

TEST_CASE("a head that makes no sense is refused", "[network][errors]") {
  using N = Network<Stack<Bernoulli>>;
  CHECK_THROWS_MATCHES(
      N({.sizes = {4, 3}, .outputs = 2}), ShapeError,
      Message("Network: outputs is given, but the outputs of a softmax head are its classes"));
  using A = Autoencoder<Stack<Bernoulli>>;
  CHECK_THROWS_MATCHES(
      A({.sizes = {4, 3}, .outputs = 4}), ShapeError,
      Message("Network: outputs is given, but the outputs of an autoencoder are its inputs"));
  CHECK_THROWS_MATCHES(A({.sizes = {4}}), ShapeError, Message("Network: 1 layer sizes, expected at least 2"));
  using R = Network<Stack<Bernoulli>, Cpu<float>, Gaussian>;
  CHECK_THROWS_MATCHES(R({.sizes = {4, 3}}), ShapeError,
                       Message("Network: outputs has 0 rows, expected at least 1"));
  using M = Network<Stack<Bernoulli>, Cpu<float>, Mixed<Bernoulli, Gaussian>>;
  CHECK_THROWS_MATCHES(M({.sizes = {4, 3}, .outputs = 3}), ShapeError,
                       Message("StackSize: there are sizes of 0 parts for a layer of 2"));
}

TEST_CASE("an autoencoder mirrors its layers", "[network][autoencoder]") {
  const Autoencoder<Stack<Gaussian, Relu, Categorical, Bernoulli>> network{
      {.sizes = {7, 6, GroupedSize{2, 3}, 4, 2}, .seed = 1}};
  REQUIRE(network.layers.size() == 7);
  const auto rows = [&](std::size_t i) {
    return std::visit([](const auto& dense) { return dense.layer.rows(); }, network.layers[i]);
  };
  const std::vector<Index> expected{6, 6, 4, 2, 4, 6, 6};
  for (std::size_t i = 0; i < 7; ++i) CHECK(rows(i) == expected[i]);
  CHECK(std::holds_alternative<Dense<Relu>>(network.layers[0]));
  CHECK(std::get<Dense<Categorical>>(network.layers[1]).layer.group == 3);
  CHECK(std::holds_alternative<Dense<Bernoulli>>(network.layers[2]));
  CHECK(std::holds_alternative<Dense<Bernoulli>>(network.layers[4]));
  CHECK(std::get<Dense<Categorical>>(network.layers[5]).layer.group == 3);
  CHECK(std::holds_alternative<Dense<Relu>>(network.layers[6]));
  CHECK((network.head.layer.rows() == 7 && network.head.layer.parameters.cols() == 2));
  CHECK((code_depth(network) == 4 && code_rows(network) == 2));
  CHECK(network.options().sizes == std::vector<StackSize>{7, 6, GroupedSize{2, 3}, 4, 2});
  CHECK(describe(network) == Metadata{{"kind", "autoencoder"},
                                      {"depth", "4"},
                                      {"visible.unit", "gaussian"},
                                      {"visible.units", "7"},
                                      {"layers.0.unit", "relu"},
                                      {"layers.0.units", "6"},
                                      {"layers.1.unit", "categorical"},
                                      {"layers.1.units", "2"},
                                      {"layers.1.states", "3"},
                                      {"layers.2.unit", "bernoulli"},
                                      {"layers.2.units", "4"},
                                      {"layers.3.unit", "bernoulli"},
                                      {"layers.3.units", "2"}});
  CHECK(names_of(Autoencoder<Stack<Gaussian, Bernoulli>>{{.sizes = {3, 2}}}) ==
        std::vector<std::string>{"layers.0.weight", "layers.0.bias", "head.weight", "head.bias",
                                 "head.log_precision"});
}

TEMPLATE_TEST_CASE("an unrolled DBN reconstructs as the DBN does", "[network][autoencoder]",
                   (Stack<Bernoulli, Bernoulli, Bernoulli, Gaussian>),
                   (Stack<Gaussian, Categorical, Quintic>),
                   (Stack<Mixed<Bernoulli, Categorical, Gaussian>, Bernoulli>)) {
  using Units = TestType;
  constexpr bool table = detail::is_mixed<typename Units::template At<0>>;
  const StackSize bottom = table ? StackSize(std::tuple(3, GroupedSize{2, 2}, 2)) : StackSize(9);
  const StackSize second = Units::named == 3 ? StackSize(GroupedSize{2, 3}) : StackSize(7);
  Dbn<Units, B> dbn{{.sizes = {bottom, second, 6, 4}}};
  randomise(dbn, 1);
  const Autoencoder<Units, B> network = autoencoder(dbn);
  const Eigen::MatrixXd x = numbers(9, 503, 2);  // more than a block
  const Eigen::MatrixXd codes = encode(dbn, x), whole = reconstruct(dbn, x);
  CHECK(largest_difference(encode(network, x), codes) < 1e-13);
  CHECK(largest_difference(decode(network, codes), decode(dbn, codes)) < 1e-13);
  CHECK(largest_difference(reconstruct(network, x), whole) < 1e-12);
  CHECK(largest_difference(outputs(network, x, on), whole) < 1e-12);
  CHECK(whole.colwise().sum().maxCoeff() - whole.colwise().sum().minCoeff() > 1e-3);  // depends on x
  CHECK((codes.rows() == 4 && code_rows(network) == 4));
}

TEST_CASE("an unrolled RBM reconstructs as the RBM does", "[network][autoencoder]") {
  Rbm<Bernoulli, Gaussian, B> rbm{{.visible = 6, .hidden = 3}};
  randomise(rbm, 1);
  const auto network = autoencoder(rbm);
  const Eigen::MatrixXd x = numbers(6, 5, 2);
  CHECK(network.layers.size() == 1);
  CHECK(largest_difference(reconstruct(network, x), reconstruct(rbm, x)) < 1e-13);
  CHECK(largest_difference(encode(network, x), encode(rbm, x)) < 1e-13);
}

TEST_CASE("an autoencoder refuses what does not fit", "[network][autoencoder][errors]") {
  const Autoencoder<Stack<Bernoulli>, B> network{{.sizes = {6, 3}}};
  const Eigen::MatrixXd x = numbers(5, 2, 1);
  CHECK_THROWS_MATCHES(encode(network, x), ShapeError,
                       Message("encode: the data have 5 rows, the model has 6"));
  CHECK_THROWS_MATCHES(decode(network, x), ShapeError,
                       Message("decode: the codes have 5 rows, the model has 3"));
  CHECK_THROWS_MATCHES(reconstruct(network, x), ShapeError,
                       Message("reconstruct: the data have 5 rows, the model has 6"));
  CHECK_THROWS_AS(autoencoder(Dbn<Stack<Bernoulli>>{}), ShapeError);
}

}  // namespace test::models_networks
