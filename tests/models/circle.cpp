// Models of angles: RBMs with von Mises units.
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/pseudo_likelihood.hpp>
#include <harmonium/inference/unit_nodes.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/von_mises.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::models_circle {

namespace {
using Angles = Rbm<VonMises, Bernoulli, Cpu<double>>;
Angles angles() {
  Angles rbm({.visible = {.units = 2, .states = 2}, .hidden = 2});
  randomise(rbm, 1, 1.5);
  return rbm;
}
}  // namespace

// A unit on the circle is a grid of angles here: the trapezoidal rule is exact up to rounding.
TEST_CASE("log Z and gradients of an RBM with von Mises units are those of sums over angles",
          "[exact][oracle]") {
  const Angles rbm = angles();
  const auto machine_of = [](const Angles& at) {
    oracle::Machine machine{{}, oracle_of(at.hidden), {}};
    const double full = 2 * std::acos(-1.0);
    for (int unit = 0; unit < 2; ++unit) {
      oracle::Unit circle{{}, {}, [](const double*) { return 0.0; }};
      for (int i = 0; i < 48; ++i) {
        circle.states.push_back({std::cos(full * i / 48), std::sin(full * i / 48)});
        circle.log_weights.push_back(std::log(full / 48));
      }
      machine.visible.units.push_back(circle);
    }
    for (Index r = 0; r < 4; ++r) {
      machine.visible.biases.push_back(at.visible.parameters(r, 0));
      machine.weights.push_back({at.weights(r, 0), at.weights(r, 1)});
    }
    return machine;
  };
  const double log_z = oracle::log_z(machine_of(rbm));
  CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-11));
  const Eigen::MatrixXd v = some_states(rbm, 5, 2);
  for (Index c = 0; c < 5; ++c)
    for (Index r = 0; r < 4; r += 2) CHECK_THAT(v.col(c).segment(r, 2).norm(), WithinAbs(1, 1e-14));
  const Eigen::VectorXd likelihood = exact_log_likelihood(rbm, v);
  for (Index c = 0; c < 5; ++c)
    CHECK_THAT(likelihood(c),
               WithinAbs(-oracle::free_energy(machine_of(rbm), column_of(v, c)) - log_z, 1e-11));

  const Cpu<double> on(1);
  auto state = make_state(rbm, 5);
  auto work = make_workspace(rbm, 5);
  state.visible = v;
  refresh(on, rbm, state.columns(0, 5));
  Angles gradient = rbm;
  const Eigen::MatrixXd weights = Eigen::MatrixXd::Constant(1, 5, 0.2);
  set_statistics(on, rbm, state.columns(0, 5), View<const double>(weights), 0, gradient, work);
  CHECK(worst_slope(rbm, flatten(gradient), [&](const Angles& at) {
          double sum = 0;
          for (Index c = 0; c < 5; ++c) sum -= 0.2 * oracle::free_energy(machine_of(at), column_of(v, c));
          return sum;
        }) < 1e-9);
}

TEST_CASE("draws of a layer of von Mises units have its means, whatever its place and rows", "[units]") {
  const Angles rbm = angles();
  const Index count = 20'000;
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(4, count);
  Eigen::MatrixXd x(4, count), means(4, count), other(4, count);
  const Cpu<double> on(1);
  sample(on, rbm.visible, View<const double>(none), View<double>(x), {.seed = 5});
  mean(on, rbm.visible, View<const double>(none), View<double>(means));
  for (Index r = 0; r < 4; ++r)
    CHECK_THAT(x.row(r).mean(), WithinAbs(means(r, 0), 5 / std::sqrt(static_cast<double>(count))));
  CHECK(x.row(0) != x.row(2));
  sample(Cpu<double>(3), rbm.visible, View<const double>(none), View<double>(other), {.seed = 5});
  CHECK(x == other);  // with any number of threads
}

TEST_CASE("training learns how angles depend on each other", "[cd]") {
  const Index count = 300;
  Eigen::MatrixXd v(4, count);
  Dice dice(3);
  for (Index c = 0; c < count; ++c) {
    const double angle = 6.28 * dice.uniform(), second = angle + 0.4 * dice.normal();
    v.col(c) << std::cos(angle), std::sin(angle), std::cos(second), std::sin(second);
  }
  Angles rbm({.visible = {.units = 2, .states = 2}, .hidden = 8, .seed = 1});
  ContrastiveDivergence{rbm, {.epochs = 0}, Cpu<double>(1)}.fit(v);
  const double before = exact_log_likelihood(rbm, v).mean();
  CHECK_THAT(before, WithinAbs(-2 * std::log(6.2832), 0.05));  // uniform
  ContrastiveDivergence{
      rbm,
      {.epochs = 100, .batch_size = 50, .steps = 2, .optimizer = Adam{.rate = 0.02}, .seed = 2},
      Cpu<double>(1)}
      .fit(v);
  CHECK(exact_log_likelihood(rbm, v).mean() > before + 0.5);
  Eigen::MatrixXd wrong = v;
  wrong(2, 4) = 3;
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{rbm, {.epochs = 1}, Cpu<double>(1)}.fit(wrong)), DataError,
      Message(
          "fit: the data have 3 in row 2 of column 4; a von mises unit takes a cosine and a sine, of squares "
          "that sum to at most 1"));
}

TEST_CASE("a von Mises unit has two rows", "[bad_input]") {
  CHECK_THROWS_MATCHES((Angles{{.visible = {.units = 2, .states = 3}, .hidden = 1}}), ShapeError,
                       Message("Layer: a von mises unit with 3 states, expected 2, its cosine and its sine"));
}

}  // namespace test::models_circle
