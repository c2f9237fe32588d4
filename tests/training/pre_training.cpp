// Greedy pre-training: the same as training one RBM after another by hand.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/training/pre_training.hpp>

#include "support/catch.hpp"
#include "support/learned.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_pre_training {

namespace {

using Units = Stack<Bernoulli, Categorical, Gaussian>;
using Deep = Dbn<Units, Cpu<double>>;
const Cpu<double> on;

Deep begin() { return Deep{{.sizes = {5, GroupedSize{.units = 2, .states = 3}, 3}, .seed = 4}}; }

}  // namespace

TEST_CASE("pre-training is training RBM after RBM on the means of the one below", "[pre_training]") {
  const Eigen::MatrixXd data = binary(5, 47, 1);
  std::vector<double> weights;  // are passed up with the samples
  for (int i = 0; i < 47; ++i) weights.push_back(i % 4);
  const Dataset samples = Dataset(data).with_weights(weights);
  const ContrastiveDivergenceOptions<> first{
      .epochs = 3, .batch_size = 10, .optimizer = Momentum{.rate = 0.1}, .seed = 8};
  const ContrastiveDivergenceOptions<> second{
      .epochs = 2, .batch_size = 20, .steps = 2, .chains = Persistent{.chains = 7}, .seed = 20};
  Deep dbn = begin(), by_hand = begin();
  const auto histories = pre_train_on(on, dbn, samples, PreTrainingOptions<>{.layers = {first, second}});

  auto& bottom = std::get<Rbm<Bernoulli, Categorical, Cpu<double>>>(by_hand.rbms[0]);
  auto& top = std::get<Rbm<Categorical, Gaussian, Cpu<double>>>(by_hand.rbms[1]);
  const History of_first = ContrastiveDivergence{bottom, first, on}.fit(samples);
  const Eigen::MatrixXd encoded = mean_hidden(bottom, data);
  auto seeded = second;
  seeded.seed = seed_of_layer(seeded.seed, 1);
  ContrastiveDivergence{top, seeded, on}.fit(Dataset(encoded).with_weights(weights));
  CHECK(largest_parameter_difference(dbn, by_hand) <
        1e-9);  // products of batches may be summed in a different order than a product of all samples
  CHECK_FALSE(dbn == begin());

  REQUIRE(histories.size() == 2);
  CHECK((histories[0].epochs.size() == 3 && histories[1].epochs.size() == 2));
  CHECK((histories[0].epochs[0].phase == "rbm 1" && histories[1].epochs[0].phase == "rbm 2"));
  CHECK(histories[0].epochs.back().metrics == of_first.epochs.back().metrics);
}

TEST_CASE("the last layer's options repeat for the layers above", "[pre_training]") {
  Dbn<Stack<Bernoulli>> dbn{{5, 4, 3, 2}};
  const Dataset data(binary(5, 20, 1));
  const auto histories = pre_train(dbn, data, {.layers = {{.epochs = 3}, {.epochs = 1}}});
  REQUIRE(histories.size() == 3);
  CHECK((histories[0].epochs.size() == 3 && histories[1].epochs.size() == 1 &&
         histories[2].epochs.size() == 1));
}

TEST_CASE("a source encoded by several RBMs gives their means, in any order and number", "[pre_training]") {
  Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{5, 4, 3, 2}};
  randomise(dbn, 1);
  const Dataset data(binary(5, 20, 1), std::vector<int>(20, 3));
  const EncodedSource<decltype(dbn), Dataset> twice(dbn, data, 2, false, 0);
  CHECK((twice.rows() == 3 && twice.size() == 20 && twice.labels().size() == 20));
  using R = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  const Eigen::MatrixXd all =
      mean_hidden(std::get<R>(dbn.rbms[1]), mean_hidden(std::get<R>(dbn.rbms[0]), data.to_matrix<double>()));
  for (const Index count : {2, 1, 9, 3}) {  // growing and shrinking
    std::vector<Index> columns;
    for (Index i = 0; i < count; ++i) columns.push_back(7 * i % 20);
    Eigen::MatrixXd out(3, count);
    twice.fill(on, columns, View<double>(out));
    for (Index i = 0; i < count; ++i) CHECK(largest_difference(out.col(i), all.col(7 * i % 20)) < 1e-14);
  }
}

TEST_CASE("a source encoded by draws gives states of the right distribution, new ones each time",
          "[pre_training][oracle]") {
  Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{4, 3, 2, 2}};
  randomise(dbn, 1, 1.5);
  using R = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  const oracle::Machine first = oracle_of(std::get<R>(dbn.rbms[0])),
                        second = oracle_of(std::get<R>(dbn.rbms[1]));
  const oracle::Numbers sample{1, 0, 1, 1};
  const Dataset data(columns({sample}));
  const EncodedSource<decltype(dbn), Dataset> source(dbn, data, 2, true, 5);
  // p(h2) = sum over h1 of p(h1 | v) p(h2 | h1)
  oracle::Distribution expected = oracle::conditional(second.hidden, {0, 0});
  expected.probabilities.assign(4, 0.0);
  const auto middle = oracle::conditional(first.hidden, oracle::hidden_input(first, sample));
  for (std::size_t i = 0; i < middle.states.size(); ++i) {
    const auto given = oracle::conditional(second.hidden, oracle::hidden_input(second, middle.states[i]));
    for (std::size_t j = 0; j < 4; ++j)
      expected.probabilities[j] += middle.probabilities[i] * given.probabilities[j];
  }
  const std::vector<Index> columns_of(50'000, 0);
  Eigen::MatrixXd a(2, 50'000), b(2, 50'000);
  source.fill(on, columns_of, View<double>(a));
  source.fill(on, columns_of, View<double>(b));
  CHECK(chi_square(a, expected));
  CHECK(chi_square(b, expected));
  CHECK(a != b);

  Dbn<Stack<Bernoulli>, Cpu<double>> by_means{{5, 4, 3}}, by_draws{{5, 4, 3}};
  const Dataset more(binary(5, 40, 1));
  pre_train(by_means, more, {.layers = {{.epochs = 2}}});
  pre_train(by_draws, more, {.layers = {{.epochs = 2}}, .samples = true});
  CHECK(by_means.rbms[0] == by_draws.rbms[0]);
  CHECK_FALSE(by_means.rbms[1] == by_draws.rbms[1]);
}

TEST_CASE("an observer that stops ends the current RBM and not the whole pre-training", "[pre_training]") {
  Dbn<Stack<Bernoulli>> dbn{{5, 4, 3}};
  const auto histories =
      pre_train(dbn, Dataset(binary(5, 20, 1)), {.layers = {{.epochs = 9}}},
                [](const EpochReport& report) { return report.epoch == 2 ? Flow::stop : Flow::go_on; });
  REQUIRE(histories.size() == 2);
  CHECK((histories[0].epochs.size() == 2 && histories[1].epochs.size() == 2));
}

TEST_CASE("pre-training refuses what it cannot finish before it begins", "[pre_training][errors]") {
  const Dataset data(binary(5, 20, 1));
  Deep dbn = begin();
  CHECK_THROWS_MATCHES(pre_train(dbn, data, {.layers = {}}), ValueError,
                       Message("pre_train: there are no options for any layer"));
  CHECK_THROWS_MATCHES(pre_train(dbn, data, {.layers = {{.epochs = 1}, {.batch_size = 0}}}), ValueError,
                       Message("ContrastiveDivergence: batch_size is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(pre_train(dbn, Dataset(binary(4, 20, 1))), ShapeError,
                       Message("fit: the data have 4 rows, the model has 5"));
  CHECK(dbn == begin());
  Deep none;
  CHECK_THROWS_MATCHES(pre_train(none, data), ShapeError, Message("pre_train: the DBN has no layers"));
}

}  // namespace test::training_pre_training
