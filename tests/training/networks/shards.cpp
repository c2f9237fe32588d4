// Back-propagation in shards: the gradient and the losses of one piece, and the same bytes for any number of
// processes, with dropout too.
#include <harmonium/data/dataset.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/units/bernoulli.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/process_threads.hpp"

using namespace harmonium;
using namespace test;

namespace test::networks_shards {

namespace {

const Cpu<double> on;
using Net = Network<Stack<Bernoulli>, Cpu<double>>;

// A run, and its loss and error in each epoch.
std::pair<Net, std::vector<double>> learn(double dropout, Index shards, const ProcessGroup& group) {
  Dice dice(5);
  Eigen::MatrixXd x(6, 23);
  std::vector<int> labels;
  std::vector<double> weights;
  for (Index c = 0; c < x.cols(); ++c) {
    for (Index r = 0; r < x.rows(); ++r) x(r, c) = dice.uniform();
    labels.push_back(static_cast<int>(dice.below(3)));
    weights.push_back(2 * dice.uniform());
  }
  Net network{{.sizes = {6, 5, 4}, .classes = 3, .seed = 1}};
  const History history = FineTuning{network,
                                     FineTuningOptions<>{.epochs = 2,
                                                         .batch_size = 9,
                                                         .optimizer = Momentum{.rate = 0.3},
                                                         .dropout = dropout,
                                                         .seed = 2,
                                                         .shards = {.count = shards, .group = group}},
                                     on}
                              .fit(Dataset(x, labels).with_weights(weights));
  std::vector<double> losses;
  for (const EpochReport& report : history.epochs)
    losses.insert(losses.end(), {report.metric("loss"), report.metric("error")});
  return {network, losses};
}

}  // namespace

TEST_CASE("back-propagation in shards is that of one piece but for rounding", "[shards][fine_tuning]") {
  const auto [whole, losses] = learn(0, 1, {});
  for (const Index shards : {2, 4, 9}) {
    const auto [cut, sums] = learn(0, shards, {});
    CHECK(largest_parameter_difference(cut, whole) < 1e-13);
    CHECK(largest_difference(sums, losses) < 1e-13);
    CHECK_FALSE(cut == whole);  // or it was not cut
  }
}

TEST_CASE("a network does not depend on the number of processes", "[shards][fine_tuning]") {
  const auto alone = learn(0.4, 4, {});
  CHECK_FALSE(alone.first == learn(0, 4, {}).first);
  for (const int processes : {2, 3, 4}) {
    std::vector<char> same(static_cast<std::size_t>(processes));
    const auto errors = in_processes(processes, [&](const ProcessGroup& group) {
      same[static_cast<std::size_t>(group.rank())] = learn(0.4, 4, group) == alone;
    });
    CHECK(errors == std::vector<std::string>(errors.size()));
    CHECK(same == std::vector<char>(same.size(), 1));
  }
}

}  // namespace test::networks_shards
