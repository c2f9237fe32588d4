// Observers and the loop that calls them. The model is a number: how many epochs it has seen.
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/run/epochs.hpp>
#include <set>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::Message;

namespace test::observers_early_stopping {

namespace {

// Runs as many epochs as there are losses, one batch each, and returns the model and the number of epochs.
struct Run {
  int model = 0;
  std::size_t epochs = 0;
};
template <class... Observers>
Run run(const std::vector<double>& losses, Observers&&... observers) {
  Run result;
  const History history = run_epochs(
      {.phase = "test", .epochs = static_cast<int>(losses.size()), .batch_size = 10}, 7, result.model,
      [&](std::span<const Index>) { ++result.model; },
      [&](EpochReport& report) {
        report.metrics = {{"loss", losses[static_cast<std::size_t>(report.epoch - 1)]}};
      },
      observers...);
  result.epochs = history.epochs.size();
  return result;
}

}  // namespace

TEST_CASE("early stopping ends a run that no longer improves, with the best model", "[observers]") {
  EarlyStopping stopping{.metric = "loss", .patience = 2};
  const Run result = run({5, 4, 6, 4, 3, 2}, stopping);
  CHECK(result.epochs == 4);  // two epochs not better than the second: equal is not better
  CHECK(result.model == 2);
  CHECK((stopping.best == 4 && stopping.best_epoch == 2));
}

TEST_CASE("early stopping restores the best model at a run's natural end too", "[observers]") {
  CHECK(run({5, 3, 4}, EarlyStopping{.metric = "loss", .patience = 9}).model == 2);
  CHECK(run({5, 3, 2}, EarlyStopping{.metric = "loss", .patience = 9}).model == 3);
  CHECK(run({5}, EarlyStopping{.metric = "loss", .patience = 9}).model == 1);
  const Run result = run({1, 3, 2}, EarlyStopping{.metric = "loss", .patience = 2});
  CHECK((result.model == 1 && result.epochs == 3));
}

TEST_CASE("early stopping waits for as many epochs as its patience", "[observers]") {
  const std::vector<double> losses{5, 4, 6, 6, 6, 3, 7, 7, 7, 7, 7, 7};
  CHECK(run(losses, EarlyStopping{.metric = "loss", .patience = 3}).epochs == 5);
  const Run patient = run(losses, EarlyStopping{.metric = "loss", .patience = 4});
  CHECK((patient.epochs == 10 && patient.model == 6));
}

TEST_CASE("early stopping requires improvements beyond its margin", "[observers]") {
  const Run result =
      run({5, 4.9, 4.8, 4.7, 4.6}, EarlyStopping{.metric = "loss", .patience = 2, .margin = 0.15});
  CHECK((result.epochs == 5 && result.model == 5));  // 4.8 and 4.6 are enough
  const Run strict =
      run({5, 4.9, 4.8, 4.7, 4.6}, EarlyStopping{.metric = "loss", .patience = 2, .margin = 0.5});
  CHECK((strict.epochs == 3 && strict.model == 1));
}

TEST_CASE("early stopping starts afresh with each run", "[observers]") {
  EarlyStopping stopping{.metric = "loss", .patience = 2};
  CHECK(run({1, 2, 3, 4}, stopping).model == 1);
  CHECK(run({9, 8, 7}, stopping).model == 3);
  CHECK(stopping.best == 7);
}

TEST_CASE("a loss that is not a number is not an improvement", "[observers]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Run result = run({5, 4, nan, nan, 3}, EarlyStopping{.metric = "loss", .patience = 2});
  CHECK((result.epochs == 4 && result.model == 2));
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity}) {  // nor the best one, in the first epoch either
    CHECK(run({bad, 3, 2, 4, 4}, EarlyStopping{.metric = "loss", .patience = 2}).model == 3);
    CHECK(run({bad, bad, 2, 3}, EarlyStopping{.metric = "loss", .patience = 3}).model == 3);
    const Run never = run({bad, bad, bad, bad}, EarlyStopping{.metric = "loss", .patience = 3});
    CHECK((never.epochs == 3 && never.model == 3));  // there is no model to go back to
  }
}

TEST_CASE("early stopping watches what was held out, if its metric is not named", "[observers]") {
  using Metrics = std::vector<std::pair<std::string, double>>;
  const auto report = [](int epoch, const Metrics& metrics) {
    return EpochReport{.epoch = epoch, .epochs = 9, .metrics = metrics};
  };
  EarlyStopping stopping;
  EpochReport first = report(1, {{"reconstruction_error", 1}, {"held_out_loss", 5}, {"held_out_error", 9}});
  CHECK(notify(stopping, first) == Flow::keep);
  CHECK(first.warnings.empty());
  EpochReport second = report(2, {{"reconstruction_error", 2}, {"held_out_loss", 4}, {"held_out_error", 10}});
  CHECK(notify(stopping, second) == Flow::keep);
  CHECK(stopping.best == 4);

  for (const char* own : {"reconstruction_error", "loss"}) {
    EpochReport training = report(1, {{"accuracy", 1}, {own, 3}});
    CHECK(notify(stopping, training) == Flow::keep);
    CHECK(stopping.best == 3);
    REQUIRE(training.warnings.size() == 1);
    CHECK(training.warnings[0] == std::string("EarlyStopping watches ") + own +
                                      " of training samples, which over-fitting lowers; put a Monitor with "
                                      "held-out samples, or HeldOut, before it");
    EpochReport later = report(2, {{"accuracy", 1}, {own, 2}});
    CHECK(notify(stopping, later) == Flow::keep);
    CHECK(later.warnings.empty());  // once for a run
  }
  EarlyStopping named{.metric = "loss"};
  EpochReport asked = report(1, {{"loss", 3}});
  CHECK(notify(named, asked) == Flow::keep);
  CHECK(asked.warnings.empty());
}

TEST_CASE("early stopping says what it cannot do", "[observers][errors]") {
  CHECK_THROWS_MATCHES(run({1}, EarlyStopping{.metric = "accuracy"}), ValueError,
                       Message("report: there is no metric 'accuracy', measured were: loss"));
  CHECK_THROWS_MATCHES(run({1}, EarlyStopping{.metric = "loss", .patience = 0}), ValueError,
                       Message("EarlyStopping: patience is 0, expected at least 1"));
  const EpochReport none{.metrics = {{"accuracy", 1}}};
  CHECK_THROWS_MATCHES(EarlyStopping{}(none), ValueError,
                       Message("EarlyStopping: the report has no metric of held-out samples; put a Monitor "
                               "with held-out samples, or HeldOut, before it, or name a metric"));
}

TEST_CASE("anything that can be called with a report is an observer and can stop the run", "[observers]") {
  static_assert(Observer<EarlyStopping> && !Observer<int>);
  int calls = 0;
  CHECK(run({3, 2, 1}, [&](const EpochReport&) { ++calls; }).epochs == 3);
  CHECK(calls == 3);
  const auto stop_at_two = [](const EpochReport& report) {
    return report.epoch == 2 ? Flow::stop : Flow::go_on;
  };
  const Run result = run({3, 2, 1}, stop_at_two, [&](const EpochReport&) { ++calls; });
  CHECK((result.epochs == 2 && result.model == 2));
  CHECK(calls == 5);  // all observers get the last epoch
  // The current model, or the last one that was kept.
  const auto keep_first = [](const EpochReport& report) {
    return report.epoch == 1 ? Flow::keep : Flow::go_on;
  };
  CHECK(run({3, 2, 1}, keep_first, stop_at_two).model == 2);
  const auto restore_at_two = [](const EpochReport& r) {
    return r.epoch == 2 ? Flow::stop_and_restore : Flow::go_on;
  };
  CHECK(run({3, 2, 1}, keep_first, restore_at_two).model == 1);
  CHECK(run({3, 2, 1}, restore_at_two).model == 2);  // nothing was kept
}

TEST_CASE("observers of batches are called for every batch", "[observers]") {
  struct Counter {
    std::vector<std::pair<int, Index>> seen = {};
    Index batches = 0;
    void on_batch(const BatchReport& report) {
      seen.emplace_back(report.epoch, report.batch);
      batches = report.batches;
      CHECK((report.phase == "test" && report.epochs == 2 && report.total_seconds >= 0));
    }
    void operator()(const EpochReport&) {}
  };
  Counter counter;
  int model = 0;
  Index samples = 0;
  run_epochs(
      {.phase = "test", .epochs = 2, .batch_size = 10}, 23, model,
      [&](std::span<const Index> columns) { samples += static_cast<Index>(columns.size()); },
      [](EpochReport&) {}, counter);
  CHECK(counter.seen == std::vector<std::pair<int, Index>>{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}});
  CHECK((counter.batches == 3 && samples == 46));
}

TEST_CASE("a run of no epochs reports nothing", "[observers]") {
  CHECK(run({}, EarlyStopping{.metric = "loss"}).epochs == 0);
  CHECK(run({}).model == 0);
}

TEST_CASE("each epoch has its own order, the same for the same seed", "[observers]") {
  const auto order = [](std::uint64_t seed, int epoch) {
    std::vector<Index> all;
    for_each_batch(50, 7, seed, epoch, [&](std::span<const Index> columns) {
      all.insert(all.end(), columns.begin(), columns.end());
    });
    return all;
  };
  CHECK(order(1, 1) == order(1, 1));
  CHECK(order(1, 1) != order(1, 2));
  CHECK(order(1, 1) != order(2, 1));
  const auto one = order(1, 1);
  CHECK(std::set<Index>(one.begin(), one.end()).size() == 50);
}

}  // namespace test::observers_early_stopping
