// Options, batches and sets that a trainer or an observer refuses, leaving the model unchanged.
#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/held_out.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/minimum_probability_flow.hpp>
#include <harmonium/training/pre_training.hpp>
#include <harmonium/training/pseudo_likelihood.hpp>
#include <harmonium/training/ratio_matching.hpp>
#include <harmonium/training/score_matching.hpp>
#include <harmonium/units/spin.hpp>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_training {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
using Options = ContrastiveDivergenceOptions<>;
using Classifier = Network<Stack<Bernoulli>>;

const Cpu<float> on;
const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(4, 5, 0.5f), low = x.topRows(3), none(4, 0);
const std::vector<int> labels{0, 1, 2, 0, 1}, wrong{0, 1, 3, 0, 1};

Eigen::MatrixXf with(float number) {
  Eigen::MatrixXf changed = x;
  changed(1, 2) = number;
  return changed;
}

}  // namespace

TEST_CASE("contrastive divergence refuses options out of range", "[bad_input][cd]") {
  Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}}, wide{{.visible = 17, .hidden = 17}};
  const auto asked = [&](const Options& options) {
    return [&rbm, options] { return ContrastiveDivergence<Bits>(rbm, options, on); };
  };
  const auto penalised = [&](const Penalties& penalties) { return asked({.penalties = penalties}); };
  check_refusals(
      {
          refused<ValueError>("epochs", "ContrastiveDivergence: epochs is -1, expected at least 0",
                              asked({.epochs = -1})),
          refused<ValueError>("batch_size", "ContrastiveDivergence: batch_size is 0, expected at least 1",
                              asked({.batch_size = 0})),
          refused<ValueError>("batch_size of 2^62",
                              "ContrastiveDivergence: batch_size is 4611686018427387904, expected at most "
                              "2147483647",
                              asked({.batch_size = Index{1} << 62})),
          refused<ValueError>("2^62 chains",
                              "ContrastiveDivergence: there are 4611686018427387904 chains, expected at "
                              "least 1 and at most 2147483647",
                              asked({.chains = Persistent{.chains = Index{1} << 62}})),
          refused<ValueError>("2^31 tempered chains",
                              "Tempered: the number of chains at all temperatures is 10000000000, .*",
                              asked({.chains = Tempered{.chains = 1'000'000, .temperatures = 10'000}})),
          refused<ValueError>("steps", "ContrastiveDivergence: steps is 0, expected at least 1",
                              asked({.steps = 0})),
          refused<ValueError>("chains", "ContrastiveDivergence: there are -5 chains, expected at least 1",
                              asked({.chains = Persistent{.chains = -5}})),
          refused<ValueError>("FastWeights: rate",
                              "FastWeights: rate is nan, expected a number of at least 0",
                              asked({.chains = FastWeights{.rate = NAN}})),
          refused<ValueError>("FastWeights: keep",
                              "FastWeights: keep is 1, expected at least 0 and less than 1",
                              asked({.chains = FastWeights{.keep = 1}})),
          refused<ValueError>("Tempered: temperatures", "Tempered: temperatures is 1, expected 2 to 10000",
                              asked({.chains = Tempered{.temperatures = 1}})),
          refused<ValueError>("Tempered: adapt", "Tempered: adapt is nan, expected 0 to 1",
                              asked({.chains = Tempered{.adapt = NAN}})),
          refused<ValueError>("Exact: states",
                              "Exact: the visible layer has 131072 states and the hidden layer 131072, "
                              "expected at most 65536 .*",
                              [&] { return ContrastiveDivergence<Bits>(wide, {.chains = Exact{}}, on); }),
          refused<ValueError>("rate", "optimizer: rate is -?nan, expected a number of at least 0",
                              asked({.optimizer = Momentum{.rate = NAN}})),
          refused<ValueError>("weight_decay",
                              "ContrastiveDivergence: weight_decay is inf, expected a number of at least 0",
                              asked({.weight_decay = INFINITY})),
          refused<ValueError>("l1", "ContrastiveDivergence: l1 is -1, expected a number of at least 0",
                              penalised({.l1 = -1})),
          refused<ValueError>("group", "ContrastiveDivergence: group is nan, expected a number of at least 0",
                              penalised({.group = NAN})),
          refused<ValueError>("sparsity",
                              "ContrastiveDivergence: sparsity is -1, expected a number of at least 0",
                              penalised({.sparsity = -1})),
          refused<ValueError>("activity_target",
                              "ContrastiveDivergence: activity_target is inf, expected a finite number",
                              penalised({.sparsity = 1, .activity_target = INFINITY})),
          refused<ValueError>("max_norm",
                              "ContrastiveDivergence: max_norm is -1, expected a number of at least 0",
                              penalised({.max_norm = -1})),
          refused<ValueError>("max_gradient_norm",
                              "ContrastiveDivergence: max_gradient_norm is nan, expected .*",
                              asked({.max_gradient_norm = NAN})),
          refused<ValueError>("discriminative", "ContrastiveDivergence: discriminative is -1, expected .*",
                              asked({.discriminative = -1})),
          refused<ValueError>("offset_rate",
                              "ContrastiveDivergence: offset_rate is 0, expected above 0 and at most 1",
                              asked({.offset_rate = 0})),
          refused<ValueError>("average_last", "ContrastiveDivergence: average_last is 1.5, expected 0 to 1",
                              asked({.average_last = 1.5})),
          refused<ValueError>("missing_steps",
                              "ContrastiveDivergence: missing_steps is 0, expected at least 1",
                              asked({.missing_steps = 0})),
      },
      rbm, wide);
}

TEST_CASE("contrastive divergence refuses invalid data and batches", "[bad_input][cd]") {
  Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}}, empty;
  ContrastiveDivergence<Bits> trainer(rbm, {.epochs = 2, .batch_size = 5}, on), of_nothing(empty, {}, on);
  const std::vector<double> weights{1, 2}, negative{1, 1, 1, -1, 1};
  const Eigen::MatrixXf many = Eigen::MatrixXf::Zero(4, 6), bad = with(NAN), infinite = with(INFINITY);
  const Dataset weighted = Dataset(x).with_weights({1, 0, 2, 1, 1});
  check_refusals(
      {
          refused<ShapeError>("fit: other rows", "fit: the data have 3 rows, the model has 4",
                              [&] { trainer.fit(low); }),
          refused<DataError>("fit: nothing", "fit: the data have no samples", [&] { trainer.fit(none); }),
          refused<DataError>(
              "fit: NaN",
              "fit: the data have nan in row 1 of column 2; a bernoulli unit takes numbers from 0 to 1",
              [&] { trainer.fit(bad); }),
          refused<DataError>("fit: an infinity",
                             "fit: the data have inf in row 1 of column 2; a bernoulli unit .*",
                             [&] { trainer.fit(infinite); }),
          refused<DataError>("fit: beyond a unit's range", "fit: the data have -2 in row 1 of column 2; .*",
                             [&] { trainer.fit(with(-2)); }),
          refused<DataError>("epoch: NaN", "epoch: the data have nan in row 1 of column 2; .*",
                             [&] { trainer.epoch(Dataset(bad)); }),
          refused<ShapeError>("a model of nothing", "fit: the model has no units",
                              [&] { of_nothing.fit(Eigen::MatrixXf(0, 5)); }),
          refused<ShapeError>("step: other rows", "step: the batch has 3 rows, the model has 4",
                              [&] { trainer.step({.values = low}); }),
          refused<ShapeError>("step: nothing",
                              "step: the batch has 0 samples, expected 1 to 5 \\(batch_size\\)",
                              [&] { trainer.step({.values = none}); }),
          refused<ShapeError>("step: too many",
                              "step: the batch has 6 samples, expected 1 to 5 \\(batch_size\\)",
                              [&] { trainer.step({.values = many}); }),
          refused<DataError>("step: NaN", "step: the batch has an infinite number or a NaN",
                             [&] { trainer.step({.values = bad}); }),
          refused<DataError>("step: an infinity", "step: the batch has an infinite number or a NaN",
                             [&] { trainer.step({.values = infinite}); }),
          refused<DataError>("step: weights of others", "step: 2 weights for 5 samples",
                             [&] { trainer.step({.values = x, .weights = weights}); }),
          refused<DataError>("step: a negative weight",
                             "step: weight 3 is -1, expected a finite number of at least 0",
                             [&] { trainer.step({.values = x, .weights = negative}); }),
          refused<ShapeError>("step: another mask", "step: known is 3 x 5, the batch 4 x 5",
                              [&] { trainer.step({.values = x, .known = low}); }),
      },
      rbm, empty);
  CHECK(trainer.steps() == 0);
}

namespace {

template <class Trainer>
void check_local_refusals(const char* name) {
  using Model = typename Trainer::Model;
  Model rbm{{.visible = 4, .hidden = 3, .seed = 1}};
  Trainer trainer(rbm, {.epochs = 2, .batch_size = 5}, on);
  const auto asked = [&](const LocalObjectiveOptions<>& options) {
    return [&rbm, options] { return Trainer(rbm, options, on); };
  };
  const auto says = [&](const char* text) { return name + std::string(": ") + text; };
  const std::string texts[] = {
      says("epochs is -1, expected at least 0"),
      says("batch_size is 0, expected at least 1"),
      says("weight_decay is nan, expected a number of at least 0"),
      says("l1 is -1, expected a number of at least 0"),
      says("max_gradient_norm is -1, expected a number of at least 0"),
      says("offset_rate is 0, expected above 0 and at most 1"),
      says("average_last is 2, expected 0 to 1"),
      "step: " + std::string(name) + " needs every entry; data with missing ones .*"};
  const Eigen::MatrixXf bad = with(NAN);
  check_refusals(
      {
          refused<ValueError>("epochs", texts[0].c_str(), asked({.epochs = -1})),
          refused<ValueError>("batch_size", texts[1].c_str(), asked({.batch_size = 0})),
          refused<ValueError>("weight_decay", texts[2].c_str(), asked({.weight_decay = NAN})),
          refused<ValueError>("l1", texts[3].c_str(), asked({.penalties = {.l1 = -1}})),
          refused<ValueError>("max_gradient_norm", texts[4].c_str(), asked({.max_gradient_norm = -1})),
          refused<ValueError>("offset_rate", texts[5].c_str(), asked({.offset_rate = 0})),
          refused<ValueError>("average_last", texts[6].c_str(), asked({.average_last = 2})),
          refused<ValueError>("step: missing entries", texts[7].c_str(),
                              [&] { trainer.step({.values = x, .known = x}); }),
          refused<ShapeError>("fit: other rows", "fit: the data have 3 rows, the model has 4",
                              [&] { trainer.fit(low); }),
          refused<DataError>("fit: nothing", "fit: the data have no samples", [&] { trainer.fit(none); }),
          refused<DataError>("fit: NaN", "fit: the data have nan in row 1 of column 2; a .* unit takes .*",
                             [&] { trainer.fit(bad); }),
          refused<ShapeError>("step: other rows", "step: the batch has 3 rows, the model has 4",
                              [&] { trainer.step({.values = low}); }),
          refused<DataError>("step: NaN", "step: the batch has an infinite number or a NaN",
                             [&] { trainer.step({.values = bad}); }),
      },
      rbm);
  CHECK(trainer.steps() == 0);
}

}  // namespace

TEST_CASE("local objectives refuse invalid options and data", "[bad_input][objective]") {
  check_local_refusals<PseudoLikelihood<Bits>>("PseudoLikelihood");
  check_local_refusals<RatioMatching<Bits>>("RatioMatching");
  check_local_refusals<MinimumProbabilityFlow<Bits>>("MinimumProbabilityFlow");
  check_local_refusals<ScoreMatching<Rbm<Gaussian, Bernoulli>>>("ScoreMatching");
  BoltzmannMachine<Spin> glass{{.visible = 4}};
  check_refusals({refused<ValueError>(
                     "sparsity without hidden units",
                     "PseudoLikelihood: l1b, group, max_norm and sparsity are for models with hidden units",
                     [&] {
                       return PseudoLikelihood{glass, {.penalties = {.sparsity = 1}}};
                     })},
                 glass);
}

TEST_CASE("fine-tuning refuses invalid options and data", "[bad_input][fine_tuning]") {
  Classifier network{{.sizes = {4, 3}, .classes = 3, .seed = 1}};
  FineTuning<Classifier> trainer(network, {.epochs = 2, .batch_size = 5}, on);
  const auto asked = [&](const FineTuningOptions<>& options) {
    return [&network, options] { return FineTuning<Classifier>(network, options, on); };
  };
  const Eigen::MatrixXf bad = with(NAN);
  check_refusals(
      {
          refused<ValueError>("epochs", "FineTuning: epochs is -1, expected at least 0",
                              asked({.epochs = -1})),
          refused<ValueError>("batch_size", "FineTuning: batch_size is -7, expected at least 1",
                              asked({.batch_size = -7})),
          refused<ValueError>("weight_decay",
                              "FineTuning: weight_decay is nan, expected a number of at least 0",
                              asked({.weight_decay = NAN})),
          refused<ValueError>("max_norm", "FineTuning: max_norm is inf, expected a number of at least 0",
                              asked({.max_norm = INFINITY})),
          refused<ValueError>("max_gradient_norm",
                              "FineTuning: max_gradient_norm is -1, expected a number of at least 0",
                              asked({.max_gradient_norm = -1})),
          refused<ValueError>("input_dropout",
                              "FineTuning: input_dropout is 1, expected at least 0 and below 1",
                              asked({.input_dropout = 1})),
          refused<ValueError>("dropout", "FineTuning: dropout is nan, expected at least 0 and below 1",
                              asked({.dropout = NAN})),
          refused<ValueError>("average_last", "FineTuning: average_last is 2, expected 0 to 1",
                              asked({.average_last = 2})),
          refused<ShapeError>("fit: other rows", "fit: the data have 3 rows, the model has 4",
                              [&] { trainer.fit(Dataset(low, labels)); }),
          refused<DataError>("fit: nothing", "fit: the data have no samples",
                             [&] { trainer.fit(Dataset(none)); }),
          refused<DataError>("fit: no labels", "fit: the data have 0 labels for 5 samples",
                             [&] { trainer.fit(Dataset(x)); }),
          refused<DataError>("fit: a label that is not a class", "fit: label 2 is 3, expected 0 to 2",
                             [&] { trainer.fit(Dataset(x, wrong)); }),
          refused<DataError>("fit: NaN", "fit: the data have nan in row 1 of column 2, .*",
                             [&] { trainer.fit(Dataset(bad, labels)); }),
          refused<DataError>("step: NaN", "step: the batch has an infinite number or a NaN",
                             [&] { trainer.step({.values = bad, .labels = labels}); }),
          refused<DataError>("step: no labels", "step: the batch has 0 labels for 5 samples",
                             [&] { trainer.step({.values = x}); }),
          refused<DataError>("step: a label that is not a class", "labels: label 2 is 3, expected 0 to 2",
                             [&] { trainer.step({.values = x, .labels = wrong}); }),
      },
      network);
  CHECK(trainer.steps() == 0);
}

TEST_CASE("pre-training refuses what is wrong for any layer before it trains the first", "[bad_input][dbn]") {
  using Deep = Dbn<Stack<Bernoulli>>;
  Deep dbn{{.sizes = {4, 17, 17}, .seed = 1}}, nothing;
  const Options good{.epochs = 1};
  const auto asked = [&](std::vector<Options> layers) {
    return
        [&dbn, layers] { return pre_train_on(on, dbn, Dataset(x), PreTrainingOptions<>{.layers = layers}); };
  };
  check_refusals(
      {
          refused<ShapeError>("an empty stack", "pre_train: the DBN has no layers",
                              [&] { return pre_train_on(on, nothing, Dataset(x), PreTrainingOptions<>{}); }),
          refused<ValueError>("no options", "pre_train: there are no options for any layer", asked({})),
          refused<ValueError>("the second layer's steps",
                              "ContrastiveDivergence: steps is 0, expected at least 1",
                              asked({good, {.steps = 0}})),
          refused<ValueError>("the second layer's ladder", "Tempered: temperatures is 1, expected 2 to 10000",
                              asked({good, {.chains = Tempered{.temperatures = 1}}})),
          refused<ValueError>("the second layer's states",
                              "Exact: the visible layer has 131072 states and the hidden layer .*",
                              asked({good, {.chains = Exact{}}})),
          refused<ShapeError>("other data", "fit: the data have 3 rows, the model has 4",
                              [&] { return pre_train_on(on, dbn, Dataset(low), PreTrainingOptions<>{}); }),
      },
      dbn, nothing);
}

TEST_CASE("observers refuse what they cannot watch", "[bad_input][observers]") {
  const Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}};
  const Classifier network{{.sizes = {4, 3}, .classes = 3, .seed = 1}};
  const Dataset good(x), other(low), nothing(none), bad(with(NAN)), bad_labels(x, wrong),
      labelled_nan(with(NAN), labels);
  EpochReport report{.epoch = 1, .epochs = 3, .metrics = {{"loss", 1.0}, {"error", 0.5}}};
  check_refusals({
      refused<ValueError>("a metric that was not measured",
                          "report: there is no metric 'los', measured were: loss, error",
                          [&] { return EarlyStopping{.metric = "los"}(report); }),
      refused<ValueError>("no patience", "EarlyStopping: patience is 0, expected at least 1",
                          [&] { return EarlyStopping{.metric = "loss", .patience = 0}(report); }),
      refused<ValueError>("a margin that is not a number",
                          "EarlyStopping: margin is nan, expected a number of at least 0",
                          [&] { return EarlyStopping{.metric = "loss", .margin = NAN}(report); }),
      refused<ValueError>("a monitor of one sample", "Monitor: samples is 1, expected at least 2",
                          [&] { return Monitor(rbm, good, {.samples = 1}, on); }),
      refused<ValueError>("a monitor without patience", "Monitor: patience is 0, expected at least 1",
                          [&] { return Monitor(rbm, good, {.patience = 0}, on); }),
      refused<ShapeError>("a monitor of other data",
                          "Monitor: the training data have 3 rows, the model has 4",
                          [&] { return Monitor(rbm, other, MonitorOptions{}, on); }),
      refused<DataError>("a monitor of nothing", "Monitor: the training data have no samples",
                         [&] { return Monitor(rbm, nothing, MonitorOptions{}, on); }),
      refused<DataError>("a monitor of NaN",
                         "Monitor: the training data have nan in row 1 of column 2; a bernoulli .*",
                         [&] { return Monitor(rbm, bad, MonitorOptions{}, on); }),
      refused<DataError>("held-out NaN",
                         "Monitor: the held-out data have nan in row 1 of column 2; a bernoulli .*",
                         [&] { return Monitor(rbm, good, bad, MonitorOptions{}, on); }),
      refused<DataError>("held-out wrong labels", "labels: label 2 is 3, expected 0 to 2",
                         [&] { return HeldOut(network, bad_labels, on); }),
      refused<DataError>("held-out NaN for a network", "evaluate: the data have nan in row 1 of column 2, .*",
                         [&] { return HeldOut(network, labelled_nan, on); }),
  });
}

}  // namespace test::bad_input_training
