// The discriminative gradient of joint RBMs checked against slopes of log p(label | sample), and its effect
// on contrastive divergence.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/label_free_energies.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/joint.hpp"
#include "support/learned.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_gradient_label_gradient {

namespace {

using Host = Cpu<double>;
using Binary = JointRbm<Bernoulli, Bernoulli, Host>;
const Host on;

// Samples with one of three labels, one-hot, below them.
template <class Model>
Eigen::MatrixXd labelled(const Model& rbm, Index count, std::uint64_t seed) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(rbm.visible.rows(), count);
  const Eigen::MatrixXd samples = drawn_samples(rbm, count, seed);
  x.topRows(samples.rows()) = samples;
  for (Index c = 0; c < count; ++c) x(samples.rows() + (2 * c + c / 3) % 3, c) = 1;
  return x;
}

// sum over columns of shares * log p(label | sample)
template <class Model>
double score(const Model& rbm, const Eigen::MatrixXd& x, const Eigen::VectorXd& shares) {
  const Index features = std::get<0>(rbm.visible.parts).rows();
  const Eigen::MatrixXd log_p =
      class_log_probabilities(rbm, Dataset(Eigen::MatrixXd(x.topRows(features))), on);
  return (log_p.array() * x.bottomRows(3).array()).matrix().colwise().sum().dot(shares);
}

}  // namespace

TEMPLATE_TEST_CASE("the label gradient is the slope of log p(label | sample)", "[joint]",
                   (JointRbm<Bernoulli, Bernoulli, Host>), (JointRbm<Gaussian, Categorical, Host>),
                   (JointRbm<Categorical, Spin, Host>), (JointRbm<Bernoulli, Gaussian, Host>)) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    const auto rbm = small_joint<TestType>(seed);
    const Eigen::MatrixXd x = labelled(rbm, 7, seed);
    Eigen::VectorXd shares(7);
    shares << 0.1, 0.3, 0.0, 0.2, 0.1, 0.2, 0.1;
    const Eigen::MatrixXd row = shares.transpose();

    TestType gradient = zeros_like(rbm);
    LabelGradient<TestType> labels(rbm, 9);  // larger than the batch
    labels.add(on, rbm, view_of(x), view_of(row), 1.0, gradient);
    CHECK(worst_slope(rbm, flatten(gradient),
                      [&](const TestType& moved) { return score(moved, x, shares); }) < 1e-8);

    labels.add(on, rbm, view_of(x), view_of(row), 0.5, gradient);  // adds, with its factor
    CHECK(worst_slope(rbm, flatten(gradient),
                      [&](const TestType& moved) { return 1.5 * score(moved, x, shares); }) < 1e-8);
  }
}

TEST_CASE("contrastive divergence adds the label gradient with its weight", "[joint]") {
  const auto start = small_joint<Binary>(4);
  const Eigen::MatrixXd x = labelled(start, 6, 5);
  const std::vector<double> weights = {1, 2, 1, 1, 3, 1};
  const auto gradient_with = [&](double discriminative) {
    Binary rbm = start;
    ContrastiveDivergence trainer{rbm,
                                  {.batch_size = 8,
                                   .optimizer = Sgd{.rate = 1e-30},
                                   .max_gradient_norm = 0,
                                   .discriminative = discriminative,
                                   .centered = false,
                                   .seed = 6},
                                  on};
    trainer.step({.values = view_of(x), .weights = weights});
    return flatten(trainer.gradient());
  };
  const auto without = gradient_with(0), with = gradient_with(2.5);
  Binary labels = zeros_like(start);
  const Eigen::MatrixXd shares = Eigen::Map<const Eigen::RowVectorXd>(weights.data(), 6) / 6;
  LabelGradient<Binary>(start, 6).add(on, start, view_of(x), view_of(shares), 2.5, labels);
  oracle::Numbers expected = flatten(labels);
  CHECK(*std::max_element(expected.begin(), expected.end()) > 0.01);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += without[i];
  CHECK(largest_difference(with, expected) < 1e-12);
}

TEST_CASE("a hybrid classifies better than a purely generative joint RBM", "[joint]") {
  // One hidden unit cannot model both ten noisy rows and a label that depends on the row after them.
  Dice dice(7);
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(14, 600);
  for (Index c = 0; c < x.cols(); ++c) {
    const bool left = dice.uniform() < 0.5, right = dice.uniform() < 0.5;
    for (Index r = 0; r < 10; ++r) x(r, c) = dice.uniform() < (left ? 0.9 : 0.1) ? 1 : 0;
    x(10, c) = right ? 1 : 0;
    x(11 + (right ? 1 : 0), c) = 1;
  }
  const auto loss_with = [&](double discriminative) {
    JointRbm<Bernoulli, Bernoulli, Host> rbm({.visible = {11, {1, 3}}, .hidden = 1, .seed = 8});
    ContrastiveDivergence{rbm,
                          {.epochs = 60,
                           .batch_size = 50,
                           .optimizer = Momentum{.rate = 0.1, .momentum = 0.9},
                           .discriminative = discriminative,
                           .seed = 9},
                          on}
        .fit(view_of(x));
    std::vector<int> labels;
    for (Index c = 0; c < x.cols(); ++c) labels.push_back(x(12, c) > 0 ? 1 : 0);
    return evaluate(rbm, Dataset(Eigen::MatrixXd(x.topRows(11)), labels), on).log_loss;
  };
  const double generative = loss_with(0), hybrid = loss_with(5);
  INFO(generative << " against " << hybrid);
  CHECK(generative > 0.6);  // guessing gives 0.69: the one unit is spent on the ten rows
  CHECK(hybrid < 0.1);
}

TEST_CASE("a backend without element access adds the same label gradient", "[joint][device]") {
  const auto rbm = small_joint<Binary>(10);
  const Eigen::MatrixXd x = labelled(rbm, 6, 11), shares = Eigen::MatrixXd::Constant(1, 6, 1.0 / 6);
  Binary here = zeros_like(rbm);
  LabelGradient<Binary>(rbm, 6).add(on, rbm, view_of(x), view_of(shares), 1.0, here);

  using There = Device;
  const auto moved = convert<There>(rbm);
  auto there = zeros_like(moved);
  Matrix<There> values(x.rows(), 6), row(1, 6);
  There{}.upload(view_of(x), values);
  There{}.upload(view_of(shares), row);
  LabelGradient<std::remove_cvref_t<decltype(moved)>>(moved, 6).add(There{}, moved, values, row, 1.0, there);
  CHECK(apart(convert<Host>(there), here) == 0);
}

TEST_CASE("discriminative learning is refused where there is not one label", "[joint][errors]") {
  Rbm<Bernoulli, Bernoulli, Host> plain({.visible = 3, .hidden = 2});
  CHECK_THROWS_MATCHES((ContrastiveDivergence{plain, {.discriminative = 1}, on}), ValueError,
                       Message("ContrastiveDivergence: discriminative is for joint RBMs, whose visible units "
                               "are a sample and a label"));
  Binary two({.visible = {3, {2, 3}}, .hidden = 2});
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{two, {.discriminative = 1}, on}), ShapeError,
      Message("ContrastiveDivergence: discriminative is for models with 1 label, this has 2"));
  CHECK_NOTHROW((ContrastiveDivergence{two, {}, on}));
}

}  // namespace test::training_gradient_label_gradient
