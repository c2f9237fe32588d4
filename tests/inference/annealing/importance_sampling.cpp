// Annealed importance sampling: unbiased for every model and every schedule, however short.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/annealing/importance_sampling.hpp>
#include <harmonium/inference/exact/samples.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_annealing_importance_sampling {

namespace {

const Cpu<double> on;

// The deviation of the mean of exp(log_weights) from 1, in standard errors.
double off_one(const Eigen::VectorXd& log_weights) {
  const Eigen::ArrayXd w = log_weights.array().exp();
  const double n = static_cast<double>(w.size());
  return (w.mean() - 1) / std::sqrt(((w - w.mean()).square().sum() / (n - 1) + 1e-24) / n);
}

// The mean and its variance.
std::pair<double, double> mean_of(const Eigen::ArrayXd& x) {
  const double n = static_cast<double>(x.size());
  return {x.mean(), (x - x.mean()).square().sum() / (n - 1) / n};
}

// Forward and reverse weights are distributed such that a forward chain's path is exp(x - log Z) times as
// probable in reverse. So E[s(x - log Z)] over forward chains is E[s(log Z - y)] over reverse ones, with s
// the logistic function: an identity without heavy tails, whatever the reverse weights. In standard errors.
double off_balance(const Eigen::VectorXd& forward, const Eigen::VectorXd& reverse, double log_z) {
  const auto logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto [a, variance_a] = mean_of((forward.array() - log_z).unaryExpr(logistic));
  const auto [b, variance_b] = mean_of((log_z - reverse.array()).unaryExpr(logistic));
  return (a - b) / std::sqrt(variance_a + variance_b + 1e-24);
}

// Several random models, annealed both ways in a few steps so that weights vary. Each standardized error has
// mean 0 and variance about 1.
template <class R>
void check_unbiased(Index models, double weights) {
  double forward = 0, reverse = 0, spread = 0;
  for (Index i = 0; i < models; ++i) {
    const auto seed = static_cast<std::uint64_t>(100 + i);
    const R rbm = small_rbm<R>(seed, weights);
    const double log_z = exact_log_z(rbm, on);
    const AnnealingOptions options{.chains = 400, .betas = {0, 0.2, 0.5, 0.75, 1}, .seed = seed};
    R other = small_rbm<R>(seed + 1000, weights);  // any biases will do
    auto base = base_rates(rbm);
    base.visible.parameters.col(0) = 0.5 * other.visible.parameters.col(0);
    const Eigen::VectorXd up = annealed_log_weights(rbm, base, options, on);
    const Eigen::VectorXd down =
        reverse_annealed_log_weights(rbm, base, exact_samples(rbm, 400, seed, on), options, on);
    const double a = off_one(up.array() - log_z), b = off_balance(up, down, log_z);
    INFO("model " << i);
    CHECK(std::abs(a) < 6);
    CHECK(std::abs(b) < 6);
    forward += a;
    reverse += b;
    const Eigen::ArrayXd centered = up.array() - up.mean();
    spread += std::sqrt(centered.square().mean());
  }
  const double errors = std::sqrt(static_cast<double>(models));
  CHECK(std::abs(forward) < 4 * errors);
  CHECK(std::abs(reverse) < 4 * errors);
  CHECK(spread > 0.02 * static_cast<double>(models));  // otherwise there would be nothing to be biased
}

}  // namespace

TEMPLATE_TEST_CASE("annealing is unbiased in both directions", "[annealing][oracle]", BernoulliBernoulli,
                   CategoricalBernoulli, SpinAtMostOne, QuinticBernoulli) {
  check_unbiased<TestType>(50, 1.0);
}

TEMPLATE_TEST_CASE("annealing is unbiased with units of infinitely many states", "[annealing][oracle]",
                   GaussianGaussian, GaussianBernoulli, (Rbm<Bernoulli, Poisson, Cpu<double>>),
                   (Rbm<Rectified, Spin, Cpu<double>>)) {
  check_unbiased<TestType>(20, 0.5);
}

TEST_CASE("annealing is unbiased for tables", "[annealing][mixed]") {
  Rbm<Mixed<Bernoulli, Categorical, Gaussian>, Bernoulli, Cpu<double>> table{
      {.visible = {2, {1, 3}, 2}, .hidden = 3}};
  randomise(table, 3, 0.7);
  const double log_z = exact_log_z(table, on);
  const AnnealingOptions options{.chains = 20'000, .betas = {0, 0.3, 0.6, 1}};
  const auto base = base_rates(table);
  const Eigen::VectorXd up = annealed_log_weights(table, base, options, on);
  CHECK(std::abs(off_one(up.array() - log_z)) < sigmas);
  const Eigen::VectorXd down =
      reverse_annealed_log_weights(table, base, exact_samples(table, 20'000, 1, on), options, on);
  CHECK(std::abs(off_balance(up, down, log_z)) < sigmas);
}

TEST_CASE("without weights annealing is exact in a single step, from any base", "[annealing]") {
  BernoulliBernoulli rbm{{.visible = 3, .hidden = 2, .weight_scale = 0}};
  randomise(rbm, 4, 0);
  const auto same = annealed_log_weights(rbm, base_rates(rbm), {.chains = 5, .betas = {0, 1}}, on);
  CHECK((same.array() - exact_log_z(rbm, on)).abs().maxCoeff() < 1e-13);
}

TEST_CASE("schedules go from 0 to 1", "[annealing]") {
  CHECK(uniform_betas(4) == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(three_part_betas(2, 2, 1) == std::vector<double>{0, 0.25, 0.5, 0.7, 0.9, 1});
  const auto published = three_part_betas();
  CHECK(published.size() == 14'501);
  CHECK((published[500] == 0.5 && published[4500] == 0.9 && published.back() == 1));
  CHECK_THROWS_MATCHES(uniform_betas(0), ValueError,
                       Message("uniform_betas: steps is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(three_part_betas(1, 0, 1), ValueError,
                       Message("three_part_betas: a part has 0 steps, expected at least 1"));
}

TEST_CASE("the base has given mean rates, or those of data in both layers", "[annealing][mixed]") {
  Rbm<Mixed<Bernoulli, Categorical, Gaussian, Rectified, Poisson, Spin>, Bernoulli, Cpu<double>> table{
      {.visible = {2, {1, 3}, 2, 2, 1, 1}, .hidden = 3}};
  randomise(table, 3, 0.7);
  Eigen::VectorXd means(11);
  means << 0.2, 0, 0.5, 0.25, 0.25, -1.5, 3, 0.4, 6, 2.5, 0.5;
  const auto base = base_rates(table, means, 1'000'000'000);
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(11, 1);
  Eigen::MatrixXd mu(11, 1);
  mean(on, base.visible, View<const double>(none), view_of(mu));
  // A billion samples leave 1e-9 of the smoothing; Newton's method ends at rounding.
  CHECK(largest_difference(mu, Eigen::MatrixXd(means)) < 1e-8);
  CHECK(std::get<2>(base.visible.parts).parameters.col(1) ==
        std::get<2>(table.visible.parts).parameters.col(1));
  CHECK(base.hidden.parameters.isZero(0));

  // From a data set with weights: 3 of 4 parts.
  BernoulliBernoulli rbm{{.visible = 2, .hidden = 1, .seed = 1, .weight_scale = 2}};
  const Dataset data = Dataset(Eigen::MatrixXd{{1, 0}, {0.5, 0.5}}).with_weights({3, 1});
  const auto fitted = base_rates(rbm, data);
  CHECK(std::abs(fitted.visible.parameters(0, 0) - std::log(2.0 / 1.0)) <
        1e-12);  // (3/4 2 + 1/2) / (1/4 2 + 1/2)
  CHECK(std::abs(fitted.visible.parameters(1, 0)) < 1e-12);
  const Eigen::MatrixXd h = mean_hidden(rbm, Eigen::MatrixXd{{1, 0}, {0.5, 0.5}});
  const double on_share = 0.75 * h(0, 0) + 0.25 * h(0, 1);
  CHECK(std::abs(fitted.hidden.parameters(0, 0) - std::log((2 * on_share + 0.5) / (2 - 2 * on_share + 0.5))) <
        1e-12);
}

TEST_CASE("annealing takes all randomness from the seed", "[annealing]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const auto base = base_rates(rbm);
  const AnnealingOptions options{.chains = 60, .betas = uniform_betas(70), .seed = 5};
  const Eigen::VectorXd once = annealed_log_weights(rbm, base, options, on);
  CHECK(annealed_log_weights(rbm, base, options, Cpu<double>(3)) == once);
  auto more = options;
  more.chains = 90;  // more chains do not change the first ones
  CHECK(largest_difference(annealed_log_weights(rbm, base, more, on).head(60), once) < 1e-12);
  auto other = options;
  other.seed = 6;
  CHECK(annealed_log_weights(rbm, base, other, on) != once);
  const auto narrow = convert<Cpu<float>>(rbm);
  const Eigen::VectorXd in_floats = annealed_log_weights(narrow, base_rates(narrow), options);
  // A state may differ where a uniform number falls between two roundings of a probability; weights of equal
  // chains differ by a float's rounding of numbers below 10, 70 times.
  CHECK(((in_floats - once).array().abs() < 1e-4).count() >= 58);
}

TEST_CASE("a model in device memory is annealed like one on the host", "[annealing][backend]") {
  Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli, Cpu<double>> b{{.visible = {3, 2}, .hidden = 4}};
  randomise(b, 2);
  const auto a = convert<Device>(b);
  const AnnealingOptions options{.chains = 7, .betas = uniform_betas(40)};
  CHECK(annealed_log_weights(a, base_rates(a), options) ==
        annealed_log_weights(b, base_rates(b), options, on));
  const auto starts = exact_samples(a, 7, 3);
  CHECK(reverse_annealed_log_weights(a, base_rates(a), starts, options) ==
        reverse_annealed_log_weights(b, base_rates(b), exact_samples(b, 7, 3), options, on));
  CHECK(convert<Cpu<double>>(Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli, Device>(a)) == b);
}

TEST_CASE("annealing refuses what makes no sense", "[annealing][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(1);
  const auto base = base_rates(rbm);
  CHECK_THROWS_MATCHES(annealed_log_weights(rbm, base, {.chains = 0}), ValueError,
                       Message("annealed_log_weights: chains is 0, expected at least 1"));
  for (const auto& betas :
       {std::vector<double>{0}, {0, 0.5}, {0.1, 1}, {0, std::nan(""), 1}, {0, 0.6, 0.5, 1}})
    CHECK_THROWS_AS(annealed_log_weights(rbm, base, {.betas = betas}), ValueError);
  CHECK_THROWS_MATCHES(annealed_log_weights(rbm, base, {.betas = {0, 0.6, 0.5, 1}}), ValueError,
                       Message("annealed_log_weights: beta 2 is 0.5, below the one before it, 0.6"));
  const BernoulliBernoulli larger{{.visible = 5, .hidden = 3}};
  CHECK_THROWS_MATCHES(
      annealed_log_weights(rbm, base_rates(larger)), ShapeError,
      Message("annealed_log_weights: the base has 5 visible and 3 hidden rows, the RBM has 4 and 3"));
  const Eigen::MatrixXd starts = Eigen::MatrixXd::Zero(3, 2);
  CHECK_THROWS_MATCHES(
      reverse_annealed_log_weights(rbm, base, starts), ShapeError,
      Message("reverse_annealed_log_weights: the starts are 3 x 2, the RBM has 4 visible rows"));
  CHECK_THROWS_MATCHES(base_rates(rbm, Eigen::VectorXd::Zero(3), 1), ShapeError,
                       Message("base_rates: there are 3 means, the RBM has 4 visible rows"));
  CHECK_THROWS_MATCHES(base_rates(rbm, Eigen::VectorXd::Zero(4), 0), ValueError,
                       Message("base_rates: count is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(
      base_rates(rbm, Eigen::VectorXd::Constant(4, 2), 1), DataError,
      Message("base_rates: the mean in row 0 is 2; a bernoulli unit takes numbers from 0 to 1"));
  const Eigen::MatrixXd none(4, 0);
  CHECK_THROWS_MATCHES(base_rates(rbm, none), DataError, Message("base_rates: the data have no samples"));
}

}  // namespace test::inference_annealing_importance_sampling
