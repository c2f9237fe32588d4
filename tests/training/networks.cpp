// Fine-tuning of networks that learn numbers and reconstructions, and the options of all fine-tuning.
#include <harmonium/data/dataset.hpp>
#include <harmonium/data/split.hpp>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/networks/autoencoding.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/held_out.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/pre_training.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::training_networks {

namespace {

using B = Cpu<double>;
const B on;
using Regressor = Network<Stack<Gaussian, Relu>, B, Gaussian>;
using Classifier = Network<Stack<Gaussian, Relu>, B>;
using Code = Autoencoder<Stack<Bernoulli, Bernoulli, Gaussian>, B>;

std::vector<int> some_labels(Index count) {
  std::vector<int> labels;
  for (Index i = 0; i < count; ++i) labels.push_back(static_cast<int>(i % 3));
  return labels;
}

Regressor small_regressor() {
  Regressor network{{.sizes = {4, 6, 5}, .outputs = 2, .seed = 1}};
  randomise(network, 2, 0.7);
  return network;
}
Classifier small_classifier() {
  Classifier network{{.sizes = {4, 6, 5}, .classes = 3, .seed = 1}};
  randomise(network, 2, 0.7);
  return network;
}

// Inputs with labels and with targets.
Dataset both(Index count) {
  return Dataset(numbers(4, count, 3), some_labels(count)).with_targets(numbers(2, count, 5) * 3);
}

// A model's parameters, concatenated.
template <class Model>
Eigen::VectorXd flat(const Model& model) {
  std::vector<double> all;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        for (Index c = 0; c < x.cols; ++c) all.insert(all.end(), x.column(c), x.column(c) + x.rows);
      },
      model);
  return Eigen::Map<Eigen::VectorXd>(all.data(), static_cast<Index>(all.size()));
}

FineTuningOptions<> quiet(Index batch_size, int epochs = 1) {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .optimizer = Momentum{.rate = 0.02, .momentum = 0.5},
          .seed = 3};
}

}  // namespace

TEST_CASE("regression finds the linear map that generated the targets", "[fine_tuning][regression]") {
  const Eigen::MatrixXd x = numbers(3, 200, 1), map{{2, -1, 0.5}, {0, 3, -2}};
  const Eigen::MatrixXd targets = (map * x).colwise() + Eigen::Vector2d(4, -7);
  Network<Stack<Gaussian>, B, Gaussian> network{
      {.sizes = {3, 3}, .outputs = 2, .seed = 1}};  // linear throughout
  FineTuning{network,
             {.epochs = 300, .batch_size = 20, .optimizer = Adam{.rate = linear(0.05, 0)}, .seed = 1}}
      .fit(Dataset(x).with_targets(targets));
  const Eigen::MatrixXd elsewhere = 3 * numbers(3, 50, 9);
  const Eigen::MatrixXd expected = (map * elsewhere).colwise() + Eigen::Vector2d(4, -7);
  CHECK(largest_difference(outputs(network, elsewhere, on), expected) < 1e-3);
}

TEST_CASE("regression with rectified linear rows finds a map that is not linear",
          "[fine_tuning][regression]") {
  const Eigen::MatrixXd x = 4 * numbers(1, 300, 1).array() - 2, targets = x.array().abs();
  Network<Stack<Gaussian, Relu>, B, Gaussian> network{{.sizes = {1, 16}, .outputs = 1, .seed = 1}};
  const Dataset data = Dataset(x).with_targets(targets);
  CHECK(evaluate(network, data).squared_error > 0.2);
  FineTuning{network,
             {.epochs = 100, .batch_size = 20, .optimizer = Adam{.rate = linear(0.02, 0)}, .seed = 1}}
      .fit(data);
  CHECK(evaluate(network, data).squared_error < 1e-3);
}

TEST_CASE("an unrolled DBN learns to reconstruct better", "[fine_tuning][autoencoder]") {
  const Eigen::MatrixXf x = bars_and_stripes(3).to_matrix<float>();
  Dbn<Stack<Bernoulli, Bernoulli, Gaussian>> dbn{{9, 24, 4}, 1};
  pre_train(dbn, Dataset(x), {.layers = {{.epochs = 100, .batch_size = 7, .seed = 1}}});
  auto network = autoencoder(dbn);
  const OutputEvaluation before = evaluate(network, Dataset(x));
  const History history =
      FineTuning{network,
                 {.epochs = 400, .batch_size = 4, .optimizer = Adam{.rate = linear(0.03, 0)}, .seed = 1}}
          .fit(x);
  const OutputEvaluation after = evaluate(network, Dataset(x));
  CHECK(after.squared_error < 0.3);
  CHECK(before.squared_error > 2 * after.squared_error);
  CHECK(after.loss < before.loss);
  CHECK(history.epochs.back().metric("squared_error") < 0.4);
  CHECK(encode(network, x).rows() == 4);
}

TEMPLATE_TEST_CASE("a run reports what an evaluation would give", "[fine_tuning]", Regressor, Code) {
  TestType network;
  if constexpr (TestType::reconstructs) {
    network = TestType({.sizes = {4, 3, 2}});
    randomise(network, 2);
  } else {
    network = small_regressor();
  }
  std::vector<double> weights;
  for (int i = 0; i < 123; ++i) weights.push_back(i % 3);
  const Dataset data = both(123).with_weights(weights);
  const OutputEvaluation expected = evaluate(network, data, on);
  for (const Loss loss : {Loss::likelihood, Loss::squared_error}) {
    auto options = quiet(50, 2);
    options.optimizer = Sgd{.rate = 0};  // so that nothing changes within an epoch
    options.loss = loss;
    FineTuning trainer{network, options, on};
    trainer.epoch(data);  // must not affect the run
    for (const EpochReport& report : trainer.fit(data).epochs) {
      CHECK_THAT(report.metric("loss"),
                 WithinRel(loss == Loss::likelihood ? expected.loss : 0.5 * expected.squared_error, 1e-12));
      CHECK_THAT(report.metric("squared_error"), WithinRel(expected.squared_error, 1e-12));
    }
  }
}

TEST_CASE("a classifier can be trained by squared error", "[fine_tuning]") {
  auto network = small_classifier();
  const Dataset data = both(30);
  const Eigen::MatrixXd p = predict_proba(network, data, on);
  double half = 0;
  for (Index c = 0; c < 30; ++c)
    half += 0.5 * (p.col(c) - Eigen::MatrixXd::Identity(3, 3).col(c % 3)).squaredNorm();
  auto options = quiet(10);
  options.optimizer = Sgd{.rate = 0};
  options.loss = Loss::squared_error;
  const EpochReport report = FineTuning{network, options, on}.fit(data).epochs[0];
  CHECK_THAT(report.metric("loss"), WithinRel(half / 30, 1e-12));
  CHECK_THAT(report.metric("error"), WithinAbs(evaluate(network, data, on).error, 1e-12));
}

TEST_CASE("every sample is trained on its own target", "[fine_tuning][regression]") {
  const Dataset data = both(23);
  const auto options = quiet(10, 2);
  auto by_fit = small_regressor(), by_steps = by_fit;
  FineTuning{by_fit, options, on}.fit(data);
  FineTuning steps{by_steps, options, on};
  const Eigen::MatrixXd x = data.to_matrix<double>();
  for (int epoch = 1; epoch <= 2; ++epoch)
    for_each_batch(23, 10, seed_for(options.seed, SeedFor::fine_tuning), epoch,
                   [&](std::span<const Index> columns) {
                     Eigen::MatrixXd batch(4, static_cast<Index>(columns.size())), targets(2, batch.cols());
                     for (Index c = 0; c < batch.cols(); ++c) {
                       batch.col(c) = x.col(columns[static_cast<std::size_t>(c)]);
                       targets.col(c) = data.targets().col(columns[static_cast<std::size_t>(c)]);
                     }
                     steps.step({.values = batch, .targets = targets});
                   });
  CHECK(by_steps == by_fit);
  CHECK(steps.steps() == 6);
  CHECK_FALSE(by_fit == small_regressor());
}

TEST_CASE("the weights into a unit stay within the largest norm", "[fine_tuning][max_norm]") {
  auto free = small_regressor();
  free.head.weights *= 2;  // so that some of the head's norms are too large as well
  auto limited = free;
  const Dataset data = both(10);
  auto options = quiet(10);
  FineTuning{free, options, on}.fit(data);
  options.max_norm = 1.5;
  FineTuning{limited, options, on}.fit(data);
  Index cut = 0, left = 0;
  for_each_parameter(
      [&](const ParameterName& name, Role role, auto a, auto b) {
        INFO(name.string());
        const Eigen::Map<Eigen::MatrixXd> with(a.data, a.rows, a.cols), without(b.data, b.rows, b.cols);
        if (role != Role::weight) {
          CHECK(with == without);
          return;
        }
        for (Index c = 0; c < a.cols; ++c) {
          const double norm = without.col(c).norm();
          CHECK(largest_difference(with.col(c), (without.col(c) * std::min(1.0, 1.5 / norm)).eval()) < 1e-14);
          (norm > 1.5 ? cut : left) += 1;
        }
      },
      limited, free);
  CHECK((cut > 3 && left > 3));
  CHECK(free.head.weights.colwise().norm().maxCoeff() > 2);
  options.epochs = 30;
  FineTuning{limited, options, on}.fit(data);
  for_each_parameter(
      [&](const ParameterName&, Role role, auto w) {
        if (role != Role::weight) return;
        const Eigen::Map<Eigen::MatrixXd> weights(w.data, w.rows, w.cols);
        CHECK(weights.colwise().norm().maxCoeff() < 1.5 + 1e-14);
      },
      limited);
}

TEST_CASE("gradients that are too long are scaled back", "[fine_tuning]") {
  auto network = small_regressor(), same = network;
  const Dataset data = both(10);
  auto options = quiet(10);
  FineTuning plain{network, options, on};
  plain.fit(data);
  const double length = norm(on, plain.gradient());
  options.max_gradient_norm = 0.25 * length;
  FineTuning clipped{same, options, on};
  clipped.fit(data);
  CHECK_THAT(norm(on, clipped.gradient()), WithinRel(0.25 * length, 1e-12));
  CHECK((flat(clipped.gradient()) - 0.25 * flat(plain.gradient())).norm() < 1e-12 * length);
  same = small_regressor();
  options.max_gradient_norm = 1.01 * length;
  FineTuning{same, options, on}.fit(data);
  CHECK(same == network);
}

TEST_CASE("a run ends with the mean of its last updates", "[fine_tuning][average]") {
  auto network = small_regressor(), averaged = network;
  const Dataset data = both(50);
  auto options = quiet(10, 4);  // 20 updates
  std::vector<Eigen::VectorXd> path;
  struct Recorder {
    const Regressor& network;
    std::vector<Eigen::VectorXd>& path;
    void on_batch(const BatchReport&) { path.push_back(flat(network)); }
    void operator()(const EpochReport&) {}
  };
  FineTuning{network, options, on}.fit(data, Recorder{network, path});
  REQUIRE(path.size() == 20);
  options.average_last = 0.3;  // the updates from the 15th to the 20th
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(path[0].size());
  for (std::size_t i = 14; i < 20; ++i) mean += path[i] / 6;
  FineTuning{averaged, options, on}.fit(data);
  CHECK((flat(averaged) - mean).norm() < 1e-13);
  CHECK((flat(averaged) - path[19]).norm() > 1e-3);
}

TEST_CASE("early stopping on held-out data restores the best network", "[fine_tuning][observers]") {
  // Random labels: what is learned from them does not help with others.
  Dice dice(1);
  std::vector<int> labels;
  for (int i = 0; i < 60; ++i) labels.push_back(static_cast<int>(dice.below(3)));
  const Dataset all(numbers(4, 60, 3), labels);
  const auto halves = split(all, 30, 1);
  const Dataset &train = halves.first, &rest = halves.second;
  auto network = small_classifier();
  HeldOut held_out{network, rest, on};
  EarlyStopping stopping{.metric = "held_out_loss", .patience = 4};
  std::vector<Classifier> after;
  std::vector<double> losses;
  auto options = quiet(5, 200);
  options.optimizer = Adam{.rate = 0.01};
  const History history =
      FineTuning{network, options, on}.fit(train, held_out, stopping, [&](const EpochReport& report) {
        after.push_back(network);
        losses.push_back(report.metric("held_out_loss"));
        CHECK_THAT(losses.back(), WithinRel(evaluate(network, rest, on).log_loss, 1e-12));
        CHECK_THAT(report.metric("held_out_error"), WithinAbs(evaluate(network, rest, on).error, 1e-12));
      });
  const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin();
  REQUIRE(history.epochs.size() < 200);
  CHECK(stopping.best_epoch == best + 1);
  CHECK(history.epochs.size() == static_cast<std::size_t>(best) + 5);
  CHECK(network == after[static_cast<std::size_t>(best)]);
  CHECK_FALSE(network == after.back());
}

TEST_CASE("autoencoders and regressors are evaluated on held-out data too", "[fine_tuning][observers]") {
  auto regressor = small_regressor();
  const Dataset data = both(30);
  HeldOut held_out{regressor, data, on};
  const History history = FineTuning{regressor, quiet(10), on}.fit(data, held_out);
  const OutputEvaluation expected = evaluate(regressor, data, on);
  CHECK(history.epochs[0].metric("held_out_loss") == expected.loss);
  CHECK(history.epochs[0].metric("held_out_squared_error") == expected.squared_error);
  const Dataset without(numbers(4, 3, 1));
  CHECK_THROWS_AS((HeldOut{regressor, without, on}), DataError);
}

TEST_CASE("a network is pre-trained on some data and fine-tuned on others", "[fine_tuning][pre_training]") {
  // Many images without labels, and a few others with labels.
  const Dataset pictures = bars_and_stripes(3);
  Dbn<Stack<Bernoulli>> dbn{{9, 16}, 1};
  pre_train(dbn, pictures, {.layers = {{.epochs = 50, .batch_size = 4, .seed = 1}}});
  auto network = classifier(dbn, 2, 1);
  const std::vector<Index> chosen{1, 2, 3, 10, 11, 12};
  const Dataset few(pictures.subset(chosen).to_matrix<float>(), {0, 0, 0, 1, 1, 1});
  FineTuning trainer{network, {.epochs = 100, .batch_size = 3, .optimizer = Adam{.rate = 0.02}, .seed = 1}};
  trainer.fit(few);
  CHECK(evaluate(network, few).error == 0);
  // And once more on other data, with the same trainer.
  const Dataset other(pictures.subset(std::vector<Index>{4, 13}).to_matrix<double>(), {0, 1});
  trainer.fit(other);
  CHECK(evaluate(network, other).error == 0);
}

TEST_CASE("options of fine-tuning that are out of range are refused", "[fine_tuning][errors]") {
  auto network = small_regressor();
  const auto refused = [&](const FineTuningOptions<>& options, const std::string& message) {
    CHECK_THROWS_MATCHES((FineTuning{network, options, on}), ValueError, Message("FineTuning: " + message));
  };
  refused({.dropout = 1}, "dropout is 1, expected at least 0 and below 1");
  refused({.dropout = -0.1}, "dropout is -0.1, expected at least 0 and below 1");
  refused({.dropout = std::nan("")}, "dropout is nan, expected at least 0 and below 1");
  refused({.input_dropout = 1.5}, "input_dropout is 1.5, expected at least 0 and below 1");
  refused({.max_norm = -1}, "max_norm is -1, expected a number of at least 0");
  refused({.max_norm = INFINITY}, "max_norm is inf, expected a number of at least 0");
  refused({.max_gradient_norm = -1}, "max_gradient_norm is -1, expected a number of at least 0");
  refused({.adversarial = NAN}, "adversarial is nan, expected a number of at least 0");
  refused({.average_last = 1.1}, "average_last is 1.1, expected 0 to 1");
}

TEST_CASE("labels in place of targets, targets in place of labels, and invalid ones are refused",
          "[fine_tuning][errors]") {
  auto regressor = small_regressor();
  FineTuning trainer{regressor, quiet(10), on};
  const Eigen::MatrixXd x = numbers(4, 6, 3), targets = numbers(2, 6, 5), high = numbers(3, 6, 5),
                        few = numbers(2, 5, 5);
  Eigen::MatrixXd broken = targets;
  broken(1, 4) = std::nan("");
  const std::vector<int> labels = some_labels(6);
  const auto refused = [&](auto& tuning, auto& network, auto error, const Dataset& data,
                           const std::string& message) {
    using E = decltype(error);
    const auto begin = network;
    CHECK_THROWS_MATCHES(tuning.fit(data), E, Message("fit: " + message));
    CHECK_THROWS_MATCHES(tuning.epoch(data), E, Message("epoch: " + message));
    CHECK(network == begin);
    CHECK(tuning.steps() == 0);
  };
  refused(trainer, regressor, DataError(""), Dataset(x, labels),
          "the data have no targets; a network without a softmax head learns from targets, not from labels");
  refused(trainer, regressor, ShapeError(""), Dataset(x).with_targets(high),
          "the targets have 3 rows, the network has 2 outputs");
  CHECK_THROWS_MATCHES(
      Dataset(x).with_targets(few), DataError,
      Message("with_targets: the targets are 2 x 5, expected a column of at least one number "
              "for each of 6 samples"));
  CHECK_THROWS_MATCHES(
      Dataset(x).with_targets(broken), DataError,
      Message("with_targets: the target in row 1 of column 4 is nan, expected a finite number"));
  CHECK_THROWS_MATCHES(trainer.step({.values = x, .labels = labels}), DataError,
                       Message("step: the batch has no targets; a network without a softmax head learns from "
                               "targets, not from labels"));
  CHECK_THROWS_MATCHES(trainer.step({.values = x, .targets = high}), ShapeError,
                       Message("step: the batch's targets are 3 x 6, expected 2 x 6, outputs x samples"));
  CHECK_THROWS_AS(trainer.step({.values = x, .targets = few}), ShapeError);
  CHECK_THROWS_MATCHES(trainer.step({.values = x, .targets = broken}), DataError,
                       Message("step: the batch's targets have an infinite number or a NaN"));
  CHECK(regressor == small_regressor());

  auto classifier = small_classifier();
  FineTuning labelled{classifier, quiet(10), on};
  refused(labelled, classifier, DataError(""), Dataset(x).with_targets(targets),
          "the data have 0 labels for 6 samples");
  CHECK_THROWS_MATCHES(labelled.step({.values = x, .targets = targets}), DataError,
                       Message("step: the batch has 0 labels for 6 samples"));

  Network<Stack<Gaussian>, B, Bernoulli> bits{{.sizes = {4, 3}, .outputs = 2}};
  FineTuning on_off{bits, quiet(4), on};
  Eigen::MatrixXd beyond = targets;
  beyond(0, 5) = 1.5;
  refused(on_off, bits, DataError(""), Dataset(x).with_targets(beyond),
          "the targets have 1.5 in row 0 of column 5; a bernoulli unit takes numbers from 0 to 1");

  Code code{{.sizes = {4, 3, 2}}};
  FineTuning reconstructing{code, quiet(4), on};
  Eigen::MatrixXd bright = x;
  bright(2, 5) = 1.5;
  refused(reconstructing, code, DataError(""), Dataset(bright),
          "the data have 1.5 in row 2 of column 5; a bernoulli unit takes numbers from 0 to 1");
}

}  // namespace test::training_networks
