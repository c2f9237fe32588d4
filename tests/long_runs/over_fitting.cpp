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

namespace {
using TableRbm = Rbm<Mixed<Bernoulli, Categorical, Gaussian, Poisson>, Bernoulli>;

float count(Dice& dice, double rate) {  // Knuth (1969)
  float events = 0;
  for (double left = dice.uniform(); left > std::exp(-rate); left *= dice.uniform()) ++events;
  return events;
}

// Two bits, a word of four, two real numbers in four tight clusters, and a count.
Eigen::MatrixXf clusters(Index samples, std::uint64_t seed) {
  const double bits[4][2] = {{0.9, 0.2}, {0.2, 0.2}, {0.8, 0.9}, {0.1, 0.7}},
               places[4][2] = {{-1.3, -0.6}, {-0.3, 1.5}, {0.3, -1.2}, {1.3, 0.3}}, rates[4] = {1, 3, 8, 15};
  Dice dice(seed);
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(9, samples);
  for (Index c = 0; c < samples; ++c) {
    const auto which = std::min<std::size_t>(3, static_cast<std::size_t>(4 * dice.uniform()));
    for (Index r = 0; r < 2; ++r) x(r, c) = dice.uniform() < bits[which][r] ? 1.0f : 0.0f;
    x(2 + (dice.uniform() < 0.8 ? static_cast<Index>(which) : c % 4), c) = 1;
    for (Index r = 0; r < 2; ++r) x(6 + r, c) = static_cast<float>(places[which][r] + 0.09 * dice.normal());
    x(8, c) = count(dice, rates[which]);
  }
  return x;
}

// Two groups of rows, which some columns tell apart; the others are noise.
Eigen::MatrixXf groups(Index samples, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(24, samples);
  for (Index c = 0; c < samples; ++c) {
    const double side = dice.uniform() < 0.5 ? 1 : -1;
    for (Index r = 0; r < 4; ++r) x(r, c) = dice.uniform() < 0.5 + 0.2 * side ? 1.0f : 0.0f;
    for (Index r = 4; r < 22; ++r)
      x(r, c) = static_cast<float>((r < 10 ? 0.8 * side : 0) + 0.6 * dice.normal());
    for (Index r = 22; r < 24; ++r) x(r, c) = count(dice, 3.5 + 1.5 * side);
  }
  return x;
}

// The held-out losses of a run, and the exact likelihoods of more samples, 20 times in all.
struct Course {
  std::vector<double> losses = {}, fits = {};
  std::size_t best() const {
    return static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
  }
};
Course course(TableRbm rbm, const Eigen::MatrixXf& samples, const Eigen::MatrixXf& held_out,
              const ContrastiveDivergenceOptions<>& options) {
  const Dataset train(samples);
  Monitor monitor{rbm, train, Dataset(held_out), {.samples = 300}};
  Course run;
  ContrastiveDivergence{rbm, options}.fit(train, monitor, [&](const EpochReport& report) {
    if (report.epoch % (report.epochs / 20) != 0) return;
    run.losses.push_back(report.metric("held_out_loss"));
    run.fits.push_back(exact_log_likelihood(rbm, held_out, Cpu<double>::all()).mean());
    UNSCOPED_INFO(report.epoch << ": loss " << run.losses.back() << ", likelihood " << run.fits.back());
  });
  return run;
}
}  // namespace

TEST_CASE("the held-out loss of a mixed table falls while its likelihood rises", "[monitors][slow]") {
  const Course run = course(TableRbm{{.visible = {2, {1, 4}, 2, 1}, .hidden = 10, .seed = 1}},
                            clusters(2000, 1), clusters(1000, 2),
                            {.epochs = 100,
                             .batch_size = 20,
                             .chains = Tempered{},
                             .optimizer = Adam{.rate = linear(0.02, 0)},
                             .seed = 1});
  CHECK(run.fits.back() > run.fits.front() + 1);
  CHECK(run.losses.back() < run.losses.front() - 0.5);
  CHECK(run.best() >= 16);
}

TEST_CASE("the held-out loss of a mixed table rises when its model over-fits", "[monitors][slow]") {
  const Course run = course(
      TableRbm{{.visible = {4, {0, 0}, 18, 2}, .hidden = 10, .seed = 1}}, groups(60, 1), groups(1000, 2),
      {.epochs = 600, .batch_size = 10, .optimizer = Adam{.rate = 0.003}, .average_last = 0, .seed = 1});
  const double highest = *std::max_element(run.fits.begin(), run.fits.end());
  CHECK(highest > run.fits.front() + 0.3);
  CHECK(highest > run.fits.back() + 0.4);
  CHECK(run.losses.back() > run.losses[run.best()] + 0.4);
  CHECK(run.fits[run.best()] > highest - 0.15);  // stopping by the loss would have kept a good model
}
