// A monitor beside whole runs: one that over-fits, and one that does not.
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

TEST_CASE("a run that over-fits is warned of, and one that does not is not", "[monitors][slow]") {
  using Bits = Rbm<Bernoulli, Bernoulli>;
  const auto warnings_of = [](const History& history) {
    int count = 0;
    for (const EpochReport& report : history.epochs)
      for (const std::string& warning : report.warnings) count += warning.starts_with("over-fitting");
    return count;
  };
  const auto topics = [](Index samples, std::uint64_t seed) {  // 500 rows, 2 % ones: 10 topics of 50 words
    Dice dice(seed);
    Eigen::MatrixXf x = Eigen::MatrixXf::Zero(500, samples);
    for (Index c = 0; c < samples; ++c) {
      const Index topic = dice.below(10);
      for (Index r = 0; r < 500; ++r)
        x(r, c) = dice.uniform() < (r / 50 == topic ? 0.11 : 0.01) ? 1.0f : 0.0f;
    }
    return x;
  };
  const auto cd_1 = [](int epochs, Index batch_size) {
    return ContrastiveDivergenceOptions<>{.epochs = epochs,
                                          .batch_size = batch_size,
                                          .steps = 1,
                                          .chains = DataChains{},
                                          .optimizer = Momentum{.rate = 0.1},
                                          .average_last = 0,
                                          .seed = 1};
  };
  {
    const Eigen::MatrixXf train = topics(3000, 1), held_out = topics(500, 2);
    Bits rbm{{.visible = 500, .hidden = 12, .seed = 1}};
    std::vector<double> fits;
    Monitor monitor{rbm, Dataset(train), Dataset(held_out)};
    const History history =
        ContrastiveDivergence{rbm, cd_1(12, 50)}.fit(Dataset(train), monitor, [&](const EpochReport& report) {
          if (report.epoch % 4 == 0) fits.push_back(exact_log_likelihood(rbm, held_out).mean());
        });
    REQUIRE(fits.size() == 3);
    INFO("held-out log likelihoods " << fits[0] << ' ' << fits[1] << ' ' << fits[2]);
    CHECK(fits.back() > fits.front());
    CHECK(warnings_of(history) == 0);
  }
  {
    const Eigen::MatrixXf train = topics(40, 3), held_out = topics(500, 4);
    Bits rbm{{.visible = 500, .hidden = 200, .seed = 1}};
    Monitor monitor{rbm, Dataset(train), Dataset(held_out)};
    std::vector<double> losses;
    const History history = ContrastiveDivergence{rbm, cd_1(80, 10)}.fit(
        Dataset(train), monitor,
        [&](const EpochReport& report) { losses.push_back(report.metric("held_out_loss")); });
    INFO("held-out losses " << losses[0] << ' ' << losses[10] << ' ' << losses.back());
    CHECK(warnings_of(history) > 10);
  }
}

TEST_CASE("the held-out loss of a mixed table falls and rises with minus its likelihood",
          "[monitors][slow]") {
  // Two bits, a word of four, two real numbers in four tight clusters, and a count.
  using Table = Rbm<Mixed<Bernoulli, Categorical, Gaussian, Poisson>, Bernoulli>;
  const auto rows = [](Index samples, std::uint64_t seed) {
    const double bits[4][2] = {{0.9, 0.2}, {0.2, 0.2}, {0.8, 0.9}, {0.1, 0.7}},
                 places[4][2] = {{-1.3, -0.6}, {-0.3, 1.5}, {0.3, -1.2}, {1.3, 0.3}},
                 rates[4] = {1, 3, 8, 15};
    Dice dice(seed);
    Eigen::MatrixXf x = Eigen::MatrixXf::Zero(9, samples);
    for (Index c = 0; c < samples; ++c) {
      const auto which = std::min<std::size_t>(3, static_cast<std::size_t>(4 * dice.uniform()));
      for (Index r = 0; r < 2; ++r) x(r, c) = dice.uniform() < bits[which][r] ? 1.0f : 0.0f;
      x(2 + (dice.uniform() < 0.8 ? static_cast<Index>(which) : c % 4), c) = 1;
      for (Index r = 0; r < 2; ++r) x(6 + r, c) = static_cast<float>(places[which][r] + 0.09 * dice.normal());
      for (double left = dice.uniform(); left > std::exp(-rates[which]); left *= dice.uniform()) ++x(8, c);
    }
    return x;
  };
  const Eigen::MatrixXf held_out = rows(1000, 2);
  const auto run = [&](Index samples, ContrastiveDivergenceOptions<> options) {
    const Dataset train(rows(samples, 1));
    Table rbm{{.visible = {2, {1, 4}, 2, 1}, .hidden = 10, .seed = 1}};
    Monitor monitor{rbm, train, Dataset(held_out), {.samples = 1000}};
    std::vector<double> losses, fits;
    ContrastiveDivergence{rbm, options}.fit(train, monitor, [&](const EpochReport& report) {
      if (report.epoch % (report.epochs / 20) != 0) return;
      losses.push_back(report.metric("held_out_loss"));
      fits.push_back(exact_log_likelihood(rbm, held_out, Cpu<double>::all()).mean());
      UNSCOPED_INFO(report.epoch << ": loss " << losses.back() << ", likelihood " << fits.back());
    });
    return std::pair(losses, fits);
  };
  const auto best = [](const std::vector<double>& x) { return std::min_element(x.begin(), x.end()); };
  {
    const auto [losses, fits] = run(2000, {.epochs = 100,
                                           .batch_size = 20,
                                           .chains = Tempered{},
                                           .optimizer = Adam{.rate = linear(0.02, 0)},
                                           .seed = 1});
    CHECK(fits.back() > fits.front() + 0.5);
    CHECK(losses.back() < losses.front() - 0.5);
    CHECK(best(losses) - losses.begin() >= 16);
  }
  {
    const auto [losses, fits] = run(
        30,
        {.epochs = 4000, .batch_size = 10, .optimizer = Adam{.rate = 0.003}, .average_last = 0, .seed = 1});
    const double at_least_loss = fits[static_cast<std::size_t>(best(losses) - losses.begin())],
                 highest = *std::max_element(fits.begin(), fits.end());
    CHECK(highest > fits.back() + 1);
    CHECK(losses.back() > *best(losses) + 0.3);
    CHECK(at_least_loss > fits.back() + 0.5);
  }
}
