// Bad options and bad data are rejected with helpful messages, and nothing is changed.
#include <harmonium/data/dataset.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/fine_tuning.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_errors {

namespace {

const ContrastiveDivergenceOptions<> plain{.epochs = 2, .batch_size = 10};

// Runs fit and epoch on data that the model does not accept: both must report it and leave the model
// unchanged.
template <class Model, class Source>
void refuse(Model model, const Source& data, const std::string& message) {
  const Model begin = model;
  ContrastiveDivergence trainer{model, plain};
  if (message.find("rows") != std::string::npos) {
    CHECK_THROWS_MATCHES(trainer.fit(data), ShapeError, Message("fit: " + message));
    CHECK_THROWS_MATCHES(trainer.epoch(data), ShapeError, Message("epoch: " + message));
  } else {
    CHECK_THROWS_MATCHES(trainer.fit(data), DataError, Message("fit: " + message));
    CHECK_THROWS_MATCHES(trainer.epoch(data), DataError, Message("epoch: " + message));
  }
  CHECK(model == begin);
  CHECK(trainer.steps() == 0);
}

using Bits = Rbm<Bernoulli, Bernoulli>;
using Real = Rbm<Gaussian, Bernoulli>;
using Classes = Rbm<Categorical, Bernoulli>;

}  // namespace

TEST_CASE("data that units do not accept are refused, with row and column", "[cd][errors]") {
  const Bits bits({.visible = 4, .hidden = 3, .seed = 1});
  Eigen::MatrixXf x = Eigen::MatrixXf::Constant(4, 25, 0.5f);
  x(2, 13) = 1.5f;
  refuse(bits, Dataset(x),
         "the data have 1.5 in row 2 of column 13; a bernoulli unit takes numbers from 0 to 1");
  x(2, 13) = 1;
  x(3, 24) = -0.25f;  // in the last short block
  refuse(bits, Dataset(x),
         "the data have -0.25 in row 3 of column 24; a bernoulli unit takes numbers from 0 to 1");
  x(0, 0) = std::nanf("");
  refuse(bits, Dataset(x),
         "the data have nan in row 0 of column 0; a bernoulli unit takes numbers from 0 to 1");

  const Real real({.visible = 4, .hidden = 3, .seed = 1});
  x.setConstant(-7);
  x(1, 3) = INFINITY;
  refuse(real, Dataset(x), "the data have inf in row 1 of column 3; a gaussian unit takes finite numbers");
  x(1, 3) = std::nanf("");
  refuse(real, Dataset(x), "the data have nan in row 1 of column 3; a gaussian unit takes finite numbers");

  const Classes classes({.visible = {.units = 2, .states = 2}, .hidden = 3, .seed = 1});
  x.setConstant(0.5f);
  x(3, 9) = 0.75f;
  refuse(
      classes, Dataset(x),
      "the data have 0.5 in row 2 of column 9; a categorical unit takes numbers from 0 to 1 that sum to 1");
}

TEST_CASE("data of the wrong size, or none, are refused", "[cd][errors]") {
  const Bits bits({.visible = 4, .hidden = 3, .seed = 1});
  refuse(bits, Dataset(Eigen::MatrixXf(Eigen::MatrixXf::Zero(3, 5))),
         "the data have 3 rows, the model has 4");
  refuse(bits, Dataset(Eigen::MatrixXf(4, 0)), "the data have no samples");
}

TEST_CASE("a batch of the wrong size is refused", "[cd][errors]") {
  Bits bits({.visible = 4, .hidden = 3, .seed = 1});
  const Bits begin = bits;
  ContrastiveDivergence trainer{bits, plain};
  const Eigen::MatrixXf low = Eigen::MatrixXf::Zero(3, 5), none(4, 0), many = Eigen::MatrixXf::Zero(4, 11);
  CHECK_THROWS_MATCHES(trainer.step({.values = low}), ShapeError,
                       Message("step: the batch has 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(trainer.step({.values = none}), ShapeError,
                       Message("step: the batch has 0 samples, expected 1 to 10 (batch_size)"));
  CHECK_THROWS_MATCHES(trainer.step({.values = many}), ShapeError,
                       Message("step: the batch has 11 samples, expected 1 to 10 (batch_size)"));
  CHECK(bits == begin);
}

TEST_CASE("options out of range are refused before training", "[cd][errors]") {
  Bits bits({.visible = 4, .hidden = 3});
  const auto options_refused = [&](const ContrastiveDivergenceOptions<>& options,
                                   const std::string& message) {
    CHECK_THROWS_MATCHES((ContrastiveDivergence{bits, options}), ValueError, Message(message));
  };
  options_refused({.epochs = -1}, "ContrastiveDivergence: epochs is -1, expected at least 0");
  options_refused({.batch_size = 0}, "ContrastiveDivergence: batch_size is 0, expected at least 1");
  options_refused({.steps = 0}, "ContrastiveDivergence: steps is 0, expected at least 1");
  options_refused({.chains = Persistent{.chains = 0}},
                  "ContrastiveDivergence: there are 0 chains, expected at least 1");
  options_refused({.weight_decay = -1e-3},
                  "ContrastiveDivergence: weight_decay is -0.001, expected a number of at least 0");
  options_refused({.weight_decay = std::nan("")},
                  "ContrastiveDivergence: weight_decay is nan, expected a number of at least 0");
  options_refused({.optimizer = Momentum{.rate = -1}},
                  "optimizer: rate is -1, expected a number of at least 0");
  options_refused({.optimizer = Momentum{.momentum = 1}},
                  "optimizer: momentum is 1, expected at least 0 and less than 1");

  Network<Stack<Bernoulli>> network{{.sizes = {4, 3}}};
  const auto tuning_refused = [&](const FineTuningOptions<>& options, const std::string& message) {
    CHECK_THROWS_MATCHES((FineTuning{network, options}), ValueError, Message(message));
  };
  tuning_refused({.epochs = -1}, "FineTuning: epochs is -1, expected at least 0");
  tuning_refused({.batch_size = 0}, "FineTuning: batch_size is 0, expected at least 1");
  tuning_refused({.weight_decay = -1}, "FineTuning: weight_decay is -1, expected a number of at least 0");
  tuning_refused(
      {.optimizer = Adam{.beta1 = 1}},
      "optimizer: beta1, beta2, epsilon are 1, 0.999, 1e-08, expected betas from 0 to below 1 and epsilon "
      "above 0");
}

TEST_CASE("parameters that stop being finite end a run with an error", "[cd][errors]") {
  Real real({.visible = 4, .hidden = 3, .seed = 1});
  const Eigen::MatrixXf data = some_states(real, 50, 1) * 100;
  ContrastiveDivergence trainer{
      real, {.epochs = 100, .batch_size = 10, .optimizer = Momentum{.rate = 1e5}, .phase = "rash training"}};
  int epochs = 0;
  CHECK_THROWS_MATCHES(trainer.fit(data, [&](const EpochReport&) { ++epochs; }), ValueError,
                       Message("fit: a parameter is infinite or not a number after epoch 1 of rash training; "
                               "a lower rate may help"));
  CHECK(epochs == 0);  // no observer sees, or keeps, such a model

  Network<Stack<Gaussian>> network{{.sizes = {4, 3}, .classes = 2, .seed = 1}};
  const Dataset labelled(data, std::vector<int>(50, 1));
  FineTuning tuning{network, {.epochs = 3, .batch_size = 10, .optimizer = Momentum{.rate = 9e5}}};
  std::get<Dense<Gaussian>>(network.layers[0]).weights(0, 0) = std::nanf("");
  CHECK_THROWS_MATCHES(
      tuning.fit(labelled), ValueError,
      Message("fit: a parameter is infinite or not a number after epoch 1 of fine-tuning; a lower "
              "rate may help"));
}

TEST_CASE("fine-tuning refuses data without good labels or numbers", "[fine_tuning][errors]") {
  Network<Stack<Bernoulli, Gaussian>> network{{.sizes = {4, 3}, .classes = 3, .seed = 1}};
  const auto begin = network;
  FineTuning trainer{network, {.epochs = 2, .batch_size = 10}};
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(4, 25);
  std::vector<int> labels(25, 2);
  const auto tuning_refused = [&](auto error, const Dataset& data, const std::string& message) {
    using E = decltype(error);
    CHECK_THROWS_MATCHES(trainer.fit(data), E, Message("fit: " + message));
    CHECK_THROWS_MATCHES(trainer.epoch(data), E, Message("epoch: " + message));
    CHECK(network == begin);
  };
  tuning_refused(DataError(""), Dataset(x), "the data have 0 labels for 25 samples");
  labels[17] = 3;
  tuning_refused(DataError(""), Dataset(x, labels), "label 17 is 3, expected 0 to 2");
  labels[17] = 0;
  x(1, 24) = INFINITY;
  tuning_refused(DataError(""), Dataset(x, labels),
                 "the data have inf in row 1 of column 24, expected a finite number");
  tuning_refused(DataError(""), Dataset(Eigen::MatrixXf(4, 0)), "the data have no samples");
  tuning_refused(ShapeError(""), Dataset(Eigen::MatrixXf(3, 1), {0}),
                 "the data have 3 rows, the model has 4");

  x.setZero();
  const std::vector<int> two{0, 1}, wrong{0, -1};
  const Eigen::MatrixXf pair = x.leftCols(2), low = x.topLeftCorner(3, 2), many = x.leftCols(11);
  CHECK_THROWS_MATCHES(trainer.step({.values = pair}), DataError,
                       Message("step: the batch has 0 labels for 2 samples"));
  CHECK_THROWS_MATCHES(trainer.step({.values = pair, .labels = wrong}), DataError,
                       Message("labels: label 1 is -1, expected 0 to 2"));
  CHECK_THROWS_AS(trainer.step({.values = low, .labels = two}), ShapeError);
  CHECK_THROWS_AS(trainer.step({.values = many, .labels = two}), ShapeError);
  CHECK(network == begin);
}

}  // namespace test::training_errors
