// A program of several runs, layers of pre-training and fine-tuning, that is killed anywhere and started
// again.
#include <harmonium/data/dataset.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/stop_on_interrupt.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/pre_training.hpp>

#include "io/models/killed.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace test;

namespace {

const Dataset& digits() {
  static const Dataset data = [] {
    Dice dice(1);
    Eigen::MatrixXf x(6, 43);
    std::vector<int> labels;
    for (Index c = 0; c < x.cols(); ++c) {
      labels.push_back(static_cast<int>(c % 3));
      for (Index r = 0; r < x.rows(); ++r) x(r, c) = dice.uniform() < (r % 3 == c % 3 ? 0.8 : 0.2) ? 1 : 0;
    }
    return Dataset(std::move(x), std::move(labels));
  }();
  return data;
}

const PreTrainingOptions<> pre_training{
    .layers = {{.epochs = 3, .batch_size = 10, .seed = 4},
               {.epochs = 2, .batch_size = 10, .chains = Persistent{.chains = 5}, .seed = 4}},
    .samples = true};
const FineTuningOptions<> tuning{.epochs = 4,
                                 .batch_size = 10,
                                 .max_norm = 2,
                                 .input_dropout = 0.2,
                                 .dropout = 0.5,
                                 .average_last = 0.5,
                                 .seed = 4};

struct End {
  Dbn<Stack<Bernoulli>> dbn{{.sizes = {6, 5, 4, 3}, .seed = 2}};
  std::vector<History> histories = {};
  std::string bytes = {};
};

template <class Observer>
End program(Observer& observer, Checkpoint& checkpoint) {
  End end;
  end.histories = pre_train(end.dbn, digits(), pre_training, observer, checkpoint);
  auto network = classifier(end.dbn, 3, 5);
  FineTuning trainer{network, tuning};
  end.histories.push_back(
      trainer.fit(digits(), EarlyStopping{.metric = "error", .patience = 3}, observer, checkpoint));
  end.histories.push_back(
      trainer.fit(digits(), EarlyStopping{.metric = "error", .patience = 2}, observer, checkpoint));
  end.bytes = bytes_of(end.dbn) + bytes_of(network);
  for (const History& history : end.histories) end.bytes += without_seconds(history);
  return end;
}

}  // namespace

TEST_CASE("a program of pre-training and fine-tuning that is killed ends in the same bytes",
          "[io][checkpoint][pre_training][fine_tuning]") {
  check_that_kills_do_not_matter(
      [](Killer& killer, Checkpoint& checkpoint) { return program(killer, checkpoint).bytes; }, 12, 1);
}

TEST_CASE("a pause ends pre-training, and the checkpoint resumes from the middle of the epoch",
          "[io][checkpoint][pre_training]") {
  struct Pause {
    int at;
    int batches = 0;
    Flow on_batch(const BatchReport&) { return ++batches == at ? Flow::pause : Flow::go_on; }
    void operator()(const EpochReport&) {}
  };
  const TemporaryFolder folder;
  Pause none{0};
  Checkpoint unused{{.path = folder / "unused"}};
  const std::string expected = program(none, unused).bytes;
  int at = 0;
  for (const auto& [batch, runs] : {std::pair{3, 1u}, {5, 1u}, {19, 2u}, {100, 4u}}) {
    INFO("paused at batch " << batch);
    const auto path = folder / std::to_string(++at);
    Pause pause{batch};
    Checkpoint checkpoint{{.path = path, .epochs = 0}};
    End end;
    end.histories = pre_train(end.dbn, digits(), pre_training, pause, checkpoint);
    if (batch == 100) {
      CHECK_FALSE(end.histories.back().paused);
    } else {
      REQUIRE(end.histories.size() == runs);
      CHECK(end.histories.back().paused);
    }
    Checkpoint again{{.path = path, .resume = true, .epochs = 0}};
    CHECK((program(none, again).bytes == expected));
  }
}

TEST_CASE("what a program does after a pause is not saved", "[io][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run";
  struct Interrupt {
    int batches = 0;
    Flow on_batch(const BatchReport&) { return ++batches >= 8 ? Flow::pause : Flow::go_on; }
    void operator()(const EpochReport&) {}
  } interrupt;
  Checkpoint checkpoint{{.path = path}};
  program(interrupt, checkpoint);  // it ignores `paused`
  struct Nothing {
    void operator()(const EpochReport&) {}
  } nothing;
  Checkpoint again{{.path = path, .resume = true}}, unused{{.path = folder / "unused"}};
  const End resumed = program(nothing, again), unbroken = program(nothing, unused);
  CHECK((resumed.bytes == unbroken.bytes));
}
