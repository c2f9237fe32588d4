// Schedules, averages and orders that go on over several calls of fit: a run in portions is the same run.
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/wake_sleep.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::run_portions {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<>;

Options options_for(int epochs) {
  return {.epochs = epochs,
          .batch_size = 4,
          .chains = Persistent{.chains = 5},
          .optimizer = Momentum{.rate = linear(0.4, 0), .momentum = linear(0.2, 0.8)},
          .average_last = 0.5,
          .seed = 3};
}

std::vector<double> rates_of(const History& history) {
  std::vector<double> rates;
  for (const EpochReport& report : history.epochs) rates.push_back(report.rate);
  return rates;
}

}  // namespace

TEST_CASE("a run over several calls of fit makes the model of one call", "[trainer][portions]") {
  Model whole = small_rbm<Model>(4), parts = whole, begun_anew = whole;
  const Eigen::MatrixXd data = some_states(whole, 10, 1);  // three batches, the last one short
  const History once = ContrastiveDivergence{whole, options_for(5), on}.fit(data);

  ContrastiveDivergence trainer{parts, options_for(1), on};
  trainer.plan_updates(5 * 3);
  std::vector<double> rates;
  for (int portion = 0; portion < 5; ++portion) rates.push_back(trainer.fit(data).epochs.back().rate);
  CHECK(parts == whole);
  CHECK(rates == rates_of(once));
  CHECK(rates.front() == Approx(0.4 * 4 / 5));
  CHECK(rates.back() == 0);

  ContrastiveDivergence forgetful{begun_anew, options_for(1), on};
  for (int portion = 0; portion < 5; ++portion) forgetful.fit(data);
  CHECK_FALSE(begun_anew == whole);
}

TEST_CASE("portions may have several epochs and other samples; when the plan is used up, fit plans anew",
          "[trainer][portions]") {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd first = some_states(model, 8, 1), second = some_states(model, 4, 2);
  ContrastiveDivergence trainer{model, options_for(2), on};
  CHECK_THROWS_AS(trainer.plan_updates(0), ValueError);
  trainer.plan_updates(10);
  CHECK(trainer.fit(first).epochs.back().rate == Approx(0.4 * 6 / 10));  // 2 epochs of 2 updates
  CHECK(trainer.fit(second).epochs.back().rate == Approx(0.4 * 4 / 10));
  const Model before_the_end = model;
  CHECK(trainer.fit(first).epochs.back().rate == 0);
  CHECK_FALSE(model == before_the_end);
  CHECK(trainer.fit(first).epochs.front().rate == Approx(0.4 / 2));  // a run of its own
}

TEST_CASE("until a plan over several calls is over, the model is not the mean", "[trainer][portions]") {
  Model averaged = small_rbm<Model>(4), raw = averaged;
  const Eigen::MatrixXd data = some_states(raw, 8, 1);
  Options always = options_for(1), never = options_for(1);
  always.average_last = 1;
  never.average_last = 0;
  ContrastiveDivergence with{averaged, always, on};
  ContrastiveDivergence without{raw, never, on};
  for (auto* trainer : {&with, &without}) trainer->plan_updates(4);
  with.fit(data);
  without.fit(data);
  CHECK(averaged == raw);
  with.fit(data);
  without.fit(data);
  CHECK_FALSE(averaged == raw);  // now it is
}

TEST_CASE("networks and wake-sleep learn in portions as in one call", "[trainer][portions]") {
  const Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{.sizes = {6, 5, 4}, .seed = 2}};
  auto whole = classifier(dbn, 3), parts = whole;
  const Eigen::MatrixXd x = (Eigen::MatrixXd::Random(6, 12).array() > 0).cast<double>();
  const Dataset data(x, std::vector<int>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
  const auto tuning = [](int epochs) {
    return FineTuningOptions<>{
        .epochs = epochs, .batch_size = 5, .dropout = 0.3, .average_last = 0.5, .seed = 1};
  };
  FineTuning{whole, tuning(4), on}.fit(data);
  FineTuning in_portions{parts, tuning(2), on};
  in_portions.plan_updates(4 * 3);
  in_portions.fit(data);
  in_portions.fit(data);
  CHECK(parts == whole);

  UpDownDbn<Stack<Bernoulli>, Cpu<double>> deep{{.sizes = {6, 5, 4}, .classes = 3, .seed = 1}},
      deep_parts = deep;
  const auto sleeping = [](int epochs) {
    return WakeSleepOptions<>{.epochs = epochs, .batch_size = 5, .seed = 1};
  };
  WakeSleep{deep, sleeping(4), on}.fit(data);
  WakeSleep sleep_in_portions{deep_parts, sleeping(2), on};
  sleep_in_portions.plan_updates(4 * 3);
  sleep_in_portions.fit(data);
  sleep_in_portions.fit(data);
  CHECK(deep_parts == deep);
}

}  // namespace test::run_portions
