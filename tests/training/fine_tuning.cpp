// Back-propagation checked against finite differences of the likelihood, and training with it.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <numeric>

#include "support/catch.hpp"
#include "support/sources.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::WithinAbs;

namespace test::training_fine_tuning {

namespace {

// Every kind of hidden layer below and above every other kind of mean: sigmoid, softmax, linear and
// user-defined.
using Net = Network<Stack<Bernoulli, Categorical, Gaussian, Quintic, Bernoulli>, Cpu<double>>;
const Cpu<double> on;

Net small_network() {
  Net network{{.sizes = {5, GroupedSize{.units = 2, .states = 3}, 4, 3, 4, 3}, .classes = 3, .seed = 1}};
  randomise(network, 2, 0.7);
  return network;
}

double log_likelihood(const Net& network, const Eigen::MatrixXd& x, const Eigen::MatrixXd& targets,
                      const Eigen::RowVectorXd& shares) {
  return (targets.array() * predict_proba(network, x, on).array().log()).colwise().sum().matrix().dot(shares);
}

std::vector<int> random_labels(Index count, int classes) {
  Dice dice(9);
  std::vector<int> labels;
  for (Index i = 0; i < count; ++i) labels.push_back(static_cast<int>(dice.below(classes)));
  return labels;
}

FineTuningOptions<> quiet(Index batch_size, int epochs = 1) {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .optimizer = Momentum{.rate = 0.05, .momentum = 0.5},
          .seed = 3};
}

}  // namespace

TEST_CASE("back-propagation gives the slopes of the weighted log likelihood along every weight and bias",
          "[fine_tuning][oracle]") {
  auto network = small_network();
  const Eigen::MatrixXd x = numbers(5, 6, 3);
  Eigen::MatrixXd targets = numbers(3, 6, 4);  // distributions
  for (Index c = 0; c < 6; ++c) targets.col(c) /= targets.col(c).sum();
  targets.col(2) << 0, 1, 0;
  Activations<Cpu<double>> activations(network, 9);  // larger than the batch
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(1, 6), shares{{0.5, 0.1, 0, 0.25, 0.2, 0.3}};
  Net gradient = zeros_like(network);
  for_each_parameter(
      [&](const ParameterName&, Role role, auto g) {
        if (role != Role::shape) on.fill(g, std::nan(""));  // to be overwritten
      },
      gradient);
  forward(on, network, View<const double>(x), activations);
  backward(on, network, View<const double>(x), View<const double>(targets), activations,
           View<const double>(shares), View<const double>(ones), gradient);
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto w, auto g) {
        double far = 0;
        for (Index c = 0; c < w.cols; ++c)
          for (Index r = 0; r < w.rows; ++r) {
            const double here = w(r, c);
            // Shape parameters are frozen.
            const double slope = role == Role::shape
                                     ? 0
                                     : oracle::derivative(
                                           [&](double number) {
                                             w(r, c) = number;
                                             return log_likelihood(network, x, targets, shares.row(0));
                                           },
                                           here);
            w(r, c) = here;
            far = std::fmax(far, std::isnan(g(r, c)) ? INFINITY : std::abs(g(r, c) - slope));
          }
        INFO(name.string());
        CHECK(far < 1e-10);  // the error of the finite differences
      },
      network, gradient);
}

TEST_CASE("a labelled sample of weight 2 counts as two, one of weight 0 not at all",
          "[fine_tuning][weights]") {
  const Eigen::MatrixXd x = numbers(5, 4, 3);
  Eigen::MatrixXd repeated(5, 4);
  repeated << x.col(0), x.col(0), x.col(1), x.col(3);
  const std::vector<int> labels{0, 2, 1, 1}, repeated_labels{0, 0, 2, 1};
  auto weighted = small_network(), twice = weighted;
  const Dataset few = Dataset(x, labels).with_weights({2, 1, 0, 1}), many(repeated, repeated_labels);
  FineTuning by_weight{weighted, quiet(4, 3), on}, by_hand{twice, quiet(4, 3), on};
  const EpochReport a = by_weight.fit(few).epochs.back(), b = by_hand.fit(many).epochs.back();
  CHECK(largest_parameter_difference(weighted, twice) < 1e-13);
  CHECK_THAT(a.metric("loss"), WithinAbs(b.metric("loss"), 1e-13));
  CHECK_THAT(a.metric("error"), WithinAbs(b.metric("error"), 1e-13));
  const Evaluation one = evaluate(weighted, few, on), two = evaluate(weighted, many, on);
  CHECK_THAT(one.log_loss, WithinAbs(two.log_loss, 1e-13));
  CHECK_THAT(one.error, WithinAbs(two.error, 1e-13));
  CHECK(evaluate(weighted, Dataset(x, labels), on).log_loss != one.log_loss);
  const std::vector<double> wrong{1, -1, 1, 1};
  CHECK_THROWS_AS(by_weight.step({.values = x, .labels = labels, .weights = wrong}), DataError);
}

TEST_CASE("the shape parameters of a network stay as they are", "[fine_tuning]") {
  auto network = small_network();
  const Dataset data(numbers(5, 40, 3), random_labels(40, 3));
  FineTuning{network, {.epochs = 3, .batch_size = 16, .optimizer = Adam{.rate = 0.01}, .weight_decay = 0.1}}
      .fit(data);
  const auto begin = small_network();
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto w, auto before) {
        INFO(name.string());
        CHECK(detail::equal<Cpu<double>>(w, before) == (role == Role::shape));
      },
      network, begin);
}

TEST_CASE("weight decay shrinks a network's weights and not its biases", "[fine_tuning]") {
  const auto begin = small_network();
  auto with = begin, without = begin;
  const Eigen::MatrixXd x = numbers(5, 10, 3);
  const std::vector<int> labels = random_labels(10, 3);
  auto options = quiet(10);
  FineTuning{without, options}.step({.values = x, .labels = labels});
  options.weight_decay = 0.3;
  FineTuning{with, options}.step({.values = x, .labels = labels});
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto a, auto b, auto w) {
        double far = 0;
        for (Index c = 0; c < w.cols; ++c)
          for (Index r = 0; r < w.rows; ++r)
            far = std::fmax(far, std::abs(a(r, c) - b(r, c) +
                                          (role == Role::weight ? 0.3 * (0.05 / (1 - 0.5)) * w(r, c) : 0)));
        INFO(name.string());
        CHECK(far < 1e-15);
      },
      with, without, begin);
}

TEST_CASE("every labelled sample is used once in an epoch, with its own label", "[fine_tuning]") {
  const auto begin = small_network();
  const Eigen::MatrixXd data = numbers(5, 23, 3);
  const std::vector<int> labels = random_labels(23, 3);
  const auto options = quiet(10, 3);
  auto by_fit = begin, by_epochs = begin, by_steps = begin;
  FineTuning{by_fit, options, on}.fit(Dataset(data, labels));

  Calls calls;
  const RecordingSource<double> source{data, calls, labels};
  FineTuning epochs{by_epochs, options, on};
  FineTuning steps{by_steps, options, on};
  for (int epoch = 1; epoch <= 3; ++epoch) {
    calls.clear();
    epochs.epoch(source, epoch);
    REQUIRE(calls.size() == 6);  // three to check, three to learn
    std::vector<Index> order;
    for (std::size_t i = 3; i < 6; ++i) {
      CHECK(calls[i].size() == (i < 5 ? 10 : 3));
      order.insert(order.end(), calls[i].begin(), calls[i].end());
      Eigen::MatrixXd batch(5, static_cast<Index>(calls[i].size()));
      std::vector<int> own;
      for (std::size_t c = 0; c < calls[i].size(); ++c) {
        batch.col(static_cast<Index>(c)) = data.col(calls[i][c]);
        own.push_back(labels[static_cast<std::size_t>(calls[i][c])]);
      }
      steps.step({.values = batch, .labels = own});
    }
    std::sort(order.begin(), order.end());
    std::vector<Index> all(23);
    std::iota(all.begin(), all.end(), Index(0));
    CHECK(order == all);
  }
  CHECK(by_epochs == by_fit);
  CHECK(by_steps == by_fit);
  CHECK(steps.steps() == 9);
}

TEST_CASE("a step climbs the gradient of its own batch, short ones too", "[fine_tuning]") {
  auto network = small_network();
  FineTuning trainer{network, {.batch_size = 8, .optimizer = Momentum{.rate = 0.1, .momentum = 0.0}}, on};
  for (const Index n : {8, 3, 1, 8}) {
    const Net before = network;
    const Eigen::MatrixXd x = numbers(5, n, static_cast<std::uint64_t>(n));
    const std::vector<int> labels = random_labels(n, 3);
    Eigen::MatrixXd targets = Eigen::MatrixXd::Zero(3, n);
    for (Index c = 0; c < n; ++c) targets(labels[static_cast<std::size_t>(c)], c) = 1;
    trainer.step({.values = x, .labels = labels});
    // The likelihood along the step that was taken: its slope is the squared norm of the gradient.
    const auto at = [&](double share) {
      Net moved = before;
      for_each_parameter(
          [&](const ParameterName&, Role, auto w, auto to) {
            for (Index c = 0; c < w.cols; ++c)
              for (Index r = 0; r < w.rows; ++r) w(r, c) += share * (to(r, c) - w(r, c));
          },
          moved, network);
      return log_likelihood(moved, x, targets, Eigen::RowVectorXd::Constant(n, 1.0 / static_cast<double>(n)));
    };
    const double length = norm(on, trainer.gradient());
    CHECK_THAT(oracle::derivative(at, 0, 1e-2), Catch::Matchers::WithinRel(0.1 * length * length, 1e-6));
  }
}

TEST_CASE("a run reports the loss and error that an evaluation would give", "[fine_tuning]") {
  auto network = small_network();
  const Dataset data(numbers(5, 123, 3), random_labels(123, 3));
  auto options = quiet(50, 2);
  options.optimizer = Momentum{.rate = 0};  // so that nothing changes within an epoch
  FineTuning trainer{network, options};
  trainer.epoch(data);  // must not affect the run
  const History history = trainer.fit(data);
  const Evaluation expected = evaluate(network, data);
  REQUIRE(history.epochs.size() == 2);
  for (const EpochReport& report : history.epochs) {
    CHECK_THAT(report.metric("loss"), WithinAbs(expected.log_loss, 1e-12));
    CHECK_THAT(report.metric("error"), WithinAbs(expected.error, 1e-12));
    CHECK((report.phase == "fine-tuning" && report.epochs == 2));
  }
}

TEST_CASE("a network learns what one layer cannot", "[fine_tuning]") {
  // Bars or stripes: no single pixel is informative.
  Dataset pictures = bars_and_stripes(3);
  std::vector<Index> chosen;
  std::vector<int> labels;
  for (Index i = 1; i < 15; ++i)
    if (i != 7 && i != 8) {  // blank and full are both bars and stripes
      chosen.push_back(i);
      labels.push_back(i < 8 ? 0 : 1);
    }
  const Dataset data(pictures.subset(chosen).to_matrix<float>(), labels);
  Network<Stack<Bernoulli>> network{{.sizes = {9, 16}, .classes = 2, .seed = 1}};
  FineTuning{network, {.epochs = 300, .batch_size = 5, .optimizer = Adam{.rate = 0.03}, .seed = 1}}.fit(data);
  const Evaluation result = evaluate(network, data);
  CHECK(result.error == 0);
  CHECK(result.log_loss < 0.05);
}

namespace {
// Plain gradient ascent, defined by a user.
struct Plain {
  Schedule rate = 0.5;
  static constexpr int moments = 0;
  template <class T>
  struct Rule {
    T rate;
    constexpr void operator()(T& w, T gradient) const { w += rate * gradient; }
  };
  template <class T>
  Rule<T> rule(std::uint64_t, double progress) const {
    return {static_cast<T>(rate.at(progress))};
  }
};
}  // namespace

TEST_CASE("a user's optimizer fine-tunes", "[fine_tuning]") {
  auto own = small_network(), bundled = small_network();
  const Dataset data(numbers(5, 40, 3), random_labels(40, 3));
  FineTuning<Net, FineTuningOptions<Plain>>{own, {.epochs = 2, .batch_size = 16, .optimizer = {.rate = 0.1}}}
      .fit(data);
  FineTuning{bundled, {.epochs = 2, .batch_size = 16, .optimizer = Momentum{.rate = 0.1, .momentum = 0.0}}}
      .fit(data);
  CHECK(largest_parameter_difference(own, bundled) < 1e-12);
  CHECK_FALSE(own == small_network());
}

}  // namespace test::training_fine_tuning
