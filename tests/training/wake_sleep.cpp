// Wake-sleep checked against exact expectations: its gradients by slopes, both phases by sums over all
// states, the top RBM by contrastive divergence alone.
#include <harmonium/data/dataset.hpp>
#include <harmonium/training/up_down_pre_training.hpp>
#include <harmonium/training/wake_sleep.hpp>

#include "io/models/killed.hpp"
#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/learned.hpp"
#include "support/mixed.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_wake_sleep {

namespace {

using Host = Cpu<double>;
using Binary = UpDownDbn<Stack<Bernoulli>, Host>;
const Host on;

// Columns of two kinds, each with its label: the upper or the lower half of the rows is mostly on.
Dataset halves(Index rows, Index count, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x(rows, count);
  std::vector<int> labels;
  for (Index c = 0; c < count; ++c) {
    labels.push_back(static_cast<int>(dice.below(2)));
    for (Index r = 0; r < rows; ++r)
      x(r, c) = dice.uniform() < ((r < rows / 2) == (labels.back() == 0) ? 0.9 : 0.1) ? 1 : 0;
  }
  return Dataset(std::move(x), std::move(labels));
}

double sigmoid(double field) { return 1 / (1 + std::exp(-field)); }

// Fields of the units of a pass, and the probability that they all have the values in x.
Eigen::VectorXd fields(const Dense<Bernoulli, Host>& way, const Eigen::VectorXd& given) {
  return way.weights.transpose() * given + way.layer.parameters.col(0);
}
double probability(const Dense<Bernoulli, Host>& way, const Eigen::VectorXd& given,
                   const Eigen::VectorXd& x) {
  double p = 1;
  const Eigen::VectorXd field = fields(way, given);
  for (Index i = 0; i < x.size(); ++i) p *= x(i) > 0 ? sigmoid(field(i)) : 1 - sigmoid(field(i));
  return p;
}
// sum += factor * slope of log p(x | given)
void add_slope(const Dense<Bernoulli, Host>& way, const Eigen::VectorXd& given, const Eigen::VectorXd& x,
               double factor, Dense<Bernoulli, Host>& sum) {
  const Eigen::VectorXd difference = x - fields(way, given).unaryExpr([](double f) { return sigmoid(f); });
  sum.weights += factor * given * difference.transpose();
  sum.layer.parameters.col(0) += factor * difference;
}
Eigen::VectorXd bits(int state, Index count) {
  return Eigen::VectorXd::NullaryExpr(count, [&](Index i) { return static_cast<double>((state >> i) & 1); });
}
double apart(const Dense<Bernoulli, Host>& a, const Dense<Bernoulli, Host>& b) {
  return std::max(largest_difference(a.weights, b.weights),
                  largest_difference(a.layer.parameters, b.layer.parameters));
}

Binary small_model(std::uint64_t seed) {
  Binary model{{.sizes = {3, 2, 2, 3}, .classes = 2}};
  randomise(model, seed, 1.0);
  return model;
}
const auto& layer(const Binary& model, std::size_t i) { return std::get<0>(model.stack.layers[i]); }
const auto& layer(const UpDownStack<Stack<Bernoulli>, Host>& stack, std::size_t i) {
  return std::get<0>(stack.layers[i]);
}

// A trainer that computes gradients but hardly moves.
const WakeSleepOptions<> looking{
    .batch_size = 160000, .optimizer = Sgd{.rate = 1e-30}, .top_optimizer = Sgd{.rate = 1e-30}, .seed = 3};

}  // namespace

TEMPLATE_TEST_CASE("the gradient of a pass is the slope of its log likelihood", "[wake_sleep][gradient]",
                   Bernoulli, Gaussian, Categorical, Poisson, Spin, Rectified, Quintic,
                   (Mixed<Bernoulli, Gaussian>)) {
  using Way = Dense<TestType, Host>;
  LayerSize<TestType> size;
  if constexpr (std::is_same_v<TestType, Mixed<Bernoulli, Gaussian>>) {
    size = {2, 2};
  } else {
    size = small<TestType>(4);
  }
  Way way(3, size, {.seed = 1});
  Dice dice(2);
  for_each_parameter(
      [&](const ParameterName&, Role role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) x(r, c) = (role == Role::shape ? 0.2 : 0.4) * dice.normal();
      },
      way);
  const Index n = 5, rows = way.layer.rows();
  const Eigen::MatrixXd given = Eigen::MatrixXd::NullaryExpr(3, n, [&] { return dice.normal(); });
  Eigen::MatrixXd x(rows, n), input(rows, n), means(rows, n), shares(2, n);
  for (Index c = 0; c < n; ++c) shares(0, c) = 0.1 * static_cast<double>(c);
  shares.row(1) = -shares.row(0);
  sample(on, way.layer, View<const double>(Eigen::MatrixXd::Zero(rows, n).eval()), view_of(x), {.seed = 5});
  Way gradient = way;  // to be overwritten
  detail::set_likelihood_gradient(on, way, View<const double>(given), View<const double>(x),
                                  View<const double>(shares), view_of(input), view_of(means), gradient);
  const auto log_likelihood = [&](const Way& here) {
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(1, n);
    const Eigen::MatrixXd field = here.weights.transpose() * given;
    add_energy(on, here.layer, View<const double>(x), -1, view_of(sums));
    add_log_partition(on, here.layer, View<const double>(field), -1, view_of(sums));
    on.dot_columns(1, View<const double>(x), View<const double>(field), view_of(sums));
    return (sums.array() * shares.row(0).array()).sum();
  };
  CHECK(worst_slope(way, flatten(gradient), log_likelihood) < 1e-8);
}

TEST_CASE("in the wake phase generation's gradient is the expected slope under recognition",
          "[wake_sleep][slow]") {
  Binary model = small_model(3);
  const Binary before = model;
  // Samples of four kinds, the second with weight 2, the third with weight 0.
  const Eigen::MatrixXd kinds = columns({{0, 1, 1}, {1, 0, 1}, {1, 1, 1}, {0.5, 0.25, 1}});
  const double counts[4] = {1, 2, 0, 1};
  Eigen::MatrixXd x(3, looking.batch_size);
  std::vector<int> labels;
  std::vector<double> weights;
  for (Index c = 0; c < x.cols(); ++c) {
    x.col(c) = kinds.col(c % 4);
    labels.push_back(static_cast<int>(c % 2));
    weights.push_back(counts[c % 4]);
  }
  WakeSleep trainer{model, looking, on};
  trainer.step({.values = x, .labels = labels, .weights = weights});

  auto expected = zeros_like(model.stack);
  auto& lower = std::get<0>(expected.layers[0]).generation;
  auto& upper = std::get<0>(expected.layers[1]).generation;
  for (Index k = 0; k < 4; ++k)
    for (int first = 0; first < 4; ++first)
      for (int second = 0; second < 4; ++second) {
        const Eigen::VectorXd v = kinds.col(k), h = bits(first, 2), f = bits(second, 2);
        const double p = counts[k] / 4 * probability(layer(before, 0).recognition, v, h) *
                         probability(layer(before, 1).recognition, h, f);
        add_slope(layer(before, 0).generation, h, v, p, lower);
        add_slope(layer(before, 1).generation, f, h, p, upper);
      }
  // Each entry of a sample's slope is at most 1, and a sample's weight at most 2.
  const double far = sigmas * std::sqrt(1.5 / static_cast<double>(x.cols()));
  CHECK(apart(layer(trainer.gradient(), 0).generation, lower) < far);
  CHECK(apart(layer(trainer.gradient(), 1).generation, upper) < far);
  CHECK(lower.weights.cwiseAbs().maxCoeff() > 4 * far);
  CHECK(upper.weights.cwiseAbs().maxCoeff() > 4 * far);
}

TEST_CASE("in the sleep phase recognition's gradient is the expected slope under generation",
          "[wake_sleep][slow]") {
  for (const bool visible_means : {true, false}) {
    INFO("visible_means " << visible_means);
    Binary model = small_model(2);
    const Binary before = model;
    auto options = looking;
    options.chains = Persistent{.chains = 30000};
    options.visible_means = visible_means;
    WakeSleep trainer{model, options, on};
    trainer.step({.values = Eigen::MatrixXd::Ones(3, 10).eval(), .labels = std::vector<int>(10, 1)});
    const auto dreams = trainer.top().fantasies();
    REQUIRE((dreams.rows == 4 && dreams.cols == 30000));

    auto expected = zeros_like(model.stack);
    auto& lower = std::get<0>(expected.layers[0]).recognition;
    auto& upper = std::get<0>(expected.layers[1]).recognition;
    for (int second = 0; second < 4; ++second) {
      const Eigen::VectorXd f = bits(second, 2);
      double share = 0;
      for (Index c = 0; c < dreams.cols; ++c) share += dreams(0, c) == f(0) && dreams(1, c) == f(1) ? 1 : 0;
      share /= static_cast<double>(dreams.cols);
      for (int first = 0; first < 4; ++first) {
        const Eigen::VectorXd h = bits(first, 2);
        const double p = share * probability(layer(before, 1).generation, f, h);
        add_slope(layer(before, 1).recognition, h, f, p, upper);
        if (visible_means) {
          const Eigen::VectorXd v =
              fields(layer(before, 0).generation, h).unaryExpr([](double field) { return sigmoid(field); });
          add_slope(layer(before, 0).recognition, v, h, p, lower);
        } else {
          for (int state = 0; state < 8; ++state)
            add_slope(layer(before, 0).recognition, bits(state, 3), h,
                      p * probability(layer(before, 0).generation, h, bits(state, 3)), lower);
        }
      }
    }
    const double far = sigmas / std::sqrt(30000.0);
    CHECK(apart(layer(trainer.gradient(), 0).recognition, lower) < far);
    CHECK(apart(layer(trainer.gradient(), 1).recognition, upper) < far);
    CHECK(lower.weights.cwiseAbs().maxCoeff() > 3 * far);
    CHECK(upper.weights.cwiseAbs().maxCoeff() > 3 * far);
  }
}

TEST_CASE("dreams come from the top RBM's distribution", "[wake_sleep][slow]") {
  Binary model = small_model(4);
  auto options = looking;
  options.chains = Persistent{.chains = 20000};
  options.steps = 50;
  WakeSleep trainer{model, options, on};
  trainer.step({.values = Eigen::MatrixXd::Ones(3, 10).eval(), .labels = std::vector<int>(10, 1)});
  const auto there = trainer.top().fantasies();
  const Eigen::MatrixXd dreams =
      Eigen::MatrixXd::NullaryExpr(there.rows, there.cols, [&](Index r, Index c) { return there(r, c); });
  const auto machine = machine_of(model.top);
  CHECK(chi_square(dreams, oracle::visible_distribution(machine)));
}

TEST_CASE("without a layer below its top RBM wake-sleep is contrastive divergence on samples and labels",
          "[wake_sleep][cd]") {
  const Dataset data = halves(6, 47, 1);
  Binary model{{.sizes = {6, 5}, .classes = 2, .seed = 2}};
  auto top = model.top;
  const Momentum momentum{.rate = linear(0.1, 0.01), .momentum = 0.5};
  for (const bool persistent : {false, true}) {
    WakeSleepOptions<> options{.epochs = 3,
                               .batch_size = 10,
                               .steps = 2,
                               .top_optimizer = momentum,
                               .discriminative = persistent ? 0 : 0.5,
                               .centered = persistent,
                               .weight_decay = 0.01,
                               .seed = 4};
    if (persistent) options.chains = Persistent{.chains = 7};
    WakeSleep{model, options, on}.fit(data);
    ContrastiveDivergenceOptions<> same{.epochs = 3,
                                        .batch_size = 10,
                                        .steps = 2,
                                        .chains = DataChains{},
                                        .optimizer = momentum,
                                        .weight_decay = 0.01,
                                        .max_gradient_norm = 0,
                                        .discriminative = options.discriminative,
                                        .centered = options.centered,
                                        .average_last = 0,
                                        .fit_visible_biases = false,
                                        .seed = seed_for(4, SeedFor::wake_sleep)};
    if (persistent) same.chains = Persistent{.chains = 7};
    ContrastiveDivergence{top, same, on}.fit(LabelledSource<Host, Dataset>(data, 2));
    CHECK(model.top == top);
  }
}

TEST_CASE("both passes move along their gradients, the top RBM along its own", "[wake_sleep]") {
  Binary model = small_model(6);
  const Binary before = model;
  WakeSleep trainer{model,
                    {.batch_size = 30,
                     .optimizer = Sgd{.rate = 0.5},
                     .top_optimizer = Sgd{.rate = 0.25},
                     .weight_decay = 0.1,
                     .seed = 1},
                    on};
  const Eigen::MatrixXd x = binary(3, 30, 1);
  trainer.step({.values = x, .labels = std::vector<int>(30, 1)});
  const auto gradient = trainer.gradient();
  double far = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto check = [&](const auto& now, const auto& then, const auto& g) {
      far = std::max(
          {far, largest_difference(now.weights, then.weights * (1 - 0.05) + 0.5 * g.weights),
           largest_difference(now.layer.parameters, then.layer.parameters + 0.5 * g.layer.parameters)});
    };
    check(layer(model, i).recognition, layer(before, i).recognition, layer(gradient, i).recognition);
    check(layer(model, i).generation, layer(before, i).generation, layer(gradient, i).generation);
  }
  auto top = before.top;
  top.weights = before.top.weights * (1 - 0.025) + 0.25 * trainer.top().gradient().weights;
  GaugeScratch<Host> scratch;
  fix_gauge(on, top, scratch);  // of the labels' weights
  far = std::max(far, largest_difference(model.top.weights, top.weights));
  CHECK(far < 1e-14);
}

TEST_CASE("pre-training an up-down DBN is pre-training a DBN and then a joint RBM",
          "[wake_sleep][pre_training]") {
  const Dataset data = halves(6, 47, 2);
  const PreTrainingOptions<> options{
      .layers = {{.epochs = 2, .batch_size = 10, .seed = 8}, {.epochs = 3, .batch_size = 20, .seed = 9}}};
  Binary model{{.sizes = {6, 5, 4, 7}, .classes = 2, .seed = 3}};
  auto top = model.top;
  Dbn<Stack<Bernoulli>, Host> lower{{.sizes = {6, 5, 4}, .seed = 3}};
  const auto histories = pre_train_on(on, model, data, options);
  pre_train_on(on, lower, data, options);
  auto of_top = options.layers[1];
  of_top.seed = seed_of_layer(of_top.seed, 2);
  const EncodedSource<Dbn<Stack<Bernoulli>, Host>, Dataset> encoded(lower, data, 2, false, 8);
  ContrastiveDivergence{top, of_top, on}.fit(LabelledSource<Host, decltype(encoded)>(encoded, 2));
  CHECK(model.top == top);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& rbm = std::get<0>(lower.rbms[i]);
    CHECK(layer(model, i).recognition.weights == rbm.weights);
    CHECK(layer(model, i).generation.weights == rbm.weights.transpose());
    CHECK(layer(model, i).recognition.layer == rbm.hidden);
    CHECK(layer(model, i).generation.layer == rbm.visible);
  }
  REQUIRE(histories.size() == 3);
  CHECK(histories[2].epochs[0].phase == "rbm 3");
}

TEST_CASE("an up-down DBN learns to classify and to generate by label", "[wake_sleep][learning][slow]") {
  const Dataset data = halves(12, 600, 5), others = halves(12, 500, 6);
  UpDownDbn<Stack<Bernoulli>> model{{.sizes = {12, 10, 8, 20}, .classes = 2, .seed = 1}};
  pre_train(model, data, {.layers = {{.epochs = 10, .batch_size = 20, .seed = 1}}});
  const History history = WakeSleep{
      model,
      {.epochs = 40,
       .batch_size = 20,
       .optimizer = Momentum{.rate = linear(0.1, 0)},
       .top_optimizer = Momentum{.rate = linear(0.1, 0)},
       .average_last = 0.2,
       .seed = 1}}.fit(data);
  CHECK(history.epochs.size() == 40);
  // The best classifier is wrong if more than half of 12 rows are, each with probability one in ten: 0.2 %.
  CHECK(evaluate(model, others).error < 0.01);
  for (int label = 0; label < 2; ++label) {
    const Eigen::MatrixXf x = generate(model, label, {.samples = 500, .steps = 100, .seed = 2});
    const float right = x.middleRows(label == 0 ? 0 : 6, 6).mean(),
                wrong = x.middleRows(label == 0 ? 6 : 0, 6).mean();
    INFO("label " << label << ": " << right << ' ' << wrong);
    CHECK(std::abs(right - 0.9) < 0.06);
    CHECK(std::abs(wrong - 0.1) < 0.06);
  }
}

TEST_CASE("wake-sleep has the same result for any number of threads and in device memory",
          "[wake_sleep][threads][backend]") {
  const Dataset data = halves(60, 130, 3);
  const WakeSleepOptions<> options{.epochs = 2, .batch_size = 50, .average_last = 0.5, .seed = 2};
  const PreTrainingOptions<> first{.layers = {{.epochs = 1, .batch_size = 50}}};
  const auto trained = [&](auto backend) {
    using B = decltype(backend);
    UpDownDbn<Stack<Bernoulli>, B> model{{.sizes = {60, 40, 30, 50}, .classes = 2, .seed = 4}};
    pre_train_on(backend, model, data, first);
    WakeSleep{model, options, backend}.fit(data);
    return convert<Host>(model);
  };
  const auto expected = trained(Cpu<float>(1));
  for (const int threads : {2, 3, 8}) CHECK(trained(Cpu<float>(threads)) == expected);
  CHECK(trained(Device{}) == trained(Host(1)));
  Device device;
  const auto model = convert<Device>(trained(Host(1)));
  CHECK(class_log_probabilities(model, data, device) == class_log_probabilities(convert<Host>(model), data));
  CHECK(evaluate(model, data, device).error == evaluate(convert<Host>(model), data).error);
}

TEST_CASE("wake-sleep that is killed and resumed ends with the same bytes", "[wake_sleep][io][checkpoint]") {
  const Dataset data = halves(6, 43, 7);
  check_that_kills_do_not_matter(
      [&](Killer& killer, Checkpoint& checkpoint) {
        UpDownDbn<Stack<Bernoulli>> model{{.sizes = {6, 5, 4, 7}, .classes = 2, .seed = 3}};
        const auto histories =
            pre_train(model, data, {.layers = {{.epochs = 2, .batch_size = 10}}}, killer, checkpoint);
        WakeSleep trainer{model,
                          {.epochs = 3,
                           .batch_size = 10,
                           .chains = Persistent{.chains = 6},
                           .average_last = 0.5,
                           .seed = 4}};
        const History history = trainer.fit(data, killer, checkpoint);
        std::string bytes = bytes_of(model) + without_seconds(history);
        for (const History& one : histories) bytes += without_seconds(one);
        return bytes;
      },
      12, 1);
}

TEST_CASE("wake-sleep refuses what it cannot learn from, and changes nothing", "[wake_sleep][errors]") {
  Binary model = small_model(8);
  const Binary before = model;
  const auto refused = [&](WakeSleepOptions<> options, const char* message) {
    CHECK_THROWS_MATCHES((WakeSleep{model, options, on}), ValueError, Message(message));
  };
  refused({.epochs = -1}, "WakeSleep: epochs is -1, expected at least 0");
  refused({.batch_size = 0}, "WakeSleep: batch_size is 0, expected at least 1");
  refused({.steps = 0}, "WakeSleep: steps is 0, expected at least 1");
  refused({.average_last = 2}, "WakeSleep: average_last is 2, expected 0 to 1");
  refused({.weight_decay = -1}, "WakeSleep: weight_decay is -1, expected a number of at least 0");
  refused({.discriminative = NAN},
          "ContrastiveDivergence: discriminative is nan, expected a number of at least 0");
  Binary unlabelled{{.sizes = {3, 2, 3}}};
  CHECK_THROWS_MATCHES(
      (WakeSleep{unlabelled, {.discriminative = 1}, on}), ShapeError,
      Message("ContrastiveDivergence: discriminative is for models with 1 label, this has 0"));
  CHECK_THROWS_AS((WakeSleep{model, {.top_optimizer = Sgd{.rate = -1}}, on}), ValueError);
  CHECK_THROWS_AS((WakeSleep{model, {.chains = Persistent{.chains = 0}}, on}), ValueError);

  WakeSleep trainer{model, {.epochs = 1, .batch_size = 4}, on};
  const Eigen::MatrixXd x = Eigen::MatrixXd::Ones(3, 4);
  const std::vector<int> labels{0, 1, 1, 0};
  CHECK_THROWS_MATCHES(trainer.fit(Dataset(x)), DataError,
                       Message("fit: the data have 0 labels for 4 samples"));
  CHECK_THROWS_MATCHES(trainer.fit(Dataset(x, {0, 1, 2, 0})), DataError,
                       Message("fit: label 2 is 2, expected 0 to 1"));
  CHECK_THROWS_AS(trainer.fit(Dataset(Eigen::MatrixXd::Ones(4, 4).eval(), labels)), ShapeError);
  CHECK_THROWS_AS(trainer.fit(Dataset(Eigen::MatrixXd(3, 0))), DataError);
  Eigen::MatrixXd wrong = x;
  wrong(2, 1) = 1.5;
  CHECK_THROWS_AS(trainer.fit(Dataset(wrong, labels)), DataError);
  wrong(2, 1) = NAN;
  CHECK_THROWS_AS(trainer.step({.values = wrong, .labels = labels}), DataError);
  CHECK_THROWS_MATCHES(trainer.step({.values = x, .labels = std::vector<int>{0, 1}}), DataError,
                       Message("step: the data have 2 labels for 4 samples"));
  CHECK_THROWS_AS(trainer.step({.values = Eigen::MatrixXd::Ones(3, 5).eval(), .labels = labels}), ShapeError);
  CHECK_THROWS_MATCHES(pre_train_on(on, model, Dataset(x, {0, 1, 5, 0}), PreTrainingOptions<>{}), DataError,
                       Message("pre_train: label 2 is 5, expected 0 to 1"));
  CHECK_THROWS_AS(pre_train_on(on, model, Dataset(x, labels), PreTrainingOptions<>{.layers = {}}),
                  ValueError);
  CHECK_THROWS_MATCHES((LabelledSource<Host, Dataset>(Dataset(x), 2)), DataError,
                       Message("LabelledSource: the data have 0 labels for 4 samples"));
  CHECK(model == before);
}

}  // namespace test::training_wake_sleep
