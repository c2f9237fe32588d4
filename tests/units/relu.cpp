#include <harmonium/units/relu.hpp>

#include <harmonium/models/layer.hpp>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::units_relu {

namespace {

// x^3, which defines no more than required.
struct Cube {
  static constexpr const char* name = "cube";
  static constexpr bool activation = true;
  template <class T>
  static constexpr T mean(T field) {
    return field * field * field;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("a rectified linear row outputs its field above 0 and nothing below", "[relu]", float,
                   double) {
  using T = TestType;
  CHECK(Relu::mean(T(2.5)) == T(2.5));
  CHECK(Relu::mean(T(-2.5)) == T(0));
  CHECK(Relu::mean(T(0)) == T(0));
  CHECK(std::isnan(Relu::mean(std::numeric_limits<T>::quiet_NaN())));
  CHECK(Relu::backpropagate(T(0.1), T(7)) == T(7));
  CHECK(Relu::backpropagate(T(-0.1), T(7)) == T(0));
  CHECK(Relu::backpropagate(T(0), T(7)) == T(0));
}

TEST_CASE("activations are not units, and units are not activations", "[relu]") {
  static_assert(Activation<Relu> && Activation<Cube> && !Unit<Relu>);
  static_assert(Unit<Bernoulli> && !Activation<Bernoulli> && !Activation<int>);
  CHECK(Family<Relu>::shapes == 0);
  CHECK_FALSE((Family<Relu>::grouped || Family<Relu>::finite));
}

TEST_CASE("the slope of an activation is derived from its output", "[relu]") {
  CHECK(Family<Cube>::mean(3.0) == 27);
  CHECK(Family<Cube>::backpropagate(3.0, 2.0) == 54);
}

TEST_CASE("a layer of activations adds its biases, computes outputs and back-propagates", "[relu][layer]") {
  Layer<Relu, Cpu<double>> layer(3);
  layer.parameters << 1, -1, 0.5;
  const Eigen::MatrixXd input{{0.5, -2}, {0.5, 3}, {-0.25, -0.5}}, delta{{2, 3}, {4, 5}, {6, 7}};
  Eigen::MatrixXd out(3, 2);
  mean(Cpu<double>{}, layer, View<const double>(input), View<double>(out));
  CHECK(out == Eigen::MatrixXd{{1.5, 0}, {0, 2}, {0.25, 0}});
  backpropagate(Cpu<double>{}, layer, View<const double>(input), View<const double>(delta),
                View<double>(out));
  CHECK(out == Eigen::MatrixXd{{2, 0}, {0, 5}, {6, 0}});
  CHECK((layer.rows() == 3 && layer.units() == 3 && layer.size() == 3));
}

}  // namespace test::units_relu
