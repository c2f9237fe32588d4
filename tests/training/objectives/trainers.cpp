// Trainers of local objectives. The data are all states of a planted model, weighted by their probabilities,
// or a grid of them, so that results do not depend on chance.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/minimum_probability_flow.hpp>
#include <harmonium/training/pseudo_likelihood.hpp>
#include <harmonium/training/ratio_matching.hpp>
#include <harmonium/training/score_matching.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_objectives_trainers {

namespace {

/// Samples that represent a distribution: weights sum to their number.
struct Population {
  Eigen::MatrixXd samples;
  std::vector<double> weights;
  Batch<double> batch() const { return {.values = View<const double>(samples), .weights = weights}; }
};

Population population(Eigen::MatrixXd samples, const Eigen::VectorXd& log_probabilities) {
  Eigen::ArrayXd p = (log_probabilities.array() - log_probabilities.maxCoeff()).exp();
  p *= static_cast<double>(p.size()) / p.sum();
  return {std::move(samples), std::vector<double>(p.data(), p.data() + p.size())};
}

/// All states of a finite visible layer.
template <class Model>
Population population_of(const Model& model) {
  Eigen::MatrixXd states(model.visible.rows(), static_cast<Index>(state_count(model.visible)));
  write_states(model.visible, 0, View<double>(states));
  return population(states, exact_log_likelihood(model, states));
}

/// A grid over two real visible units. The trapezoidal rule's error is e^(-2 pi d / step), d the distance
/// from the real line to the nearest pole of E[h | v]: pi / |w| of Bernoulli units, half of that of spins.
template <class H>
Population grid_of(const Rbm<Gaussian, H, Cpu<double>>& rbm, Index side, double step) {
  Eigen::MatrixXd grid(2, side * side);
  for (Index i = 0; i < side; ++i)
    for (Index j = 0; j < side; ++j)
      grid.col(i * side + j) << step * static_cast<double>(i - side / 2),
          step * static_cast<double>(j - side / 2);
  return population(grid, -free_energy(rbm, grid).transpose());
}

LocalObjectiveOptions<> plain(Index batch_size) {
  return {.epochs = 1, .batch_size = batch_size, .optimizer = Sgd{.rate = 0}, .centered = false};
}

/// Length of the gradient at the model that the data come from.
template <class Trainer>
double slope_at(Trainer trainer, const Population& data) {
  trainer.step(data.batch());
  return norm(Cpu<double>{}, trainer.gradient());
}

template <class Model>
void check_stationary(Model model) {
  const Population data = population_of(model);
  const auto options = plain(data.samples.cols());
  CHECK(slope_at(PseudoLikelihood(model, options), data) < 1e-12);
  CHECK(slope_at(RatioMatching(model, options), data) < 1e-12);
  CHECK(slope_at(MinimumProbabilityFlow(model, options), data) < 1e-12);
  model.weights *= 0.9;  // anywhere else the gradient is not zero
  CHECK(slope_at(PseudoLikelihood(model, options), data) > 1e-3);
  CHECK(slope_at(RatioMatching(model, options), data) > 1e-4);
  CHECK(slope_at(MinimumProbabilityFlow(model, options), data) > 1e-3);
}

template <class H>
void check_score_matching_is_stationary(const LayerSize<H>& hidden) {
  Rbm<Gaussian, H, Cpu<double>> rbm{{.visible = 2, .hidden = hidden}};
  randomise(rbm, 2, 0.6);
  const Population data = grid_of(rbm, 161, 0.25);
  const auto options = plain(data.samples.cols());
  CHECK(slope_at(ScoreMatching(rbm, options), data) < 1e-10);
  rbm.weights *= 0.9;
  CHECK(slope_at(ScoreMatching(rbm, options), data) > 1e-3);
}

/// Trains with every state in each update.
template <class Trainer>
void climb(Trainer& trainer, const Population& data, int updates) {
  trainer.plan(static_cast<Index>(updates) * trainer.options().batch_size);
  for (int i = 0; i < updates; ++i) trainer.step(data.batch());
}

LocalObjectiveOptions<> quick(Index batch_size, double rate) {
  return {.epochs = 1, .batch_size = batch_size, .optimizer = Adam{.rate = linear(rate, 0)}};
}

/// The Kullback-Leibler divergence of a model from the distribution that the data represent.
template <class Model>
double divergence(const Model& planted, const Model& model) {
  const Population data = population_of(planted);
  const Eigen::VectorXd p = exact_log_likelihood(planted, data.samples),
                        q = exact_log_likelihood(model, data.samples);
  return (p.array().exp() * (p - q).array()).sum();
}

template <template <class, class> class Trainer>
void check_recovery() {
  using Glass = BoltzmannMachine<Spin, Cpu<double>>;
  Glass planted{{.visible = 5}};
  randomise(planted, 7, 0.8, 0.3);
  planted.weights = ((planted.weights + planted.weights.transpose()) / 2).eval();
  planted.weights.diagonal().setZero();
  const Population data = population_of(planted);
  Glass learned{{.visible = 5}};
  Trainer<Glass, LocalObjectiveOptions<>> trainer(learned, quick(data.samples.cols(), 0.05));
  climb(trainer, data, 1500);
  CHECK(largest_difference(flatten(learned), flatten(planted)) < 1e-3);

  // An RBM's hidden units can be permuted, so different parameters may be found: its distribution is
  // compared.
  using Model = Rbm<Mixed<Bernoulli, Categorical>, Bernoulli, Cpu<double>>;
  Model hidden{{.visible = {3, {1, 3}}, .hidden = 2}};
  randomise(hidden, 3, 1.5);
  Model found = hidden;
  randomise(found, 4, 0.5);
  REQUIRE(divergence(hidden, found) > 0.1);
  const Population states = population_of(hidden);
  Trainer<Model, LocalObjectiveOptions<>> rbm_trainer(found, quick(states.samples.cols(), 0.03));
  climb(rbm_trainer, states, 6000);
  CHECK(divergence(hidden, found) < 1e-4);
}

}  // namespace

TEST_CASE("a planted model is a stationary point of every local objective", "[objective][oracle]") {
  check_stationary(small_rbm<BernoulliBernoulli>(1));
  check_stationary(small_rbm<CategoricalBernoulli>(2));
  check_stationary(small_rbm<SpinRectified>(3));
  check_stationary(small_rbm<QuinticBernoulli>(4, 0.3));
  check_stationary(small_rbm<BernoulliGaussian>(5));
  check_score_matching_is_stationary<Bernoulli>(3);
  check_score_matching_is_stationary<Categorical>({2, 3});
  check_score_matching_is_stationary<Mixed<Spin, Bernoulli>>({1, 2});
}

TEST_CASE("pseudo-likelihood finds a planted model", "[objective][slow]") {
  check_recovery<PseudoLikelihood>();
}
TEST_CASE("ratio matching finds a planted model", "[objective][slow]") { check_recovery<RatioMatching>(); }
TEST_CASE("minimum probability flow finds a planted model", "[objective][slow]") {
  check_recovery<MinimumProbabilityFlow>();
}

TEST_CASE("score matching finds a planted model", "[objective][slow]") {
  using Model = Rbm<Gaussian, Bernoulli, Cpu<double>>;
  Model planted{{.visible = 2, .hidden = 1}};
  planted.visible.parameters << 0.5, 0.2, -0.3, -0.1;
  planted.hidden.parameters << -0.4;
  planted.weights << 1.5, -1;
  const Population data = grid_of(planted, 33, 0.5);
  Model learned{{.visible = 2, .hidden = 1}};
  learned.weights << 1, -0.5;
  ScoreMatching trainer{learned, quick(data.samples.cols(), 0.05), Cpu<double>{}};
  climb(trainer, data, 4000);
  CHECK(largest_difference(flatten(learned), flatten(planted)) < 1e-3);
}

TEMPLATE_TEST_CASE("a run reports its objective, and climbs it", "[objective]",
                   (PseudoLikelihood<Rbm<Bernoulli, Bernoulli>>), (RatioMatching<Rbm<Bernoulli, Bernoulli>>),
                   (MinimumProbabilityFlow<Rbm<Bernoulli, Bernoulli>>),
                   (PseudoLikelihood<BoltzmannMachine<Bernoulli>>),
                   (ScoreMatching<Rbm<Gaussian, Bernoulli>>)) {
  typename TestType::Model model = [] {
    if constexpr (requires {
                    typename TestType::Model::Options;
                    TestType::Model::Options::hidden;
                  }) {
      return typename TestType::Model({.visible = 12, .hidden = 8, .seed = 1});
    } else {
      return typename TestType::Model({.visible = 12});
    }
  }();
  Eigen::MatrixXf x = (numbers(12, 230, 1).array() > 0.5).cast<float>();
  x.bottomRows(6) = x.topRows(6);  // there is something to learn
  if constexpr (!decltype(model.visible)::finite) x += 0.3f * numbers(12, 230, 2).cast<float>();
  TestType trainer(model,
                   {.epochs = 20, .batch_size = 50, .optimizer = Adam{.rate = 0.01}, .average_last = 0.2});
  const History history = trainer.fit(Dataset(x));
  REQUIRE(history.epochs.size() == 20);
  const EpochReport &first = history.epochs.front(), &last = history.epochs.back();
  REQUIRE(first.metrics.size() == 3);
  CHECK(first.metrics[1].first == "reconstruction_error");
  CHECK(first.metrics[2].first == "gradient_norm");
  const double sign = first.metrics[0].first == "pseudo_likelihood" ? 1 : -1;
  CHECK(sign * last.metrics[0].second > sign * first.metrics[0].second);
}

TEST_CASE("local objectives respect penalties, gauge and sample weights", "[objective]") {
  using Model = Rbm<Categorical, Bernoulli, Cpu<double>>;
  Model model{{.visible = {4, 3}, .hidden = 5, .seed = 1}}, twin = model;
  Eigen::MatrixXd x(12, 6);
  sample(Cpu<double>{}, model.visible, Eigen::MatrixXd::Zero(12, 6).eval(), view_of(x), {.seed = 3});
  const LocalObjectiveOptions<> options{
      .batch_size = 9,
      .weight_decay = 1e-3,
      .penalties = {.l1 = 1e-3, .group = 1e-3, .sparsity = 0.1, .max_norm = 2},
      .max_gradient_norm = 1,
      .zero_sum = true};
  PseudoLikelihood trainer{model, options}, other{twin, options};
  Eigen::MatrixXd doubled(12, 9);
  doubled << x, x.leftCols(3);
  const std::vector<double> weights{4.0 / 3, 4.0 / 3, 4.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3};
  for (int i = 0; i < 5; ++i) {
    trainer.step({.values = View<const double>(x), .weights = weights});
    other.step({.values = View<const double>(doubled)});
  }
  CHECK(largest_difference(flatten(model), flatten(twin)) < 1e-6);
  for (Index c = 0; c < 5; ++c)
    for (Index r = 0; r < 12; r += 3) CHECK(std::abs(model.weights.col(c).segment(r, 3).sum()) < 1e-12);
}

}  // namespace test::training_objectives_trainers
