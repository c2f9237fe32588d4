// The penalty on squared sums of weights, and what training does by default for categorical layers: it keeps
// the zero-sum gauge, and starts at frequencies with a count added.
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::WithinAbs;

namespace test::training_gradient_penalties {

namespace {

const Cpu<double> on(1);
using Sites = CategoricalBernoulli;

// By its definition, with N sites of q states.
double l1b_of(const Sites& model, double l1b) {
  double sum = 0;
  for (Index h = 0; h < model.weights.cols(); ++h) sum += std::pow(model.weights.col(h).cwiseAbs().sum(), 2);
  const double sites = static_cast<double>(model.visible.units()),
               q = static_cast<double>(model.visible.group);
  return l1b / (2 * sites * q) * sum;
}

Sites begin() {
  Sites model({.visible = {.units = 2, .states = 3}, .hidden = 2});
  randomise(model, 4, 0.7);
  return model;
}

Sites one_step(const ContrastiveDivergenceOptions<>& options, const Eigen::MatrixXd& v) {
  Sites model = begin();
  ContrastiveDivergence{model, options, on}.step({.values = v});
  return model;
}

}  // namespace

TEST_CASE("the squared sums of weights pull them by their slope, centered or not", "[cd][penalties]") {
  const Eigen::MatrixXd v = some_states(begin(), 8, 3);
  for (const bool centered : {false, true}) {
    ContrastiveDivergenceOptions<> options{.optimizer = Sgd{.rate = 0.01},
                                           .max_gradient_norm = 0,
                                           .centered = centered,
                                           .zero_sum = false,
                                           .fit_visible_biases = false};
    const Sites without = one_step(options, v);
    options.penalties.l1b = 2;
    const Sites with = one_step(options, v);
    const Eigen::MatrixXd pull = (without.weights - with.weights) / 0.01;
    CHECK(pull.cwiseAbs().minCoeff() > 0.1);
    for (Index h = 0; h < 2; ++h)
      for (Index r = 0; r < 6; ++r) {
        const auto moved = [&](double w) {
          Sites model = begin();
          model.weights(r, h) = w;
          return l1b_of(model, 2);
        };
        CHECK_THAT(pull(r, h), WithinAbs(oracle::derivative(moved, begin().weights(r, h)), 1e-9));
      }
    if (!centered) CHECK((with.visible == without.visible && with.hidden == without.hidden));
  }
}

TEST_CASE("with the squared sums of weights, training ends where the likelihood less them is highest",
          "[cd][penalties][exact]") {
  const Sites truth = begin();
  const Eigen::MatrixXd v = some_states(truth, 30, 3);
  Sites model({.visible = {.units = 2, .states = 3}, .hidden = 1, .seed = 2});
  randomise(model, 5, 0.7);
  ContrastiveDivergence trainer{model,
                                {.epochs = 4000,
                                 .batch_size = 30,
                                 .steps = 1,
                                 .chains = Exact{},
                                 .optimizer = Momentum{.rate = linear(0.5, 0), .momentum = 0.5},
                                 .penalties = {.l1b = 0.02},
                                 .average_last = 0,
                                 .zero_sum = false,
                                 .fit_visible_biases = false,
                                 .seed = 1},
                                on};
  trainer.fit(v);
  const auto objective = [&](const Sites& at) {
    return exact_log_likelihood(at, v).mean() - l1b_of(at, 0.02);
  };
  Sites at = model;
  const oracle::Numbers slopes = slopes_of(at, objective), values = flatten(model);
  int strong = 0;
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    if (std::abs(values[i]) < 0.01) continue;  // beyond the kink of |w|
    CHECK(std::abs(slopes[i]) < 1e-3);
    ++strong;
  }
  CHECK(strong > 6);
}

TEST_CASE("training keeps the zero-sum gauge of categorical layers by default", "[cd][gauge][missing]") {
  const Eigen::MatrixXd v = some_states(begin(), 20, 3);
  const auto sums = [&](const auto& data, ContrastiveDivergenceOptions<> options) {
    Sites model = begin();
    options.epochs = 2;
    ContrastiveDivergence{model, options, on}.fit(data);
    return std::max(model.weights.topRows(3).colwise().sum().cwiseAbs().maxCoeff(),
                    model.weights.bottomRows(3).colwise().sum().cwiseAbs().maxCoeff());
  };
  CHECK(sums(v, {.optimizer = Adam{}}) < 1e-12);
  CHECK(sums(v, {.optimizer = Adam{}, .zero_sum = false}) > 1e-3);
  // A unit that is left out gives nothing to the hidden units, so that what its states share is not free.
  const Mask known = Mask::Constant(6, 20, true);
  CHECK(sums(MissingData(v, known), {.chains = DataChains{}, .missing = Missing::left_out}) > 1e-3);
}

TEST_CASE("fields start at frequencies with a pseudo-count", "[cd]") {
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(6, 4);  // states 0, 0, 0, 1 and 2, 2, 2, 2
  v.row(0) << 1, 1, 1, 0;
  v.row(1) << 0, 0, 0, 1;
  v.row(5).setOnes();
  for (const double count : {0.25, 1.0, 6.0}) {
    Sites model({.visible = {.units = 2, .states = 3}, .hidden = 1});
    ContrastiveDivergence{model, {.epochs = 0, .pseudo_count = count}, on}.fit(v);
    Eigen::MatrixXd means(6, 1), none = Eigen::MatrixXd::Zero(6, 1);
    mean(on, model.visible, View<const double>(none), View<double>(means));
    const double third = count / 3;
    const Eigen::VectorXd expected{{3 + third, 1 + third, third, third, third, 4 + third}};
    CHECK(largest_difference(means, expected / (4 + count)) < 1e-12);
  }
  Sites model({.visible = {.units = 2, .states = 3}, .hidden = 1});
  ContrastiveDivergence{model, {.epochs = 0, .pseudo_count = 5e-324}, on}.fit(v);  // 4 over it is infinite
  CHECK(model.visible.parameters.allFinite());
}

}  // namespace test::training_gradient_penalties
