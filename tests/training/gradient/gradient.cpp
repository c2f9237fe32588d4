// What happens to a gradient between statistics and optimizer: centering, penalties, sample weights,
// clipping, averaging. Each is checked against loops that implement the formula.
#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::training_gradient_gradient {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<>;

// Plain updates with chains that do not depend on the data.
const Options plain{.batch_size = 8,
                    .chains = Persistent{.chains = 6},
                    .optimizer = Sgd{.rate = 0.1},
                    .centered = false,
                    .fit_visible_biases = false,
                    .seed = 6};

// One update of a copy, with these options.
template <class M>
struct Step {
  M model, gradient;
};
template <class M>
Step<M> one_step(const M& begin, const Options& options, const Eigen::MatrixXd& v,
                 const std::vector<double>& weights = {}) {
  Step<M> result{begin, begin};
  ContrastiveDivergence trainer{result.model, options, on};
  trainer.step({.values = v, .weights = weights});
  result.gradient = trainer.gradient();
  return result;
}

Eigen::VectorXd bias_of(const Layer<Bernoulli, Cpu<double>>& layer) { return layer.parameters.col(0); }

}  // namespace

namespace {

// An optimizer's numbers for one matrix, by the textbook formula.
struct ByHand {
  AnyOptimizer optimizer;
  Eigen::MatrixXd m{}, v{};
  int t = 0;
  Eigen::MatrixXd step(const Eigen::MatrixXd& g) {
    ++t;
    if (m.size() == 0) m = v = Eigen::MatrixXd::Zero(g.rows(), g.cols());
    if (const auto* adam = std::get_if<Adam>(&optimizer)) {
      m = adam->beta1 * m + (1 - adam->beta1) * g;
      v = adam->beta2 * v + (1 - adam->beta2) * g.cwiseAbs2();
      const double rate = adam->rate.at(0) / (1 - std::pow(adam->beta1, t));
      return (rate * m.array() / ((v / (1 - std::pow(adam->beta2, t))).array().sqrt() + adam->epsilon))
          .matrix();
    }
    if (const auto* momentum = std::get_if<Momentum>(&optimizer)) {
      m = momentum->momentum.at(0) * m + momentum->rate.at(0) * g;
      return m;
    }
    return std::get<Sgd>(optimizer).rate.at(0) * g;
  }
};

}  // namespace

TEST_CASE("with any optimizer a centered update is an update of the centered model", "[cd][centering]") {
  // The model with interaction (v - mu)^T W (h - lambda) and biases b', c' is the plain one with b = b' - W
  // lambda and c = c' - W^T mu. The optimizer moves W, b' and c' along their own gradient; b and c follow.
  const auto optimizer = GENERATE(AnyOptimizer{Sgd{.rate = 0.1}}, AnyOptimizer{Momentum{.rate = 0.1}},
                                  AnyOptimizer{Adam{.rate = 0.05}});
  Model model = small_rbm<Model>(4);
  auto options = plain;
  options.centered = true;
  options.offset_rate = 0.25;
  options.optimizer = optimizer;
  ContrastiveDivergence trainer{model, options, on};
  ByHand by_hand[3] = {{optimizer}, {optimizer}, {optimizer}};
  Eigen::VectorXd mu = Eigen::VectorXd::Zero(4), lambda = Eigen::VectorXd::Zero(3);
  for (const int update : {0, 1, 2, 3}) {
    const Model before = model;
    const Eigen::MatrixXd v = some_states(model, 8, 20 + static_cast<std::uint64_t>(update));
    trainer.step({.values = v});

    const Eigen::MatrixXd h = mean_hidden(before, v);
    const double share = update == 0 ? 1 : 0.25;
    mu += share * (v.rowwise().mean() - mu);
    lambda += share * (h.rowwise().mean() - lambda);

    const Model& g = trainer.gradient();
    if (update == 0) {  // the chains' first move depends on the seed alone
      auto without = options;
      without.centered = false;
      const Model other = one_step(before, without, v).gradient;
      const Eigen::VectorXd b = bias_of(other.visible), c = bias_of(other.hidden);
      CHECK(largest_difference(g.weights, other.weights - mu * c.transpose() - b * lambda.transpose()) <
            1e-12);
      CHECK(largest_difference(bias_of(g.visible), b) < 1e-12);
      CHECK(largest_difference(bias_of(g.hidden), c) < 1e-12);
      CHECK(largest_difference(g.weights, other.weights) > 1e-3);
    }
    const Eigen::MatrixXd w = before.weights + by_hand[0].step(g.weights);
    const Eigen::VectorXd b =
        bias_of(before.visible) + before.weights * lambda + by_hand[1].step(bias_of(g.visible));
    const Eigen::VectorXd c =
        bias_of(before.hidden) + before.weights.transpose() * mu + by_hand[2].step(bias_of(g.hidden));
    CHECK(largest_difference(model.weights, w) < 1e-12);
    CHECK(largest_difference(bias_of(model.visible), b - w * lambda) < 1e-12);
    CHECK(largest_difference(bias_of(model.hidden), c - w.transpose() * mu) < 1e-12);
  }
}

TEST_CASE("permuting rows, or swapping 0 and 1, does not change what is learned", "[cd][centering]") {
  // With exact chains nothing is random.
  const auto optimizer = GENERATE(AnyOptimizer{Momentum{.rate = 0.1}}, AnyOptimizer{Adam{.rate = 0.02}});
  const Model begin = small_rbm<Model>(4);
  Model flipped = begin;  // v -> 1 - v
  flipped.weights = -begin.weights;
  flipped.visible.parameters.col(0) = -begin.visible.parameters.col(0);
  flipped.hidden.parameters.col(0) += begin.weights.colwise().sum().transpose();
  Model turned = begin;  // rows in reverse order
  turned.weights = begin.weights.colwise().reverse().eval();
  turned.visible.parameters = begin.visible.parameters.colwise().reverse().eval();
  const Eigen::MatrixXd v = some_states(begin, 8, 3), back = v.colwise().reverse(), other = 1 - v.array();
  const auto learn = [&](Model model, const Eigen::MatrixXd& data) {
    ContrastiveDivergence trainer{model,
                                  {.epochs = 30,
                                   .batch_size = 4,
                                   .chains = Exact{},
                                   .optimizer = optimizer,
                                   .weight_decay = 0.01,
                                   .penalties = {.l1 = 0.001, .group = 0.001, .max_norm = 2},
                                   .fit_visible_biases = false,
                                   .seed = 1},
                                  on};
    trainer.fit(data);
    return exact_log_likelihood(model, data);
  };
  const Eigen::VectorXd expected = learn(begin, v);
  CHECK(largest_difference(learn(turned, back), expected) < 1e-9);
  CHECK(largest_difference(learn(flipped, other), expected) < 1e-9);
}

TEST_CASE("the position of zero makes no difference to what real units learn", "[cd][centering]") {
  // Rows shifted by 10, and a model shifted likewise: W v -> W (v + 10) is taken from the hidden biases, and
  // the visible biases, which are precision times mean, follow the precision.
  using Real = Rbm<Gaussian, Bernoulli, Cpu<double>>;
  const auto optimizer = GENERATE(AnyOptimizer{Momentum{.rate = 0.01}}, AnyOptimizer{Adam{.rate = 0.01}});
  Real begin{{.visible = 3, .hidden = 2, .seed = 1, .weight_scale = 0.3}};
  const Eigen::MatrixXd v = some_states(begin, 60, 3), far = v.array() + 10;
  Real shifted = begin;
  shifted.visible.parameters.col(0).array() += 10;  // precisions are 1
  shifted.hidden.parameters.col(0) -= 10 * begin.weights.colwise().sum().transpose();
  const auto learn = [&](Real& model, const Eigen::MatrixXd& data) {
    ContrastiveDivergence{model,
                          {.epochs = 20,
                           .batch_size = 20,
                           .chains = DataChains{},
                           .optimizer = optimizer,
                           .fit_visible_biases = false,
                           .seed = 1},
                          on}
        .fit(data);
    return exact_log_likelihood(model, data);
  };
  const Eigen::VectorXd here = learn(begin, v), there = learn(shifted, far);
  CHECK(largest_difference(here, there) < 1e-8);
  CHECK(largest_difference(begin.visible.parameters.col(1), shifted.visible.parameters.col(1)) < 1e-8);
  CHECK((begin.visible.parameters.col(1).array().abs() > 0.01).any());
}

namespace {
using Row = Mixed<Bernoulli, Gaussian, Categorical, Gaussian>;
using Mixture = Rbm<Row, Bernoulli, Cpu<double>>;

// The same model of rows in which `by` is added to the real ones: their bias is precision times mean, and
// what hidden units receive at 0 is what they received at -by.
Mixture shifted(Mixture model, const Eigen::VectorXd& by) {
  model.hidden.parameters.col(0) -= model.weights.transpose() * by;
  detail::for_each_part(
      [&]<class Part>(detail::PartRows rows, Part& part) {
        if constexpr (std::is_same_v<typename Part::Unit, Gaussian>)
          part.parameters.col(0).array() +=
              part.parameters.col(1).array().exp() * by.segment(rows.first, rows.count).array();
      },
      model.visible);
  return model;
}
}  // namespace

TEST_CASE("a run learns the same wherever real columns have their zero",
          "[cd][centering][missing][weights]") {
  const auto chains = GENERATE(AnyChains{DataChains{}}, AnyChains{Persistent{.chains = 20}},
                               AnyChains{Tempered{.chains = 20, .temperatures = 4}});
  const auto optimizer = GENERATE(AnyOptimizer{Momentum{.rate = 0.02}}, AnyOptimizer{Adam{.rate = 0.01}});
  const bool some_missing = GENERATE(false, true);
  Dice dice(5);
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(7, 60);  // a bit, two real numbers, one of three, a real number
  std::vector<double> weights;
  for (Index c = 0; c < v.cols(); ++c) {
    const bool high = dice.uniform() < 0.4;
    v(0, c) = high ? 1 : 0;
    v(1, c) = (high ? 1 : -1) + 0.3 * dice.normal();
    v(2, c) = 2 * dice.normal();
    v(3 + static_cast<Index>(3 * dice.uniform()), c) = 1;
    v(6, c) = (high ? 0.5 : 0.2) * dice.normal();
    weights.push_back(0.5 + dice.uniform());
  }
  Eigen::VectorXd by = Eigen::VectorXd::Zero(7);
  by << 0, 64, -32, 0, 0, 0, 128;
  Mask known = Mask::Constant(7, 60, true);
  if (some_missing)
    for (const Index row : {0, 1, 6})
      for (Index c = 0; c < v.cols(); ++c) known(row, c) = dice.uniform() < 0.8;
  const auto learn = [&](const Eigen::MatrixXd& rows) {
    Mixture model{{.visible = {1, 2, {1, 3}, 1}, .hidden = 3, .seed = 1, .weight_scale = 0.3}};
    ContrastiveDivergence{
        model, {.epochs = 15, .batch_size = 20, .chains = chains, .optimizer = optimizer, .seed = 1}, on}
        .fit(MissingData(rows, known, weights));
    return model;
  };
  const Mixture here = learn(v), there = learn(v.colwise() + by);
  CHECK(largest_difference(flatten(shifted(here, by)), flatten(there)) < 1e-7);
  CHECK((std::get<1>(here.visible.parts).parameters.col(1).array().abs() > 0.1).any());  // it has learned
}

TEST_CASE("fresh hidden units receive nothing at the data's means", "[cd][centering]") {
  Dice dice(5);
  Eigen::MatrixXd v(3, 40);
  for (Index c = 0; c < v.cols(); ++c)
    for (Index r = 0; r < 3; ++r) v(r, c) = 20.0 * static_cast<double>(r) + dice.normal();
  const auto begin = [&](auto model, bool fit_biases = true) {
    ContrastiveDivergence{model, {.epochs = 0, .fit_visible_biases = fit_biases}, on}.fit(v);
    return model;
  };
  using Real = Rbm<Gaussian, Bernoulli, Cpu<double>>;
  const Real fresh{{.visible = 3, .hidden = 2, .seed = 1, .weight_scale = 0.3}};
  const Eigen::VectorXd mean_input = fresh.weights.transpose() * v.rowwise().mean();
  CHECK(largest_difference(begin(fresh).hidden.parameters, -mean_input) < 1e-12);
  CHECK(begin(fresh, false) == fresh);
  Real own = fresh;  // biases that are yours stay
  own.hidden.parameters(1, 0) = -4;
  CHECK(begin(own).hidden == own.hidden);
  own = fresh;
  own.visible.parameters(1, 0) = 2;
  CHECK(begin(own) == own);

  // The units of a Boltzmann machine are each other's hidden units.
  BoltzmannMachine<Gaussian, Cpu<double>> machine{{.visible = 3}}, coupled = machine;
  coupled.weights << 0, 0.1, 0, 0.1, 0, 0.2, 0, 0.2, 0;
  const auto alone = begin(machine), together = begin(coupled);
  CHECK(largest_difference(together.visible.parameters.col(0),
                           alone.visible.parameters.col(0) - coupled.weights * v.rowwise().mean()) < 1e-9);
  CHECK(largest_difference(together.visible.parameters.col(1), alone.visible.parameters.col(1)) == 0);
}

TEST_CASE("offsets follow the data's means, whatever the chains do", "[cd][centering][slow]") {
  // A centered gradient does not change when 0 and 1 are swapped in the visible units: v -> 1 - v changes
  // biases and the sign of W, to which a plain gradient is not invariant.
  const Model model = small_rbm<Model>(4);
  Model flipped = model;
  flipped.weights = -model.weights;
  flipped.visible.parameters.col(0) = -model.visible.parameters.col(0);
  flipped.hidden.parameters.col(0) += model.weights.colwise().sum().transpose();
  const Eigen::MatrixXd v = some_states(model, 8, 3), w = 1 - v.array();
  auto options = plain;
  options.chains = Persistent{.chains = 50'000};  // so that both models' chains agree up to sampling noise
  options.steps = 20;
  const auto plain_step = one_step(model, options, v), plain_flipped = one_step(flipped, options, w);
  options.centered = true;
  const auto centered = one_step(model, options, v), centered_flipped = one_step(flipped, options, w);
  const double chance = 6 * std::sqrt(0.25 / 50'000);
  CHECK(largest_difference(centered.gradient.weights, -centered_flipped.gradient.weights) < chance);
  CHECK(largest_difference(plain_step.gradient.weights, -plain_flipped.gradient.weights) > 2 * chance);
}

TEST_CASE("L1 takes weights towards zero, where they stay, and moves nothing else", "[cd][penalties]") {
  Model model = small_rbm<Model>(4);
  model.weights(1, 2) = 0;
  model.weights(0, 1) = 0.001;
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  options.optimizer = Sgd{.rate = 0.01};
  const Model without = one_step(model, options, v).model;
  options.penalties.l1 = 3;
  const Model with = one_step(model, options, v).model;
  CHECK((with.visible == without.visible && with.hidden == without.hidden));
  const Eigen::MatrixXd soft =
      (without.weights.array().abs() - 0.01 * 3).max(0) * without.weights.array().sign();
  CHECK(largest_difference(with.weights, soft) < 1e-15);
  CHECK(with.weights(1, 2) == 0);
  CHECK(with.weights(0, 1) == 0);
}

TEST_CASE("weights decay by the option's value with any optimizer", "[cd][penalties][optimizer]") {
  // A weight without a gradient, 500 steps.
  const auto left = [](AnyOptimizer optimizer, double decay, double l1) {
    Model model{{.visible = 1, .hidden = 1}}, gradient = zeros_like(model);
    model.weights(0, 0) = 1;
    model.visible.parameters(0) = 1;
    OptimizerState<Model> state(model, optimizer);
    for (int i = 0; i < 500; ++i) state.step(on, optimizer, 0, decay, l1, gradient, model);
    CHECK(model.visible.parameters(0) == 1);
    return model.weights(0, 0);
  };
  CHECK_THAT(left(Sgd{.rate = 0.1}, 1e-4, 0), WithinAbs(std::pow(1 - 1e-5, 500), 1e-12));
  CHECK_THAT(left(Momentum{.rate = 0.1, .momentum = 0.5}, 1e-4, 0),
             WithinAbs(std::pow(1 - 2e-5, 500), 1e-12));
  CHECK_THAT(left(Nesterov{.rate = 0.1, .momentum = 0.9}, 1e-4, 0),
             WithinAbs(std::pow(1 - 1e-4, 500), 1e-12));
  for (const double decay : {1e-6, 1e-4, 1e-2})
    CHECK_THAT(left(Adam{.rate = 1e-3}, decay, 0), WithinAbs(std::pow(1 - 1e-3 * decay, 500), 1e-12));
  CHECK_THAT(left(Sgd{.rate = 0.1}, 0, 1e-3), WithinAbs(1 - 500 * 1e-4, 1e-12));
  CHECK(left(Adam{.rate = 1e-3}, 0, 1e-3) == 0);  // no gradient keeps it up
}

TEST_CASE("penalties have their documented optimum, centered or not", "[cd][penalties][centering][slow]") {
  // Exact chains, full batches, to convergence: a bias's gradient, <x> of the data minus that of the model,
  // is 0, and the weights' is that of the penalties.
  const Model begin = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(begin, 8, 3);
  const double decay = 0.05, l1 = 0.02, group = 0.03;
  const auto learn = [&](AnyOptimizer optimizer, bool centered, double weight_decay) {
    Model model = begin;
    ContrastiveDivergence{model,
                          {.epochs = 20'000,
                           .batch_size = 8,
                           .chains = Exact{},
                           .optimizer = optimizer,
                           .weight_decay = weight_decay,
                           .penalties = {.l1 = l1, .group = group},
                           .centered = centered,
                           .seed = 1},
                          on}
        .fit(v);
    return model;
  };
  const auto gradient_at = [&](const Model& model) { return exact_gradient(model, View<const double>(v)); };
  const auto check_optimum = [&](const Model& model, double weight_decay) {
    const Model g = gradient_at(model);
    CHECK(bias_of(g.visible).cwiseAbs().maxCoeff() < 1e-4);
    CHECK(bias_of(g.hidden).cwiseAbs().maxCoeff() < 1e-4);
    for (Index c = 0; c < 3; ++c)
      for (Index r = 0; r < 4; ++r) {
        const double w = model.weights(r, c), norm = model.weights.col(c).norm();
        const double smooth = weight_decay * w + (norm > 0 ? group * w / norm : 0);
        INFO("weight " << r << ", " << c << " is " << w);
        if (w != 0) CHECK_THAT(g.weights(r, c) - smooth, WithinAbs(w > 0 ? l1 : -l1, 1e-4));
        if (w == 0) CHECK(std::abs(g.weights(r, c)) < l1 + group + 1e-4);
      }
  };
  const AnyOptimizer momentum = Momentum{.rate = linear(0.5, 0.01), .momentum = 0.5};
  const Model here = learn(momentum, true, decay), there = learn(momentum, false, decay);
  check_optimum(here, decay);
  check_optimum(there, decay);
  CHECK(largest_difference(exact_log_likelihood(here, v), exact_log_likelihood(there, v)) < 1e-4);

  const AnyOptimizer adam = Adam{.rate = exponential(1e-2, 1e-6)};
  const Model adam_here = learn(adam, true, 0), adam_there = learn(adam, false, 0);
  check_optimum(adam_here, 0);
  check_optimum(adam_there, 0);
  CHECK(largest_difference(exact_log_likelihood(adam_here, v), exact_log_likelihood(adam_there, v)) < 1e-3);
}

TEST_CASE("the group penalty is the slope of the hidden units' norms", "[cd][penalties]") {
  Model model = small_rbm<Model>(4);
  model.weights.col(1).setZero();  // no direction, so no pull
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model without = one_step(model, options, v).gradient;
  options.penalties.group = 0.3;
  const Model with = one_step(model, options, v).gradient;
  CHECK((with.visible == without.visible && with.hidden == without.hidden));
  CHECK((with.weights.col(1) - without.weights.col(1)).norm() == 0);
  for (const Index c : {0, 2})
    for (Index r = 0; r < 4; ++r) {
      const double slope = oracle::derivative(
          [&](double x) {
            Eigen::VectorXd column = model.weights.col(c);
            column(r) = x;
            return 0.3 * column.norm();
          },
          model.weights(r, c));
      CHECK_THAT(without.weights(r, c) - with.weights(r, c), WithinAbs(slope, 1e-10));
    }
}

TEST_CASE("sparsity pulls hidden biases towards the target activity", "[cd][penalties]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  for (const bool centered : {false, true}) {
    auto options = plain;
    options.centered = centered;
    const Model without = one_step(model, options, v).gradient;
    options.penalties.sparsity = 0.7;
    options.penalties.activity_target = 0.2;
    const Model with = one_step(model, options, v).gradient;
    const Eigen::VectorXd activity = mean_hidden(model, v).rowwise().mean();
    CHECK(with.visible == without.visible);
    const Eigen::VectorXd pull = bias_of(with.hidden) - bias_of(without.hidden);
    CHECK(largest_difference(pull, 0.7 * (0.2 - activity.array()).matrix()) < 1e-12);
  }
  // With a strong pull the target is reached.
  Model quiet = small_rbm<Model>(4);
  auto options = plain;
  options.epochs = 400;
  options.offset_rate = 0.1;
  options.penalties.sparsity = 2;
  ContrastiveDivergence{quiet, options, on}.fit(v);
  CHECK(largest_difference(mean_hidden(quiet, v).rowwise().mean(), Eigen::VectorXd::Constant(3, 0.1)) < 0.05);
}

TEST_CASE("weights are scaled back to the largest norm", "[cd][penalties]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model free = one_step(model, options, v).model;
  const Eigen::RowVectorXd norms = free.weights.colwise().norm();
  options.penalties.max_norm = (norms.minCoeff() + norms.maxCoeff()) / 2;
  const Model limited = one_step(model, options, v).model;
  for (Index c = 0; c < 3; ++c) {
    const double factor = std::fmin(1, options.penalties.max_norm / norms(c));
    CHECK(largest_difference(limited.weights.col(c), factor * free.weights.col(c)) < 1e-15);
  }
  CHECK((limited.visible == free.visible && limited.hidden == free.hidden));
}

TEST_CASE("a gradient that is too long is scaled back", "[cd]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model free = one_step(model, options, v).gradient;
  const double length = norm(on, free);
  options.max_gradient_norm = 2 * length;
  CHECK(one_step(model, options, v).gradient == free);
  options.max_gradient_norm = length / 4;
  const Model clipped = one_step(model, options, v).gradient;
  CHECK_THAT(norm(on, clipped), WithinAbs(length / 4, 1e-12));
  CHECK(largest_difference(clipped.weights, free.weights / 4) < 1e-12);
}

TEMPLATE_TEST_CASE("gradients of any size are scaled back to their direction", "[cd]", float, double) {
  using T = TestType;
  const Cpu<T> own;
  using M = Rbm<Bernoulli, Bernoulli, Cpu<T>>;
  const T top = std::numeric_limits<T>::max();
  detail::Clipping<Cpu<T>> clipping;
  for (const T size : {T(1e-18), T(1), T(1e18), T(1e19), T(1e20), T(1e30), top / 16, top / 2}) {
    CAPTURE(size);
    M gradient{{.visible = 1, .hidden = 1}};
    gradient.weights.setConstant(size);
    gradient.visible.parameters.setConstant(size);
    CHECK_THAT(norm(own, gradient),
               Catch::Matchers::WithinRel(std::sqrt(2.0) * static_cast<double>(size), 1e-6));
    clipping.apply(own, static_cast<double>(size), gradient);
    const auto half = static_cast<double>(size) * std::sqrt(0.5);
    CHECK_THAT(static_cast<double>(gradient.weights(0, 0)), Catch::Matchers::WithinRel(half, 1e-6));
    CHECK_THAT(static_cast<double>(gradient.visible.parameters(0, 0)),
               Catch::Matchers::WithinRel(half, 1e-6));
    CHECK(gradient.hidden.parameters(0, 0) == 0);
    clipping.apply(own, static_cast<double>(size) / 1000, gradient);
    CHECK_THAT(norm(own, gradient), Catch::Matchers::WithinRel(static_cast<double>(size) / 1000, 1e-6));
  }
}

TEMPLATE_TEST_CASE("columns of any size have their norm", "[backend]", float, double) {
  using T = TestType;
  const T top = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  Matrix<Cpu<T>> x(2, 6), norms(1, 6);
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  x << T(3), T(0), top / 8 * 3, least * 300, inf, nan,  //
      T(-4), T(0), top / 2, least * -400, T(1), T(1);
  Cpu<T>{}.column_norms(x, norms);
  CHECK((norms(0, 0) == 5 && norms(0, 1) == 0));
  CHECK_THAT(static_cast<double>(norms(0, 2) / top), Catch::Matchers::WithinRel(0.625, 1e-6));
  CHECK_THAT(static_cast<double>(norms(0, 3) / least), Catch::Matchers::WithinRel(500.0, 1e-6));
  CHECK(norms(0, 4) == inf);
  CHECK(std::isnan(norms(0, 5)));
}

TEST_CASE("statistics of samples have the expectation of those of means", "[cd]") {
  const auto check = [](const auto& model) {
    const Index many = 60'000;
    const Eigen::MatrixXd v = some_states(model, 4, 3).replicate(1, many / 4);
    auto options = plain;
    options.batch_size = many;
    const auto means = one_step(model, options, v).gradient;
    options.statistics = Statistics::samples;
    const auto samples = one_step(model, options, v).gradient;
    // Draws vary by at most about 1 (a Gaussian's square by 2), over 60,000 samples; there are only six
    // chains, which are random as well, so the two are compared at the data: chains have no effect at weight
    // 0.
    CHECK(largest_difference(flatten(means), flatten(samples)) > 1e-6);
    auto mean_only = means, sample_only = samples;
    auto state = make_state(model, many);
    auto work = make_workspace(model, many);
    state.visible = v;
    refresh(on, model, state.columns(0, many));
    const Eigen::MatrixXd weights = Eigen::MatrixXd::Constant(1, many, 1.0 / many);
    set_statistics(on, model, state.columns(0, many), View<const double>(weights), 0, mean_only, work);
    set_sampled_statistics(on, model, state.columns(0, many), View<const double>(weights), 0, sample_only,
                           work, {.seed = 9});
    CHECK(sample_only.visible == mean_only.visible);
    CHECK(largest_difference(flatten(mean_only), flatten(sample_only)) <
          sigmas * 3 / std::sqrt(static_cast<double>(many)));
    CHECK(largest_difference(flatten(mean_only), flatten(sample_only)) > 0);
  };
  check(small_rbm<Model>(4));
  check(small_rbm<GaussianGaussian>(4));
}

TEST_CASE("a sample of weight 2 counts as two, one of weight 0 not at all", "[cd][weights]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 4, 3);
  Eigen::MatrixXd repeated(4, 4);
  repeated << v.col(0), v.col(0), v.col(1), v.col(3);
  for (const bool centered : {false, true}) {
    auto options = plain;
    options.centered = centered;
    const auto weighted = one_step(model, options, v, {2, 1, 0, 1}),
               twice = one_step(model, options, repeated);
    CHECK(largest_difference(flatten(weighted.gradient), flatten(twice.gradient)) < 1e-14);
    CHECK(largest_difference(flatten(weighted.model), flatten(twice.model)) < 1e-14);
  }
  // A chain that starts at a sample has the sample's weight: with weight 0 it may be anything.
  auto options = plain;
  options.chains = DataChains{};
  Eigen::MatrixXd other = v;
  other.col(2) = 1 - v.col(2).array();
  CHECK(one_step(model, options, v, {2, 1, 0, 1}).gradient ==
        one_step(model, options, other, {2, 1, 0, 1}).gradient);
  CHECK_FALSE(one_step(model, options, v, {2, 1, 0.1, 1}).gradient ==
              one_step(model, options, other, {2, 1, 0.1, 1}).gradient);
  // A batch without any weight changes nothing.
  CHECK(one_step(model, options, v, {0, 0, 0, 0}).model == model);
  options.centered = true;
  CHECK(one_step(model, options, v, {0, 0, 0, 0}).model == model);
}

TEST_CASE("a run with weights is the run with repeated samples, up to their order", "[cd][weights]") {
  const Eigen::MatrixXd v = some_states(small_rbm<Model>(4), 3, 3);
  Eigen::MatrixXd repeated(4, 6);
  repeated << v.col(0), v.col(0), v.col(0), v.col(1), v.col(1), v.col(2);
  auto options = plain;
  options.fit_visible_biases = true;
  options.epochs = 5;
  options.centered = true;
  Model by_weights{{.visible = 4, .hidden = 3, .seed = 1}}, by_hand = by_weights;
  const Dataset weighted = Dataset(v).with_weights({3, 2, 1});
  ContrastiveDivergence{by_weights, options, on}.fit(weighted);
  ContrastiveDivergence{by_hand, options, on}.fit(repeated);
  // All in one batch, so only the smoothing of the first biases (by half a sample of 3, or of 6) differs.
  CHECK(largest_difference(by_weights.weights, by_hand.weights) < 0.02);
  const Dataset scaled = Dataset(v).with_weights({30, 20, 10});  // only their ratios matter
  Model same{{.visible = 4, .hidden = 3, .seed = 1}};
  ContrastiveDivergence{same, options, on}.fit(scaled);
  CHECK(largest_difference(flatten(same), flatten(by_weights)) < 1e-12);
  Model plain_run{{.visible = 4, .hidden = 3, .seed = 1}};
  ContrastiveDivergence{plain_run, options, on}.fit(v);
  CHECK(largest_difference(flatten(plain_run), flatten(by_weights)) > 0.01);
}

TEST_CASE("visible biases begin at the weighted means", "[cd][weights]") {
  Model model{{.visible = 4, .hidden = 3, .seed = 1}};
  const Eigen::MatrixXd v{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}};
  auto options = plain;
  options.fit_visible_biases = true;
  options.epochs = 0;
  ContrastiveDivergence{model, options, on}.fit(Dataset(v).with_weights({4, 2, 0}));
  const double means[] = {4.0 / 6, 2.0 / 6, 0, 1};  // of three samples, half a sample on and half off added
  for (Index r = 0; r < 4; ++r) {
    const double p = (3 * means[r] + 0.5) / 4;
    CHECK_THAT(model.visible.parameters(r, 0), WithinAbs(std::log(p / (1 - p)), 1e-12));
  }
}

TEST_CASE("wrong weights are refused before anything is changed", "[cd][weights][errors]") {
  Model model = small_rbm<Model>(4);
  const Model begin = model;
  const Eigen::MatrixXd v = some_states(model, 3, 3);
  ContrastiveDivergence trainer{model, plain, on};
  const std::vector<double> two{1, 2}, negative{1, -2, 1}, nan{1, 1, std::nan("")}, zero{0, 0, 0};
  CHECK_THROWS_MATCHES(trainer.step({.values = v, .weights = two}), DataError,
                       Message("step: 2 weights for 3 samples"));
  CHECK_THROWS_MATCHES(trainer.step({.values = v, .weights = negative}), DataError,
                       Message("step: weight 1 is -2, expected a finite number of at least 0"));
  CHECK_THROWS_AS(trainer.step({.values = v, .weights = nan}), DataError);
  const MatrixSource<double> source{View<const double>(v), zero};
  CHECK_THROWS_MATCHES(trainer.fit(source), DataError, Message("fit: all weights are zero"));
  CHECK_THROWS_MATCHES(Dataset(v).with_weights({1, 2}), DataError,
                       Message("with_weights: 2 weights for 3 samples"));
  CHECK_THROWS_MATCHES(Dataset(v).with_weights({}), DataError,
                       Message("with_weights: 0 weights for 3 samples"));
  CHECK(model == begin);
}

TEST_CASE("a run ends with the mean of its last parameters", "[cd][averaging]") {
  const Model begin = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(begin, 23, 3);
  auto options = plain;
  options.epochs = 4;  // of three updates each
  Model model = begin;
  struct Keep {
    const Model& model;
    std::vector<Model> seen = {};
    void on_batch(const BatchReport&) { seen.push_back(model); }
    void operator()(const EpochReport&) {}
  } keep{model};
  ContrastiveDivergence{model, options, on}.fit(v, keep);
  REQUIRE(keep.seen.size() == 12);
  for (const double share : {0.25, 0.5, 1.0}) {
    const auto first = static_cast<std::size_t>(std::lround(12 * (1 - share)));
    Model mean = zeros_like(begin);
    for (std::size_t i = first; i < 12; ++i)
      for_each_parameter(
          [&](const ParameterName&, Role, auto m, auto x) {
            on.update([&](double& a, double b) { a += b / static_cast<double>(12 - first); }, m, x);
          },
          mean, keep.seen[i]);
    options.average_last = share;
    Model averaged = begin;
    INFO("the last " << share);
    // Observers see what the run would end with: the mean so far, once there is one.
    ContrastiveDivergence{averaged, options, on}.fit(v, [&](const EpochReport& report) {
      const auto done = static_cast<std::size_t>(3 * report.epoch);
      Model so_far = done > first ? zeros_like(begin) : keep.seen[done - 1];
      for (std::size_t i = first; i < done; ++i)
        for_each_parameter(
            [&](const ParameterName&, Role, auto m, auto x) {
              on.update([&](double& a, double b) { a += b / static_cast<double>(done - first); }, m, x);
            },
            so_far, keep.seen[i]);
      CHECK(largest_difference(flatten(averaged), flatten(so_far)) < 1e-14);
    });
    CHECK(largest_difference(flatten(averaged), flatten(mean)) < 1e-14);
  }
}

TEST_CASE("options of the gradient that are out of range are refused", "[cd][errors]") {
  Model model = small_rbm<Model>(4);
  const auto refused = [&](const Options& options, const std::string& message) {
    CHECK_THROWS_MATCHES((ContrastiveDivergence{model, options, on}), ValueError,
                         Message("ContrastiveDivergence: " + message));
  };
  refused({.penalties = {.l1 = -1}}, "l1 is -1, expected a number of at least 0");
  refused({.penalties = {.group = std::nan("")}}, "group is nan, expected a number of at least 0");
  refused({.penalties = {.sparsity = -1}}, "sparsity is -1, expected a number of at least 0");
  refused({.penalties = {.max_norm = -1}}, "max_norm is -1, expected a number of at least 0");
  refused({.max_gradient_norm = -1}, "max_gradient_norm is -1, expected a number of at least 0");
  refused({.offset_rate = 0}, "offset_rate is 0, expected above 0 and at most 1");
  refused({.average_last = 1.5}, "average_last is 1.5, expected 0 to 1");
}

}  // namespace test::training_gradient_gradient
