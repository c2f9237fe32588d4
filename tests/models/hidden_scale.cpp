#include <harmonium/models/hidden_scale.hpp>

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/drelu.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::models_hidden_scale {

namespace {
using Sites = Rbm<Categorical, Mixed<Bernoulli, Drelu>, Cpu<double>>;

Sites sites(std::uint64_t seed) {
  Sites rbm({.visible = {.units = 3, .states = 3}, .hidden = {2, 3}});
  randomise(rbm, seed, 0.8);
  return rbm;
}

// E[(h - about)^2] of hidden units over samples: the variance given each sample, and how far its mean is off.
Eigen::VectorXd spread_of(const Sites& rbm, const Eigen::MatrixXd& v, const Eigen::VectorXd& about) {
  const Eigen::MatrixXd input = rbm.weights.transpose() * v, ones = Eigen::MatrixXd::Ones(5, v.cols());
  Eigen::MatrixXd variances(5, v.cols());
  backpropagate(Cpu<double>{}, rbm.hidden, View<const double>(input), View<const double>(ones),
                View<double>(variances));
  const Eigen::MatrixXd means = mean_hidden(rbm, v);
  return variances.rowwise().mean() + (means.colwise() - about).array().square().rowwise().mean().matrix();
}
}  // namespace

TEST_CASE("the spread of hidden units about their offsets is a mean over samples", "[rbm]") {
  const Sites rbm = sites(1);
  const Eigen::MatrixXd v = some_states(rbm, 4, 2), input = rbm.weights.transpose() * v;
  const Eigen::VectorXd about{{9.0, 9.0, 0.3, -0.7, 1.4}};
  const Eigen::MatrixXd weights = Eigen::MatrixXd::Constant(1, 4, 0.25);
  Eigen::MatrixXd spread = Eigen::MatrixXd::Constant(5, 1, 0.5), room(5, 4);
  add_spread(Cpu<double>(1), rbm.hidden, input, about, weights, room, spread);
  CHECK((spread(0, 0) == 0.5 && spread(1, 0) == 0.5));  // binary units have no scale
  const Eigen::VectorXd expected = spread_of(rbm, v, about);
  for (Index r = 2; r < 5; ++r) CHECK_THAT(spread(r, 0), WithinRel(0.5 + expected(r), 1e-12));
}

TEST_CASE("the scale gauge does not change what the visible units do, and makes the spread 1",
          "[rbm][exact]") {
  Sites rbm = sites(1);
  const Sites before = rbm;
  const Eigen::MatrixXd v = some_states(rbm, 6, 2);
  Eigen::MatrixXd offsets = mean_hidden(rbm, v).rowwise().mean(), scales(5, 1);
  Eigen::MatrixXd spread = spread_of(rbm, v, offsets);
  const Eigen::MatrixXd old = spread, old_offsets = offsets;
  fix_hidden_scale(Cpu<double>(1), rbm, View<double>(spread), View<double>(offsets), View<double>(scales));
  CHECK(largest_difference(exact_log_likelihood(rbm, v), exact_log_likelihood(before, v)) < 1e-12);
  CHECK(rbm.weights.leftCols(2) == before.weights.leftCols(2));
  for (Index r = 2; r < 5; ++r) {
    CHECK_THAT(scales(r, 0), WithinRel(std::sqrt(old(r, 0)), 1e-15));
    CHECK_THAT(offsets(r, 0), WithinRel(old_offsets(r, 0) / scales(r, 0), 1e-15));
    CHECK(spread(r, 0) == 1);
    CHECK_THAT(spread_of(rbm, v, offsets)(r), WithinRel(1.0, 1e-12));
  }
  // What is not a spread changes nothing.
  const Sites now = rbm;
  spread(2, 0) = 0, spread(3, 0) = std::nan(""), spread(4, 0) = INFINITY;
  fix_hidden_scale(Cpu<double>(1), rbm, View<double>(spread), View<double>(offsets), View<double>(scales));
  CHECK(rbm == now);
}

TEST_CASE("dReLU hidden units have variance 1 over the data after training, unless told otherwise", "[cd]") {
  using Model = Rbm<Categorical, Drelu, Cpu<double>>;
  const Eigen::MatrixXd v = some_states(sites(7), 60, 5);
  const auto variances = [&](bool standardized) {
    Model rbm({.visible = {.units = 3, .states = 3}, .hidden = 2, .seed = 3});
    rbm.hidden.parameters.col(1).setConstant(1);  // as if measured in other units
    ContrastiveDivergence trainer{rbm,
                                  {.epochs = 10,
                                   .batch_size = 60,
                                   .steps = 1,
                                   .optimizer = Adam{},
                                   .offset_rate = 1,
                                   .average_last = 0,
                                   .standardized = standardized},
                                  Cpu<double>(1)};
    trainer.fit(v);
    const Eigen::MatrixXd input = rbm.weights.transpose() * v, ones = Eigen::MatrixXd::Ones(2, v.cols());
    Eigen::MatrixXd result(2, v.cols());
    backpropagate(Cpu<double>{}, rbm.hidden, View<const double>(input), View<const double>(ones),
                  View<double>(result));
    const Eigen::MatrixXd means = mean_hidden(rbm, v);
    return Eigen::VectorXd(
        result.rowwise().mean() +
        (means.colwise() - means.rowwise().mean().eval()).array().square().rowwise().mean().matrix());
  };
  // One step of Adam, which the spread is measured before, changes parameters by at most 0.005 each.
  for (const double variance : variances(true)) CHECK_THAT(variance, WithinAbs(1, 0.03));
  for (const double variance : variances(false)) CHECK(variance < 0.7);  // began at 1 / e
}

namespace {
using Family = Rbm<Categorical, Drelu, Cpu<double>>;

// Finds an optimizer's moments among the state of a trainer.
struct Moments {
  std::vector<Family> found = {};
  template <class Part, class... More>
  void operator()(const std::string& name, Part&& part, More&&...) {
    if constexpr (std::is_same_v<std::remove_cvref_t<Part>, Family>) {
      if (name.starts_with("moments.")) found.push_back(part);
    } else if constexpr (requires { part.forgotten_at(); }) {
      part.for_each_state(*this);
    }
  }
};
}  // namespace

TEST_CASE("moments of an optimizer change with the units of measurement of hidden units",
          "[cd][optimizers]") {
  Family begin({.visible = {.units = 3, .states = 3}, .hidden = 2});
  randomise(begin, 4, 0.8);
  begin.hidden.parameters.col(1) << 1, -2;  // far from variance 1
  const Eigen::MatrixXd v = some_states(begin, 8, 2);
  const auto after_one_step = [&](const AnyOptimizer& optimizer) {
    Family rbm = begin;
    ContrastiveDivergence trainer{
        rbm, {.epochs = 1, .batch_size = 8, .optimizer = optimizer, .max_gradient_norm = 0}, Cpu<double>(1)};
    trainer.step({.values = v});
    Moments moments;
    trainer.for_each_state(moments);
    return std::pair{moments.found, trainer.gradient()};
  };
  // The unit's root of the spread before the step, by which weights and biases were multiplied after it.
  const Eigen::MatrixXd input = begin.weights.transpose() * v, ones = Eigen::MatrixXd::Ones(2, 8);
  Eigen::MatrixXd variances(2, 8);
  backpropagate(Cpu<double>{}, begin.hidden, View<const double>(input), View<const double>(ones),
                View<double>(variances));
  const Eigen::MatrixXd means = mean_hidden(begin, v);
  const Eigen::VectorXd scale =
      (variances.rowwise().mean() +
       (means.colwise() - means.rowwise().mean().eval()).array().square().rowwise().mean().matrix())
          .cwiseSqrt();
  REQUIRE((scale.array() - 1).abs().minCoeff() > 0.1);
  const auto check = [&](const Family& moment, const Family& plain, int power) {
    const Eigen::VectorXd factors = scale.array().pow(power);
    CHECK(largest_difference(moment.weights, plain.weights * factors.asDiagonal()) < 1e-12);
    CHECK(largest_difference(moment.hidden.parameters.col(0),
                             factors.asDiagonal() * plain.hidden.parameters.col(0)) < 1e-12);
    CHECK(largest_difference(moment.hidden.parameters.rightCols(3), plain.hidden.parameters.rightCols(3)) <
          1e-12);
    CHECK(largest_difference(moment.visible.parameters, plain.visible.parameters) < 1e-12);
  };
  const auto scaled = [](Family g, double factor, bool squared) {
    for_each_parameter(
        [&](const ParameterName&, Role, auto x) {
          for (Index c = 0; c < x.cols; ++c)
            for (Index r = 0; r < x.rows; ++r) x(r, c) = factor * (squared ? x(r, c) * x(r, c) : x(r, c));
        },
        g);
    return g;
  };
  const auto [of_adam, gradient] = after_one_step(Adam{.rate = 0.01});
  REQUIRE(of_adam.size() == 2);
  check(of_adam[0], scaled(gradient, 0.1, false), -1);
  check(of_adam[1], scaled(gradient, 0.001, true), -2);
  const auto of_momentum = after_one_step(Momentum{.rate = 0.01}).first;
  REQUIRE(of_momentum.size() == 1);
  check(of_momentum[0], scaled(gradient, 0.01, false), 1);
}

TEST_CASE("weights stay within the largest norm where gauges would make them longer", "[cd][max_norm]") {
  const auto check = [](auto rbm, double most) {
    const Eigen::MatrixXd v = some_states(rbm, 20, 2);
    ContrastiveDivergence trainer{rbm,
                                  {.epochs = 1,
                                   .batch_size = 20,
                                   .optimizer = Momentum{.rate = 0},
                                   .penalties = {.max_norm = most},
                                   .offset_rate = 1},
                                  Cpu<double>(1)};
    trainer.step({.values = v});
    CHECK_THAT(rbm.weights.colwise().norm().maxCoeff(), WithinRel(most, 1e-12));
    for (Index i = 0; i < rbm.visible.rows(); i += 3)  // the visible units' gauge is kept
      CHECK(rbm.weights.middleRows(i, 3).colwise().sum().cwiseAbs().maxCoeff() < 1e-12);
    return rbm;
  };
  Family scaled({.visible = {.units = 3, .states = 3}, .hidden = 2});
  randomise(scaled, 4, 0.8);
  scaled.hidden.parameters.col(1).setConstant(-2);  // far more spread than 1, so that weights grow
  check(scaled, 0.5);
  // One column against the two others of its unit grows by a third in the zero-sum gauge.
  Rbm<Categorical, Categorical, Cpu<double>> opposed(
      {.visible = {.units = 2, .states = 3}, .hidden = {.units = 1, .states = 3}});
  opposed.weights.col(0) << 1, -1, 0, 0, 2, -2;
  opposed.weights.col(1) = opposed.weights.col(2) = -opposed.weights.col(0);
  opposed.visible.parameters.setConstant(0.25);
  const auto limited = check(opposed, 0.5);
  // What hidden units receive at the visible means is what it was: up to a number that all three states
  // share.
  const Eigen::MatrixXd v = some_states(opposed, 20, 2);
  const Eigen::VectorXd mu = v.rowwise().mean(),
                        before = opposed.weights.transpose() * mu + opposed.hidden.parameters.col(0),
                        after = limited.weights.transpose() * mu + limited.hidden.parameters.col(0),
                        change = after - before;
  CHECK((change.array() - change.mean()).abs().maxCoeff() < 1e-12);
}

}  // namespace test::models_hidden_scale
