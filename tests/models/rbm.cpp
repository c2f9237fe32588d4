// RBMs of the unit types with the simplest closed forms, and of a user-defined one; pairs.cpp has the others.
#include <harmonium/models/rbm.hpp>

#include <harmonium/inference/free_energy.hpp>
#include <harmonium/inference/layers.hpp>
#include <limits>

#include "pairs.hpp"

using namespace harmonium;
using namespace test;

namespace test::models_rbm {

#define ALL_PAIRS                                                                                            \
  BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical, GaussianBernoulli, GaussianGaussian,          \
      GaussianCategorical, CategoricalBernoulli, CategoricalGaussian, CategoricalCategorical, SpinAtMostOne, \
      QuinticBernoulli, PlainGaussianQuintic

TEMPLATE_TEST_CASE("one layer's means given the other agree with the enumeration", "[rbm][oracle]",
                   ALL_PAIRS) {
  check_means<TestType>();
}

TEMPLATE_TEST_CASE("draws of one layer given the other are the layer's draws at its input", "[rbm]",
                   ALL_PAIRS) {
  check_draws<TestType>();
}

TEMPLATE_TEST_CASE("energies and free energies agree with the enumeration", "[rbm][oracle]", ALL_PAIRS) {
  check_energies<TestType>();
}

TEMPLATE_TEST_CASE("statistics are the slopes of minus the free energy along each parameter",
                   "[rbm][oracle][slow]", ALL_PAIRS) {
  check_statistics<TestType>();
}

TEMPLATE_TEST_CASE("a reconstruction is one step down of means", "[rbm]", BernoulliBernoulli,
                   GaussianCategorical) {
  const auto rbm = small_rbm<TestType>(4);
  const Cpu<double> on;
  auto state = make_state(rbm, 7);
  auto work = make_workspace(rbm, 9);
  state.visible = some_states(rbm, 7, 5);
  refresh(on, rbm, state.columns(0, 7));
  Eigen::MatrixXd out(rbm.visible.rows(), 3);
  reconstruct(on, rbm, state.columns(2, 3), work, View<double>(out));
  const Eigen::MatrixXd v = state.visible.middleCols(2, 3);
  CHECK(largest_difference(out, mean_visible(rbm, mean_hidden(rbm, v))) < 1e-12);
}

TEST_CASE("an RBM is made with normal weights of a seed and zero biases", "[rbm]") {
  const Rbm<Bernoulli, Gaussian> rbm{{.visible = 60, .hidden = 50, .seed = 3, .weight_scale = 0.02}};
  const double n = 60 * 50;
  const Eigen::ArrayXXd w = rbm.weights.cast<double>().array() / 0.02;
  CHECK(std::abs(w.mean()) < 5 / std::sqrt(n));
  CHECK(std::abs(w.square().mean() - 1) < 5 * std::sqrt(2 / n));
  CHECK((rbm.visible.parameters.isZero(0) && rbm.hidden.parameters.isZero(0)));
  CHECK((rbm.hidden.parameters.rows() == 50 && rbm.hidden.parameters.cols() == 2));
  using R = Rbm<Bernoulli, Gaussian>;
  CHECK(R{{.visible = 60, .hidden = 50, .seed = 3, .weight_scale = 0.02}} == rbm);
  CHECK_FALSE(R{{.visible = 60, .hidden = 50, .seed = 4, .weight_scale = 0.02}} == rbm);
  CHECK(R{{.visible = 6, .hidden = 5, .weight_scale = 0}}.weights.isZero(0));
}

TEST_CASE("an RBM refuses sizes and scales that make no sense", "[rbm][errors]") {
  using Catch::Matchers::Message;
  using R = Rbm<Bernoulli, Categorical>;
  CHECK_THROWS_MATCHES(R({.visible = 0, .hidden = {2, 3}}), ShapeError,
                       Message("Layer: a bernoulli layer of 0 units, expected at least 1"));
  CHECK_THROWS_MATCHES(
      R({.visible = 4, .hidden = {2, 0}}), ShapeError,
      Message("Layer: a categorical layer of 2 units with 0 states, expected at least 1 of each"));
  CHECK_THROWS_MATCHES(R({.visible = 4, .hidden = {2, 3}, .weight_scale = -0.5}), ValueError,
                       Message("Rbm: weight_scale is -0.5, expected a number of at least 0"));
  CHECK_THROWS_AS(R({.visible = 4, .hidden = {2, 3}, .weight_scale = std::nan("")}), ValueError);
}

TEST_CASE("inference refuses samples of another size", "[rbm][errors]") {
  using Catch::Matchers::Message;
  const auto rbm = small_rbm<BernoulliCategorical>(1);  // 4 visible rows, 6 hidden ones
  const Eigen::MatrixXd v(3, 2), h(5, 2);
  CHECK_THROWS_MATCHES(mean_hidden(rbm, v), ShapeError,
                       Message("mean_hidden: the data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(mean_visible(rbm, h), ShapeError,
                       Message("mean_visible: h has 5 rows, the RBM has 6 hidden rows"));
  CHECK_THROWS_MATCHES(sample_hidden(rbm, v, {}), ShapeError,
                       Message("sample_hidden: the data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(sample_visible(rbm, h, {}), ShapeError,
                       Message("sample_visible: h has 5 rows, the RBM has 6 hidden rows"));
  CHECK_THROWS_MATCHES(free_energy(rbm, v), ShapeError,
                       Message("free_energy: the data have 3 rows, the model has 4"));
}

}  // namespace test::models_rbm
