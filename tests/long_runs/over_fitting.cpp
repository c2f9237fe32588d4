// A monitor beside whole runs: one that over-fits, and one that does not.
#include <harmonium/inference/exact/log_z.hpp>
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
