// A run that processes share is killed, and goes on with another number of them.
#include <harmonium/training/contrastive_divergence.hpp>

#include "io/models/killed.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/process_threads.hpp"

using namespace harmonium;
using namespace test;

namespace test::models_shared_checkpoint {

namespace {

using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<>;

// Killed in batch `at` (0: never), on `processes`. Returns each process's model, or nothing of those that
// were killed.
std::vector<std::string> run(Options options, int processes, const std::filesystem::path& path, int at) {
  std::vector<std::string> ends(static_cast<std::size_t>(processes));
  static_cast<void>(in_processes(processes, [&](const ProcessGroup& group) {
    Model rbm = small_rbm<Model>(4);
    Options own = options;
    own.shards = {.count = 4, .group = group};
    Checkpoint checkpoint{{.path = path, .resume = true, .seconds = 1e-12}};
    Killer killer{at};
    ContrastiveDivergence trainer{rbm, own, Cpu<double>()};
    try {
      const History history = trainer.fit(some_states(rbm, 21, 1), killer, checkpoint);
      ends[static_cast<std::size_t>(group.rank())] = bytes_of(rbm) + std::to_string(trainer.steps());
    } catch (const Killed&) {
    }
  }));
  return ends;
}

}  // namespace

TEST_CASE("a shared run that was killed goes on with another number of processes, to the same bytes",
          "[io][checkpoint][shards]") {
  const TemporaryFolder folder;
  for (const AnyChains& chains :
       {AnyChains(Persistent{.chains = 6}), AnyChains(Tempered{.chains = 4, .temperatures = 3}),
        AnyChains(FastWeights{.chains = 5})}) {
    const Options options{.epochs = 3,
                          .batch_size = 8,
                          .steps = 1,
                          .chains = chains,
                          .optimizer = Momentum{.rate = linear(0.2, 0), .momentum = 0.9},
                          .average_last = 0.6,
                          .seed = 1};
    const auto name = [&](const char* what) { return folder / (what + std::to_string(chains.index())); };
    const std::string whole = run(options, 1, name("whole"), 0)[0];
    const auto path = name("shared");
    CHECK(run(options, 2, path, 4) == std::vector<std::string>(2));  // killed, within the second epoch
    CHECK(run(options, 3, path, 2) == std::vector<std::string>(3));  // killed again
    CHECK(run(options, 4, path, 0) == std::vector<std::string>(4, whole));
    CHECK(run(options, 1, path, 1)[0] == whole);  // nothing is left to do

    // The number of shards is an option of the run.
    Options other = options;
    other.shards.count = 3;
    Model rbm = small_rbm<Model>(4);
    Checkpoint checkpoint{{.path = path, .resume = true}};
    CHECK_THROWS_WITH(
        (ContrastiveDivergence{rbm, other, Cpu<double>()}.fit(some_states(rbm, 21, 1), checkpoint)),
        Catch::Matchers::Contains("options.shards was '4', it is '3' now"));
  }
}

}  // namespace test::models_shared_checkpoint
