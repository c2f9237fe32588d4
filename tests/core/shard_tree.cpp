// Sums over shards have the same bytes for any number of processes: those of a recursion over the tree.
#include <harmonium/core/shard_tree.hpp>
#include <mutex>
#include <vector>

#include "support/catch.hpp"
#include "support/dice.hpp"
#include "support/process_threads.hpp"

using namespace harmonium;
using namespace test;

namespace test::core_shard_tree {

namespace {

using Numbers = std::vector<float>;

// The sum of shards first ... last - 1, by halves: the left one has the largest power of two that is less.
Numbers sum_of(const std::vector<Numbers>& shards, std::size_t first, std::size_t last) {
  if (last - first == 1) return shards[first];
  std::size_t half = 1;
  while (2 * half < last - first) half *= 2;
  Numbers sum = sum_of(shards, first, first + half);
  const Numbers right = sum_of(shards, first + half, last);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += right[i];
  return sum;
}

// A process's part of the sum: what a trainer does with its gradients.
Numbers sum_in(const ProcessGroup& group, const std::vector<Numbers>& shards) {
  const auto count = static_cast<Index>(shards.size());
  const ShardRange own = part_of(count, group.size(), group.rank());
  ShardTree tree(count);
  std::vector<Numbers> sums;
  for (Index i = own.first; i < own.last; ++i) {
    sums.push_back(shards[static_cast<std::size_t>(i)]);
    tree.push({i, i + 1}, [&](std::size_t to, std::size_t from) {
      for (std::size_t k = 0; k < sums[to].size(); ++k) sums[to][k] += sums[from][k];
      sums.pop_back();
    });
  }
  GroupSum<float> all(group, count, static_cast<Index>(shards[0].size()));
  for (std::size_t i = 0; i < sums.size(); ++i)
    std::copy(sums[i].begin(), sums[i].end(), all.node(i).begin());
  const std::span<const float> sum = all.sum();
  return {sum.begin(), sum.end()};
}

}  // namespace

TEST_CASE("shards are added in a tree whose shape depends on their number alone", "[shards]") {
  Dice dice(1);
  bool order_matters = false;
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 3, 5, 7, 8, 12, 16}) {
    std::vector<Numbers> shards(count, Numbers(21));
    for (Numbers& shard : shards)
      for (float& x : shard) x = static_cast<float>(dice.uniform() * std::exp(10 * dice.uniform()));
    const Numbers expected = sum_of(shards, 0, count);
    Numbers in_sequence(21);
    for (const Numbers& shard : shards)
      for (std::size_t i = 0; i < 21; ++i) in_sequence[i] += shard[i];
    order_matters = order_matters || in_sequence != expected;
    for (const int processes : {1, 2, 3, 4, 5, 8}) {
      if (static_cast<std::size_t>(processes) > count) continue;
      std::vector<Numbers> sums(static_cast<std::size_t>(processes));
      const auto errors = in_processes(processes, [&](const ProcessGroup& group) {
        sums[static_cast<std::size_t>(group.rank())] = sum_in(group, shards);
      });
      INFO(count << " shards, " << processes << " processes");
      CHECK(errors == std::vector<std::string>(errors.size()));
      for (const Numbers& sum : sums) CHECK(sum == expected);
    }
  }
  CHECK(order_matters);  // or this test could not tell
}

TEST_CASE("what one process says, or suffers, all know", "[shards]") {
  const ProcessGroup alone;
  CHECK(alone.size() == 1);
  CHECK(alone.gather("x") == std::vector<std::string>{"x"});
  CHECK(alone.any(true));
  std::vector<std::vector<std::string>> gathered(3);
  std::vector<int> heard(3);
  auto errors = in_processes(3, [&](const ProcessGroup& group) {
    const auto i = static_cast<std::size_t>(group.rank());
    gathered[i] = group.gather(std::string(i, 'x'));
    heard[i] = (group.any(i == 1) ? 1 : 0) + (group.any(false) ? 2 : 0) + (group.broadcast(i == 0) ? 4 : 0) +
               (group.broadcast(i != 0) ? 8 : 0);
    group.together([] {});
  });
  CHECK(errors == std::vector<std::string>(3));
  for (const auto& words : gathered) CHECK(words == std::vector<std::string>{"", "x", "xx"});
  CHECK(heard == std::vector<int>{5, 5, 5});

  std::mutex mutex;
  int data_errors = 0;
  errors = in_processes(3, [&](const ProcessGroup& group) {
    try {
      group.together([&] { check<DataError>(group.rank() == 0, "NaN in process ", group.rank()); });
    } catch (const DataError&) {
      const std::lock_guard lock(mutex);
      ++data_errors;
      throw;
    }
  });
  CHECK(data_errors == 3);
  CHECK(errors == std::vector<std::string>(3, "process 1 of 3 (here): NaN in process 1"));
}

}  // namespace test::core_shard_tree
