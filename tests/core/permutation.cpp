#include <harmonium/core/permutation.hpp>

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace harmonium;

namespace {
std::vector<Index> counted(Index count) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  return order;
}
}  // namespace

TEST_CASE("a permutation contains every number once", "[core][permutation]") {
  const Index count = GENERATE(0, 1, 2, 3, 100, 10007);
  std::vector<Index> order = permutation(count, {.seed = 5, .stream = Stream::shuffle});
  std::sort(order.begin(), order.end());
  CHECK(order == counted(count));
}

TEST_CASE("a permutation is a function of its address, and of every part of it", "[core][permutation]") {
  const Draws draws{.seed = 5, .step = 3, .stream = Stream::shuffle};
  const auto order = permutation(100, draws);
  CHECK(permutation(100, draws) == order);
  std::vector<Index> again(100, 77);  // previous contents do not matter
  permute(again, draws);
  CHECK(again == order);
  CHECK(permutation(100, {.seed = 6, .step = 3, .stream = Stream::shuffle}) != order);
  CHECK(permutation(100, {.seed = 5, .step = 4, .stream = Stream::shuffle}) != order);
  CHECK(permutation(100, draws.in(Stream::split)) != order);
}

TEST_CASE("all orders are equally likely", "[core][permutation]") {
  // Chi-squared over the 24 orders of four: 23 degrees of freedom, so 63 is exceeded by chance once in 10^5.
  std::map<std::vector<Index>, int> counts;
  const int draws = 24000;
  for (int seed = 0; seed < draws; ++seed)
    ++counts[permutation(4, {.seed = static_cast<std::uint64_t>(seed), .stream = Stream::shuffle})];
  CHECK(counts.size() == 24);
  double chi_squared = 0;
  for (const auto& [order, count] : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_squared < 63);
  CHECK(chi_squared > 5);  // lower than this once in 10^5: the counts would be more even than chance allows
}

TEST_CASE("a random subset has as many different numbers as asked for, in order", "[core][permutation]") {
  const Draws draws{.seed = 5, .stream = Stream::shuffle};
  const std::vector<Index> some = random_subset(1'000'000'000, 1000, draws);  // too large to list
  REQUIRE(some.size() == 1000);
  CHECK(std::is_sorted(some.begin(), some.end()));
  CHECK(std::adjacent_find(some.begin(), some.end()) == some.end());
  CHECK((some.front() >= 0 && some.back() < 1'000'000'000));
  CHECK(random_subset(1'000'000'000, 1000, draws) == some);
  CHECK(random_subset(1'000'000'000, 1000, {.seed = 6, .stream = Stream::shuffle}) != some);
  CHECK(random_subset(7, 9, draws) == counted(7));
  CHECK(random_subset(0, 9, draws).empty());
  CHECK_THROWS_AS(random_subset(-1, 9, draws), ValueError);
}

TEST_CASE("all subsets are equally likely", "[core][permutation]") {
  // Chi-squared over the 10 pairs of five: 9 degrees of freedom, so 40 is exceeded by chance once in 10^5.
  std::map<std::vector<Index>, int> counts;
  for (int seed = 0; seed < 10'000; ++seed)
    ++counts[random_subset(5, 2, {.seed = static_cast<std::uint64_t>(seed), .stream = Stream::shuffle})];
  CHECK(counts.size() == 10);
  double chi_squared = 0;
  for (const auto& [pair, count] : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_squared < 40);
}
