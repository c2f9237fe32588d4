// Dropout: what is dropped, how often, and that training follows the gradient of the remaining network.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_networks_dropout {

namespace {

using B = Cpu<double>;
const B on;
using Net = Network<Stack<Gaussian, Relu, Categorical, Bernoulli>, B>;

Net small_network() {
  Net network{{.sizes = {7, 6, GroupedSize{2, 3}, 5}, .classes = 3, .seed = 1}};
  randomise(network, 2, 0.7);
  return network;
}

std::vector<int> some_labels(Index count) {
  std::vector<int> labels;
  for (Index i = 0; i < count; ++i) labels.push_back(static_cast<int>(i % 3));
  return labels;
}

const std::uint64_t of_tuning =
    seed_for(11, SeedFor::fine_tuning);  // the seed that fine-tuning derives from 11

// The mask of a layer whose rows begin at `first` of the network's, by the address of each number.
Eigen::MatrixXd mask(std::uint64_t seed, std::uint32_t update, double share, Index first, Index rows,
                     Index n) {
  const Draws draws{.seed = seed, .step = update, .stream = Stream::dropout};
  return Eigen::MatrixXd::NullaryExpr(rows, n, [&](Index r, Index c) {
    const auto row = static_cast<std::uint32_t>(first + r);
    const std::uint32_t word = draws.words_of_four_rows(row / 4, static_cast<std::uint32_t>(c)).word[row % 4];
    return static_cast<double>(word >> 8) / 16777216 < share ? 0 : 1 / (1 - share);
  });
}

}  // namespace

TEST_CASE("the requested share of outputs is dropped, and the rest are scaled to compensate", "[dropout]") {
  const Network<Stack<Bernoulli>, B> network{{.sizes = {211, 307, 203}}};
  for (const double share : {0.0, 0.2, 0.5, 0.9}) {
    Dropout<B> dropout(network, share, share, 400);
    Eigen::MatrixXd inputs = Eigen::MatrixXd::Constant(211, 400, 3),
                    first = Eigen::MatrixXd::Constant(307, 400, 3),
                    second = Eigen::MatrixXd::Constant(203, 400, 3);
    const Draws draws{.seed = 5, .step = 7};
    dropout.drop_inputs(on, draws, inputs);
    dropout.drop_outputs(on, draws, 0, first);
    dropout.drop_outputs(on, draws, 1, second);
    for (const Eigen::MatrixXd& x : {inputs, first, second}) {
      const auto n = static_cast<double>(x.size()), dropped = static_cast<double>((x.array() == 0).count());
      INFO("share " << share << ", " << x.rows() << " rows");
      // Five standard deviations of a binomial count, and of the mean.
      CHECK(std::abs(dropped - share * n) <= 5 * std::sqrt(n * share * (1 - share)));
      CHECK(std::abs(x.mean() - 3) <= 15 * std::sqrt(share / (1 - share) / n) + 1e-12);
      CHECK((x.array() == 0 || (x.array() - 3 / (1 - share)).abs() < 1e-12).all());
    }
    CHECK(largest_difference(first, (3 * mask(5, 7, share, 211, 307, 400)).eval()) < 1e-14);
    if (share > 0) {  // rows, samples, layers and updates drop different outputs
      CHECK(inputs.row(0) != inputs.row(1));
      CHECK(inputs.col(0) != inputs.col(1));
      CHECK((inputs.topRows(200).array() == 0).matrix() != (first.topRows(200).array() == 0).matrix());
      CHECK((first.topRows(200).array() == 0).matrix() != (second.topRows(200).array() == 0).matrix());
      Eigen::MatrixXd later = Eigen::MatrixXd::Constant(211, 400, 3);
      dropout.drop_inputs(on, {.seed = 5, .step = 8}, later);
      CHECK(later != inputs);
      later.setConstant(3);
      dropout.drop_inputs(on, {.seed = 6, .step = 7}, later);
      CHECK(later != inputs);
      later.setConstant(3);
      dropout.drop_inputs(on, draws, later);
      CHECK(later == inputs);
    }
  }
}

TEST_CASE("dropout draws have addresses, in a short batch as well", "[dropout]") {
  const auto network = small_network();  // layers of 7, 6, 6, 5 rows begin at 0, 7, 13, 19
  Dropout<B> dropout(network, 0.3, 0.6, 90);
  for (const Index n : {90, 1, 37}) {
    const Draws draws{.seed = 11, .step = 3};
    Eigen::MatrixXd inputs = Eigen::MatrixXd::Ones(7, n), last = Eigen::MatrixXd::Ones(5, n),
                    error = last * 2;
    dropout.drop_inputs(on, draws, inputs);
    CHECK(inputs == mask(11, 3, 0.3, 0, 7, n));
    dropout.drop_outputs(on, draws, 2, last);
    CHECK(last == mask(11, 3, 0.6, 19, 5, n));
    dropout.drop_errors(on, 2, error);
    CHECK(error == 2 * last);
  }
}

TEST_CASE("the gradient is that of the remaining network", "[dropout][oracle]") {
  auto network = small_network();
  const Net begin = network;
  const Eigen::MatrixXd x = numbers(7, 9, 3);
  const std::vector<int> labels = some_labels(9);
  FineTuning trainer{
      network,
      {.batch_size = 12, .optimizer = Sgd{.rate = 0}, .input_dropout = 0.25, .dropout = 0.4, .seed = 11},
      on};
  for (std::uint32_t update = 0; update < 3; ++update) {
    trainer.step({.values = x, .labels = labels});
    const Eigen::MatrixXd inputs = x.cwiseProduct(mask(of_tuning, update, 0.25, 0, 7, 9));
    const std::vector<Eigen::MatrixXd> masks{mask(of_tuning, update, 0.4, 7, 6, 9),
                                             mask(of_tuning, update, 0.4, 13, 6, 9),
                                             mask(of_tuning, update, 0.4, 19, 5, 9)};
    Net probe = begin;
    Activations<B> activations(probe, 9);
    const auto likelihood = [&] {
      forward(on, probe, View<const double>(inputs), activations, [&](std::size_t layer, View<double> out) {
        for (Index c = 0; c < out.cols; ++c)
          for (Index r = 0; r < out.rows; ++r) out(r, c) *= masks[layer](r, c);
      });
      double sum = 0;
      for (Index c = 0; c < 9; ++c)
        sum += std::log(activations.head.mean(labels[static_cast<std::size_t>(c)], c)) / 9;
      return sum;
    };
    double far = 0, longest = 0;
    for_each_parameter(
        [&](const ParameterName&, Role role, auto w, auto g) {
          if (role == Role::shape) return;
          for (Index c = 0; c < w.cols; ++c)
            for (Index r = 0; r < w.rows; ++r) {
              const double here = w(r, c);
              const double slope = oracle::derivative(
                  [&](double number) {
                    w(r, c) = number;
                    return likelihood();
                  },
                  here);
              w(r, c) = here;
              far = std::fmax(far, std::abs(slope - g(r, c)));
              longest = std::fmax(longest, std::abs(slope));
            }
        },
        probe, trainer.gradient());
    CHECK(far < 1e-10);
    CHECK(longest > 0.01);
  }
}

TEST_CASE("an autoencoder with dropped inputs learns to reconstruct the complete ones",
          "[dropout][autoencoder]") {
  Autoencoder<Stack<Bernoulli, Bernoulli>, B> network{{.sizes = {7, 4}, .seed = 1}};
  randomise(network, 2, 0.7);
  const Eigen::MatrixXd x = numbers(7, 9, 3);
  FineTuning trainer{
      network, {.batch_size = 9, .optimizer = Sgd{.rate = 0}, .input_dropout = 0.5, .seed = 11}, on};
  trainer.step({.values = x});
  // The head's bias gets the mean of target minus output.
  const Eigen::MatrixXd inputs = x.cwiseProduct(mask(of_tuning, 0, 0.5, 0, 7, 9));
  const Eigen::MatrixXd slope = (x - outputs(network, inputs, on)).rowwise().mean();
  CHECK(largest_difference(trainer.gradient().head.layer.parameters, slope) < 1e-12);
}

TEST_CASE("a network trained with dropout is used without it", "[dropout]") {
  auto network = small_network(), same = network;
  const Dataset data(numbers(7, 40, 3), some_labels(40));
  FineTuning{network, {.epochs = 2, .batch_size = 16, .dropout = 0.5, .seed = 3}, on}.fit(data);
  CHECK(predict_proba(network, data, on) == predict_proba(network, data, on));
  FineTuning{same, {.epochs = 2, .batch_size = 16, .dropout = 0.5, .seed = 3}, on}.fit(data);
  CHECK(same == network);
  auto other = small_network();
  FineTuning{other, {.epochs = 2, .batch_size = 16, .seed = 3}, on}.fit(data);
  CHECK_FALSE(other == network);
}

}  // namespace test::training_networks_dropout
