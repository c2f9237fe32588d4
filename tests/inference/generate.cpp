// Gibbs sampling against exact distributions: the distribution of chains after a step is known, and chance is
// accounted for.
#include <harmonium/inference/generate.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_generate {

namespace {

// Draws from a distribution by inverting its distribution function, one draw per column.
Eigen::MatrixXd draw(const oracle::Distribution& p, Index count, std::uint64_t seed) {
  Dice dice(seed);
  std::vector<double> sums;
  for (const double probability : p.probabilities)
    sums.push_back((sums.empty() ? 0 : sums.back()) + probability);
  std::vector<oracle::Numbers> drawn;
  for (Index c = 0; c < count; ++c) {
    const auto place =
        std::upper_bound(sums.begin(), sums.end() - 1, dice.uniform() * sums.back()) - sums.begin();
    drawn.push_back(p.states[static_cast<std::size_t>(place)]);
  }
  return columns(drawn);
}

// Largest deviation of the columns' first, second and third moments from those of the distribution, in
// standard errors.
double worst_moment(const Eigen::MatrixXd& x, const oracle::Distribution& p) {
  double worst = 0;
  const auto compare = [&](auto f) {
    const double mean = p.expect(f), square = p.expect([&](const oracle::Numbers&v) { return f(v) * f(v); });
    double sum = 0;
    for (Index c = 0; c < x.cols(); ++c) sum += f(column_of(x, c));
    const auto n = static_cast<double>(x.cols());
    worst = std::fmax(worst, standard_errors(sum / n, mean, std::sqrt(square - mean * mean), n));
  };
  for (std::size_t i = 0; i < p.states[0].size(); ++i) {
    compare([=](const oracle::Numbers& v) { return v[i]; });
    compare([=](const oracle::Numbers& v) { return v[i] * v[i] * v[i]; });
    for (std::size_t j = 0; j <= i; ++j) compare([=](const oracle::Numbers& v) { return v[i] * v[j]; });
  }
  return worst;
}

template <class Model>
bool has_distribution(const Model& model, const Eigen::MatrixXd& v, const oracle::Distribution& p) {
  if constexpr (decltype(model.visible)::finite) {
    return static_cast<bool>(chi_square(v, p));
  } else {
    return worst_moment(v, p) < sigmas;
  }
}

// Starts at p(v), and must stay there.
template <class Model>
void check_stationarity(const Model& rbm) {
  const oracle::Distribution p = oracle::visible_distribution(oracle_of(rbm));
  const Cpu<double> on;
  const Index chains = 100'000;
  auto state = make_state(rbm, chains), next = make_state(rbm, chains);
  auto work = make_workspace(rbm, chains);
  state.visible = draw(p, chains, 1);
  REQUIRE(has_distribution(rbm, state.visible, p));
  refresh(on, rbm, state.columns(0, chains));
  transition(on, rbm, state.columns(0, chains), next.columns(0, chains), work, {.seed = 2, .step = 0});
  CHECK(has_distribution(rbm, next.visible, p));
  for (std::uint32_t step = 1; step < 4; ++step)  // and in place
    transition(on, rbm, next.columns(0, chains), next.columns(0, chains), work, {.seed = 2, .step = step});
  CHECK(has_distribution(rbm, next.visible, p));
  // A change of the model is detected.
  auto other = rbm;
  other.weights *= 0.8;
  refresh(on, other, next.columns(0, chains));
  transition(on, other, next.columns(0, chains), next.columns(0, chains), work, {.seed = 2, .step = 9});
  CHECK_FALSE(has_distribution(rbm, next.visible, p));
}

}  // namespace

TEMPLATE_TEST_CASE("a step of Gibbs sampling leaves the model's distribution unchanged",
                   "[gibbs][oracle][slow]", BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical,
                   GaussianBernoulli, GaussianCategorical, CategoricalBernoulli, CategoricalGaussian,
                   CategoricalCategorical, SpinRectified, RectifiedBernoulli, BernoulliPoisson, PoissonSpin,
                   SpinAtMostOne, QuinticBernoulli) {
  check_stationarity(small_rbm<TestType>(7, 1.0));
}

TEMPLATE_PRODUCT_TEST_CASE("a step of Gibbs sampling leaves the distribution of other pairs unchanged",
                           "[gibbs][oracle][slow]", Pair,
                           ((Spin, Bernoulli), (Spin, Gaussian), (Spin, Categorical), (Spin, Spin),
                            (Spin, Poisson), (Rectified, Categorical), (Rectified, Spin),
                            (Poisson, Bernoulli), (Poisson, Categorical), (Bernoulli, Spin),
                            (Bernoulli, Rectified), (Gaussian, Spin), (Categorical, Spin),
                            (Categorical, Rectified), (Categorical, Poisson))) {
  check_stationarity(small_rbm<TestType>(7, 0.6));
}

TEST_CASE("a step of Gibbs sampling leaves the distribution of two Gaussian layers unchanged",
          "[gibbs][oracle]") {
  GaussianGaussian rbm{{.visible = 1, .hidden = 1}};
  rbm.weights(0, 0) = 0.6;
  rbm.visible.parameters << 0.4, 0.2;
  rbm.hidden.parameters << -0.3, -0.1;
  check_stationarity(rbm);
}

TEMPLATE_TEST_CASE("generated samples have the distribution of chains after that many steps",
                   "[gibbs][oracle][slow]", BernoulliBernoulli, CategoricalCategorical, SpinAtMostOne) {
  const auto rbm = small_rbm<TestType>(8, 1.5);
  const oracle::Machine machine = oracle_of(rbm);
  const auto zero = oracle::Numbers(machine.visible.biases.size(), 0.0);
  oracle::Distribution p = oracle::conditional(machine.visible, zero);  // where chains start
  for (const int steps : {1, 2, 5}) {
    p = oracle::conditional(machine.visible, zero);
    for (int step = 0; step < steps - 1; ++step) p = oracle::gibbs_step(machine, p);
    INFO(steps << " steps");
    CHECK(chi_square(generate(rbm, {.samples = 50'000, .steps = steps, .seed = 3}),
                     oracle::gibbs_step(machine, p)));

    // With means each column is E[v | h] of one h, and h has its distribution.
    const Eigen::MatrixXd means =
        generate(rbm, {.samples = 50'000, .steps = steps, .seed = 4, .means = true});
    oracle::Distribution hidden =
        oracle::conditional(machine.hidden, oracle::Numbers(machine.hidden.biases.size(), 0.0));
    std::vector<double> counts(hidden.states.size() + 1, 0.0);
    std::vector<oracle::Numbers> means_of;
    for (const auto& h : hidden.states)
      means_of.push_back(oracle::mean(machine.visible, oracle::visible_input(machine, h)));
    for (Index c = 0; c < means.cols(); ++c) {
      std::size_t found = means_of.size();
      for (std::size_t i = 0; i < means_of.size(); ++i) {
        double far = 0;
        for (Index r = 0; r < means.rows(); ++r)
          far = std::fmax(far, std::abs(means(r, c) - means_of[i][static_cast<std::size_t>(r)]));
        if (far < 1e-12) found = i;
      }
      ++counts[found];
    }
    std::vector<double> probabilities(counts.size(), 0.0);
    for (std::size_t i = 0; i < p.states.size(); ++i) {
      const auto given = oracle::conditional(machine.hidden, oracle::hidden_input(machine, p.states[i]));
      for (std::size_t j = 0; j < given.states.size(); ++j)
        probabilities[j] += p.probabilities[i] * given.probabilities[j];
    }
    CHECK(chi_square(counts, probabilities));
  }
}

TEST_CASE("tempered starts are steps of models whose centered interaction grows", "[gibbs][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(8, 2.0);
  const oracle::Machine machine = oracle_of(rbm);
  oracle::Distribution p = oracle::conditional(machine.visible, {0, 0, 0, 0});
  for (int step = 0; step < 4; ++step) p = oracle::gibbs_step(machine, p);
  Eigen::VectorXd mu = Eigen::VectorXd::Zero(4), lambda = Eigen::VectorXd::Zero(3);  // the chains' means
  for (std::size_t i = 0; i < p.states.size(); ++i) {
    const auto h = oracle::mean(machine.hidden, oracle::hidden_input(machine, p.states[i]));
    for (Index r = 0; r < 4; ++r) mu(r) += p.probabilities[i] * p.states[i][static_cast<std::size_t>(r)];
    for (Index r = 0; r < 3; ++r) lambda(r) += p.probabilities[i] * h[static_cast<std::size_t>(r)];
  }
  for (const double beta : {0.25, 0.5, 0.75, 1.0}) {
    auto hot = rbm;
    hot.weights *= beta;
    hot.visible.parameters += (1 - beta) * rbm.weights * lambda;
    hot.hidden.parameters += (1 - beta) * rbm.weights.transpose() * mu;
    p = oracle::gibbs_step(oracle_of(hot), p);
  }
  const GenerateOptions options{.samples = 50'000, .steps = 1, .seed = 3, .tempering = 4};
  const Eigen::MatrixXd v = generate(rbm, options);
  CHECK(chi_square(v, oracle::gibbs_step(machine, p)));
  auto untempered = options;
  untempered.tempering = 0;
  CHECK_FALSE(chi_square(generate(rbm, untempered), oracle::gibbs_step(machine, p)));
}

TEST_CASE("a DBN generates with chains in its top RBM and one pass down", "[gibbs][dbn][oracle]") {
  Dbn<Stack<Categorical, Bernoulli>, Cpu<double>> dbn{{GroupedSize{.units = 2, .states = 3}, 3, 2}};
  randomise(dbn, 5, 1.0);
  const oracle::Machine bottom = oracle_of(std::get<CategoricalBernoulli>(dbn.rbms[0]));
  const oracle::Machine top = oracle_of(std::get<BernoulliBernoulli>(dbn.rbms[1]));
  oracle::Distribution p = oracle::conditional(top.visible, {0, 0, 0});
  for (int step = 0; step < 3; ++step) p = oracle::gibbs_step(top, p);
  oracle::Distribution visible = oracle::conditional(bottom.visible, oracle::Numbers(6, 0.0));
  visible.probabilities.assign(visible.states.size(), 0.0);
  for (std::size_t i = 0; i < p.states.size(); ++i) {
    const auto given = oracle::conditional(bottom.visible, oracle::visible_input(bottom, p.states[i]));
    for (std::size_t j = 0; j < visible.states.size(); ++j)
      visible.probabilities[j] += p.probabilities[i] * given.probabilities[j];
  }
  const Eigen::MatrixXd v = generate(dbn, {.samples = 50'000, .steps = 3, .seed = 3});
  CHECK(chi_square(v, visible));
  // Means have the same expectation, and spread less.
  const Eigen::MatrixXd means = generate(dbn, {.samples = 50'000, .steps = 3, .seed = 3, .means = true});
  for (Index r = 0; r < 6; ++r) {
    const double mean =
        visible.expect([&](const oracle::Numbers& x) { return x[static_cast<std::size_t>(r)]; });
    CHECK(standard_errors(means.row(r).mean(), mean, std::sqrt(mean * (1 - mean)), 50'000) < sigmas);
  }
  CHECK((means.array() > 0 && means.array() < 1).all());
}

TEST_CASE("generating takes all randomness from the seed", "[gibbs]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  const Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{5, 4, 3}};
  const GenerateOptions options{.samples = 20, .steps = 5, .seed = 3},
      other{.samples = 20, .steps = 5, .seed = 4};
  CHECK(generate(rbm, options) == generate(rbm, options));
  CHECK(generate(rbm, options) == generate(rbm, options, Cpu<double>(3)));
  CHECK(generate(rbm, options) != generate(rbm, other));
  CHECK(generate(dbn, options) == generate(dbn, options));
  CHECK(generate(dbn, options) != generate(dbn, other));
  // More chains do not change the first ones.
  const Eigen::MatrixXd more = generate(rbm, {.samples = 30, .steps = 5, .seed = 3});
  CHECK(largest_difference(more.leftCols(20), generate(rbm, options)) < 1e-12);
}

TEST_CASE("what is generated spreads like the model, unless means are asked for", "[gibbs]") {
  // Without interaction a visible unit is normal with variance 4 whatever the hidden units are.
  GaussianBernoulli rbm{{.visible = 1, .hidden = 1, .weight_scale = 0}};
  rbm.visible.parameters(0, 1) = -std::log(4.0);
  const auto variance = [](const Eigen::MatrixXd& x) { return (x.array() - x.mean()).square().mean(); };
  const GenerateOptions many{.samples = 20'000, .steps = 1, .seed = 1};
  CHECK(std::abs(variance(generate(rbm, many)) - 4) < 4 * 4 * std::sqrt(2 / 20'000.0));
  GenerateOptions smooth = many;
  smooth.means = true;
  CHECK(variance(generate(rbm, smooth)) < 1e-20);
}

TEST_CASE("generating refuses numbers that make no sense", "[gibbs][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  CHECK_THROWS_MATCHES(generate(rbm, {.samples = 0}), ValueError,
                       Message("generate: samples is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(generate(rbm, {.steps = 0}), ValueError,
                       Message("generate: steps is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(generate(rbm, {.tempering = -1}), ValueError,
                       Message("generate: tempering is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(generate(Dbn<Stack<Bernoulli>>{}), ShapeError,
                       Message("generate: the DBN has no layers"));
}

}  // namespace test::inference_generate
