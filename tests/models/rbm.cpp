// An RBM's conditionals, energies and gradients against the sums over all joint states, for all pairs of unit
// types.
#include <harmonium/models/rbm.hpp>

#include <harmonium/inference/conditionals.hpp>
#include <harmonium/inference/free_energy.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

// All numbers here are below 100 and come from fewer than 1e5 terms: 1e-11 is a thousand roundings.
#define ALL_PAIRS                                                                                            \
  BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical, GaussianBernoulli, GaussianGaussian,          \
      GaussianCategorical, CategoricalBernoulli, CategoricalGaussian, CategoricalCategorical, SpinAtMostOne, \
      QuinticBernoulli, PlainGaussianQuintic

TEMPLATE_TEST_CASE("one layer's means given the other are those of the enumeration", "[rbm][oracle]",
                   ALL_PAIRS) {
  const auto rbm = small_rbm<TestType>(1);
  const oracle::Machine machine = oracle_of(rbm);
  const Eigen::MatrixXd v = some_states(rbm, 5, 2);
  const Eigen::MatrixXd h = mean_hidden(rbm, v), down = mean_visible(rbm, h);
  REQUIRE((h.rows() == rbm.hidden.rows() && down.rows() == rbm.visible.rows()));
  for (Index c = 0; c < 5; ++c) {
    const auto hidden = oracle::mean(machine.hidden, oracle::hidden_input(machine, column_of(v, c)));
    CHECK(largest_difference(h.col(c), columns({hidden})) < 1e-11);
    const auto visible = oracle::mean(machine.visible, oracle::visible_input(machine, column_of(h, c)));
    CHECK(largest_difference(down.col(c), columns({visible})) < 1e-11);
  }
}

TEMPLATE_TEST_CASE("draws of one layer given the other are the layer's draws at its input", "[rbm]",
                   ALL_PAIRS) {
  const auto rbm = small_rbm<TestType>(1);
  const Cpu<double> on;
  const Draws at{.seed = 3, .step = 4, .first_sample = 5};
  const Eigen::MatrixXd v = some_states(rbm, 6, 2), h = sample_hidden(rbm, v, at),
                        down = sample_visible(rbm, h, at);
  Eigen::MatrixXd expected_h(h.rows(), 6), expected_v(v.rows(), 6);
  const Eigen::MatrixXd up = rbm.weights.transpose() * v, input = rbm.weights * h;
  sample(on, rbm.hidden, up, expected_h, at.in(Stream::hidden));
  sample(on, rbm.visible, input, expected_v, at.in(Stream::visible));
  CHECK(largest_difference(h, expected_h) < 1e-12);  // products may be summed in another order
  CHECK(largest_difference(down, expected_v) < 1e-12);
}

TEMPLATE_TEST_CASE("energies and free energies are those of the enumeration", "[rbm][oracle]", ALL_PAIRS) {
  const auto rbm = small_rbm<TestType>(2);
  const oracle::Machine machine = oracle_of(rbm);
  const Cpu<double> on;
  const Eigen::MatrixXd v = some_states(rbm, 6, 3), h = sample_hidden(rbm, v, {.seed = 4});
  const Eigen::MatrixXd free = free_energy(rbm, v);
  REQUIRE((free.rows() == 1 && free.cols() == 6));
  Eigen::MatrixXd joint = Eigen::MatrixXd::Zero(1, 6);
  add_energy(on, rbm.visible, v, 1, joint);
  add_energy(on, rbm.hidden, h, 1, joint);
  const Eigen::MatrixXd up = rbm.weights.transpose() * v;
  on.dot_columns(-1, up, h, joint);
  for (Index c = 0; c < 6; ++c) {
    CHECK_THAT(joint(0, c),
               Catch::Matchers::WithinAbs(oracle::energy(machine, column_of(v, c), column_of(h, c)), 1e-11));
    CHECK_THAT(free(0, c), Catch::Matchers::WithinAbs(oracle::free_energy(machine, column_of(v, c)), 1e-11));
  }
}

// The numerical slope of the oracle's free energy has an error of about 1e-11, and of its sums of several
// 1e-10.
TEMPLATE_TEST_CASE("statistics are the slopes of minus the free energy along each parameter", "[rbm][oracle]",
                   ALL_PAIRS) {
  auto rbm = small_rbm<TestType>(3);
  const Cpu<double> on;
  const Index first = 2, count = 5;
  auto state = make_state(rbm, 9);
  auto work = make_workspace(rbm, 9);
  state.visible = some_states(rbm, 9, 5);
  refresh(on, rbm, state.columns(0, 9));
  const Eigen::MatrixXd weights{{0.7, -1.5, 0.2, 1, -0.25}};

  TestType gradient = rbm;  // must be overwritten, whatever it holds
  for_each_parameter([&](const ParameterName&, Role, auto x) { on.fill(x, std::nan("")); }, gradient);
  set_statistics(on, rbm, state.columns(first, count), View<const double>(weights), 0, gradient, work);
  TestType twice = gradient;
  set_statistics(on, rbm, state.columns(first, count), View<const double>(weights), 1, twice, work);

  TestType moved = rbm;
  double far = 0, far_twice = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x, auto g, auto g2) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) {
            const double here = x(r, c);
            const double slope = oracle::derivative(
                [&](double number) {
                  x(r, c) = number;
                  const oracle::Machine machine = oracle_of(moved);
                  double sum = 0;
                  for (Index i = 0; i < count; ++i)
                    sum -= weights(0, i) * oracle::free_energy(machine, column_of(state.visible, first + i));
                  return sum;
                },
                here);
            x(r, c) = here;
            far = std::fmax(far, std::isnan(g(r, c)) ? INFINITY : std::abs(g(r, c) - slope));
            far_twice =
                std::fmax(far_twice, std::isnan(g2(r, c)) ? INFINITY : std::abs(g2(r, c) - 2 * slope));
          }
      },
      moved, gradient, twice);
  CHECK(far < 1e-9);
  CHECK(far_twice < 2e-9);
  CHECK(moved == rbm);
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
                       Message("mean_hidden: v has 3 rows, the RBM has 4 visible rows"));
  CHECK_THROWS_MATCHES(mean_visible(rbm, h), ShapeError,
                       Message("mean_visible: h has 5 rows, the RBM has 6 hidden rows"));
  CHECK_THROWS_MATCHES(sample_hidden(rbm, v, {}), ShapeError,
                       Message("sample_hidden: v has 3 rows, the RBM has 4 visible rows"));
  CHECK_THROWS_MATCHES(sample_visible(rbm, h, {}), ShapeError,
                       Message("sample_visible: h has 5 rows, the RBM has 6 hidden rows"));
  CHECK_THROWS_MATCHES(free_energy(rbm, v), ShapeError,
                       Message("free_energy: v has 3 rows, the model has 4 visible rows"));
}
