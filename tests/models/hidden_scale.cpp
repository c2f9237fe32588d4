#include <harmonium/models/hidden_scale.hpp>

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/drelu.hpp>

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

}  // namespace test::models_hidden_scale
