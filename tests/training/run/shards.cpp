// Updates that are cut into shards: the same bytes for any number of processes, the same gradient as in one
// piece, and no process left behind.
#include <harmonium/training/contrastive_divergence.hpp>

#include <memory>
#include <set>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/process_threads.hpp"

using namespace harmonium;
using namespace test;

namespace test::run_shards {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<>;

Options options_with(const AnyChains& chains) {
  return {.epochs = 2, .batch_size = 16, .steps = 2, .chains = chains, .average_last = 0.5, .seed = 3};
}
Eigen::MatrixXd samples() { return some_states(small_rbm<Model>(4), 21, 1); }  // 16, and 5 in the last batch

// A run, and what it reports.
std::pair<Model, std::vector<double>> learn(Options options, Index shards, const ProcessGroup& group) {
  Model rbm = small_rbm<Model>(4);
  options.shards = {.count = shards, .group = group};
  ContrastiveDivergence trainer{rbm, options, on};
  const History history = trainer.fit(samples());
  std::vector<double> metrics;
  for (const EpochReport& report : history.epochs)
    for (const auto& [name, value] : report.metrics)
      if (name != "exchange_seconds") metrics.push_back(value);
  return {rbm, metrics};
}

// Every process's error, of a run in two.
template <class Work>
std::vector<std::string> errors_of_two(Work work) {
  return in_processes(2, [&](const ProcessGroup& group) {
    Model rbm = small_rbm<Model>(4);
    Options options = options_with(DataChains{});
    options.shards = {.count = 4, .group = group};
    work(group, rbm, options);
  });
}

// The samples of one process cannot be read after some batches.
struct Failing {
  Eigen::MatrixXd values;
  mutable int left;
  Index rows() const { return values.rows(); }
  Index size() const { return values.cols(); }
  void fill(const Cpu<double>& backend, std::span<const Index> columns, View<double> out) const {
    check<FileError>(left-- != 0, "the disk is gone");
    backend.gather(View<const double>(values), columns, 1.0, out);
  }
  std::span<const int> labels() const { return {}; }
};

}  // namespace

TEST_CASE("the model does not depend on the number of processes", "[shards]") {
  for (const AnyChains& chains :
       {AnyChains(DataChains{}), AnyChains(Persistent{.chains = 11}), AnyChains(FastWeights{.chains = 8}),
        AnyChains(Tempered{.chains = 9, .temperatures = 3}), AnyChains(Exact{})}) {
    const auto alone = learn(options_with(chains), 8, {});
    for (const int processes : {2, 3, 8}) {
      INFO(processes << " processes, chains " << chains.index());
      std::vector<char> same(static_cast<std::size_t>(processes));
      const auto errors = in_processes(processes, [&](const ProcessGroup& group) {
        same[static_cast<std::size_t>(group.rank())] = learn(options_with(chains), 8, group) == alone;
      });
      CHECK(errors == std::vector<std::string>(errors.size()));
      CHECK(same == std::vector<char>(same.size(), 1));
    }
    // The number of shards is an option, and does matter to what is drawn.
    if (chains.index() < 4) CHECK_FALSE(learn(options_with(chains), 4, {}).first == alone.first);
  }
}

TEST_CASE("without draws, an update in shards is the update in one piece but for rounding", "[shards]") {
  Options options = options_with(Exact{});
  options.offset_rate = 0.3;
  options.penalties.sparsity = 0.1;
  const std::vector<double> weights = {1, 2, 0.5, 1, 3, 0, 1, 1.5, 1, 1, 2, 1};
  const Eigen::MatrixXd data = samples().leftCols(12);
  const auto train = [&](Index shards) {
    Model rbm = small_rbm<Model>(4);
    options.shards = {.count = shards};
    ContrastiveDivergence trainer{rbm, options, on};
    trainer.step({.values = data.leftCols(7)});
    trainer.fit(MatrixSource<double>{data, weights});
    return std::pair(rbm, trainer.gradient());
  };
  const auto [whole, gradient] = train(1);
  for (const Index shards : {2, 3, 5, 7}) {
    const auto [cut, sum] = train(shards);
    CHECK(largest_difference(cut.weights, whole.weights) < 1e-13);
    CHECK(largest_difference(cut.visible.parameters, whole.visible.parameters) < 1e-13);
    CHECK(largest_difference(cut.hidden.parameters, whole.hidden.parameters) < 1e-13);
    CHECK(largest_difference(sum.weights, gradient.weights) < 1e-13);
    CHECK_FALSE(cut == whole);  // or they were not cut
  }
}

TEST_CASE("a process that fails, or differs, ends all with one message", "[shards]") {
  // Only process 1 learns of the disk; it has two shards.
  auto errors = errors_of_two([](const ProcessGroup& group, Model& rbm, const Options& options) {
    ContrastiveDivergence{rbm, options, on}.fit(Failing{samples(), group.rank() == 1 ? 9 : -1});
  });
  CHECK(errors == std::vector<std::string>(2, "process 1 of 2 (here): the disk is gone"));

  errors = errors_of_two([](const ProcessGroup& group, Model& rbm, const Options& options) {
    Eigen::MatrixXd data = samples();
    if (group.rank() == 1) data(2, 17) = NAN;
    ContrastiveDivergence{rbm, options, on}.fit(data);
  });
  CHECK(errors[0] == errors[1]);
  CHECK(errors[0].starts_with("process 1 of 2 (here): fit: the data have nan in row 2 of column 17"));

  errors = errors_of_two([](const ProcessGroup& group, Model& rbm, Options options) {
    options.steps = group.rank() == 0 ? 2 : 3;
    ContrastiveDivergence{rbm, options, on}.fit(samples());
  });
  CHECK(errors == std::vector<std::string>(
                      2, "fit: process 1 of 2 (here) has options.steps 3, process 0 has options.steps 2"));

  errors = errors_of_two([](const ProcessGroup& group, Model& rbm, const Options& options) {
    if (group.rank() == 1) rbm.weights(1, 1) += 1e-9;
    ContrastiveDivergence{rbm, options, on}.fit(samples());
  });
  CHECK(errors[0] == errors[1]);
  CHECK(errors[0].starts_with("fit: process 1 of 2 (here) has a model whose fingerprint is"));

  // After some updates: as if a processor had computed something else.
  errors = errors_of_two([](const ProcessGroup& group, Model& rbm, const Options& options) {
    ContrastiveDivergence{rbm, options, on}.fit(samples(), [&](EpochReport&) {
      if (group.rank() == 1) rbm.weights(1, 1) += 1e-9;
    });
  });
  CHECK(errors[0] == errors[1]);
  CHECK(errors[0].starts_with("fit: process 1 of 2 (here) has another model than process 0"));
}

namespace {
struct PauseAfter {
  int batches;
  Flow on_batch(const BatchReport&) { return batches-- == 0 ? Flow::pause : Flow::go_on; }
  void operator()(const EpochReport&) const {}
};
}  // namespace

TEST_CASE("if one process is asked to pause, all stop after the same update", "[shards]") {
  std::vector<std::uint64_t> steps(2);
  std::vector<char> paused(2);
  const auto errors = errors_of_two([&](const ProcessGroup& group, Model& rbm, Options options) {
    options.batch_size = 4;
    ContrastiveDivergence trainer{rbm, options, on};
    const auto i = static_cast<std::size_t>(group.rank());
    paused[i] = trainer.fit(samples(), PauseAfter{i == 1 ? 2 : -1}).paused;
    steps[i] = trainer.steps();
  });
  CHECK(errors == std::vector<std::string>(2));
  CHECK(steps == std::vector<std::uint64_t>{4, 4});  // asked after the third, known with the fourth
  CHECK(paused == std::vector<char>{1, 1});
}

TEST_CASE("shards share no draws, and have all chains between them", "[shards]") {
  Options options = options_with(Persistent{.chains = 11});
  CHECK(detail::options_of_shard(options, 0).seed == 3);
  options.shards.count = 4;
  std::set<std::uint64_t> seeds;
  Index chains = 0;
  for (Index i = 0; i < 4; ++i) {
    const Options own = detail::options_of_shard(options, i);
    seeds.insert(own.seed);
    chains += std::get<Persistent>(own.chains).chains;
    CHECK(own.batch_size == 4);
    CHECK(own.shards.count == 1);
  }
  CHECK(seeds.size() == 4);
  CHECK(seeds.count(3) == 1);  // the first one's is the run's own, for what reports draw
  CHECK(chains == 11);
}

TEST_CASE("a trainer in shards can be copied and moved", "[shards]") {
  Options options = options_with(Persistent{.chains = 11});
  options.shards.count = 3;
  Model rbm = small_rbm<Model>(4), other = rbm;
  const Eigen::MatrixXd data = samples();
  ContrastiveDivergence plain{rbm, options, on};
  for (int i = 0; i < 3; ++i) plain.step({.values = data.leftCols(9)});
  auto begun = std::make_unique<decltype(plain)>(other, options, on);
  begun->step({.values = data.leftCols(9)});
  auto moved = std::move(*begun);
  begun.reset();
  moved.step({.values = data.leftCols(9)});
  const auto before = other;
  auto copy = moved;
  copy.step({.values = data.leftCols(9)});
  CHECK(other == rbm);
  other = before;
  moved.step({.values = data.leftCols(9)});
  CHECK(other == rbm);
}

TEST_CASE("shards that cannot be are refused", "[shards][bad_input]") {
  using Catch::Matchers::Contains;
  Model rbm = small_rbm<Model>(4);
  const Model before = rbm;
  const auto ask = [&](Options options, Index count) {
    options.shards.count = count;
    ContrastiveDivergence{rbm, options, on}.fit(samples());
  };
  CHECK_THROWS_WITH(
      ask(options_with(DataChains{}), 0),
      "ContrastiveDivergence: shards.count is 0, expected at least 1 and at most 16 (batch_size)");
  CHECK_THROWS_AS(ask(options_with(DataChains{}), 17), ValueError);
  CHECK_THROWS_WITH(
      ask(options_with(Persistent{.chains = 3}), 4),
      "ContrastiveDivergence: there are 3 chains for 4 shards (shards.count), expected at least as "
      "many");
  Options wide = options_with(DataChains{});
  wide.batch_size = 100;
  CHECK_THROWS_WITH(ask(wide, 22),
                    "fit: there are 21 samples for 22 shards (shards.count), expected at least as "
                    "many");
  const auto errors = in_processes(
      3, [](const ProcessGroup& group) { static_cast<void>(learn(options_with(DataChains{}), 2, group)); });
  CHECK(errors[2] ==
        "ContrastiveDivergence: shards.count is 2, expected at least 3, the number of processes");
  Options options = options_with(DataChains{});
  options.shards.count = 2;
  ContrastiveDivergence trainer{rbm, options, on};
  CHECK_THROWS_AS(trainer.samples(4), ValueError);
  CHECK_THROWS_AS(trainer.update(4), ValueError);
  CHECK_THROWS_AS(trainer.step({.values = samples().leftCols(1)}), ShapeError);
  CHECK(rbm == before);
}

}  // namespace test::run_shards
