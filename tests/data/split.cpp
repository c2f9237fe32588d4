#include <harmonium/data/split.hpp>

#include <algorithm>
#include <numeric>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace {

// Samples whose value and label equal their index.
Dataset numbered(int count) {
  Eigen::MatrixXd values(1, count);
  std::vector<int> labels;
  for (int i = 0; i < count; ++i) {
    values(0, i) = i;
    labels.push_back(i);
  }
  return Dataset(std::move(values), std::move(labels));
}

std::vector<int> labels_of(const Dataset& data) { return {data.labels().begin(), data.labels().end()}; }

}  // namespace

TEST_CASE("a split gives every sample to one side, with its label", "[data][split]") {
  const Index count = GENERATE(0, 1, 30, 99, 100);
  const auto [first, second] = split(numbered(100), count, 3);
  CHECK(first.size() == count);
  CHECK(second.size() == 100 - count);
  std::vector<int> all = labels_of(first);
  const std::vector<int> rest = labels_of(second);
  all.insert(all.end(), rest.begin(), rest.end());
  std::sort(all.begin(), all.end());
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(all == expected);
  for (const Dataset& side : {first, second}) {
    const Eigen::MatrixXd values = side.to_matrix<double>();
    for (Index i = 0; i < side.size(); ++i) CHECK(values(0, i) == side.labels()[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE("a split depends on the seed alone", "[data][split]") {
  const auto once = split(numbered(50), 20, 9), again = split(numbered(50), 20, 9),
             other = split(numbered(50), 20, 10);
  CHECK(labels_of(once.first) == labels_of(again.first));
  CHECK(labels_of(once.second) == labels_of(again.second));
  CHECK(labels_of(once.first) != labels_of(other.first));
}

TEST_CASE("every sample is as likely to be chosen as any other", "[data][split]") {
  // 2000 splits, 3 of 10: a sample is chosen 600 times, with a standard deviation of sqrt(2000 * 0.3 * 0.7)
  // = 20.5.
  std::vector<int> chosen(10, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto [first, second] = split(numbered(10), 3, seed);
    for (const int label : first.labels()) ++chosen[static_cast<std::size_t>(label)];
  }
  for (const int count : chosen) CHECK(std::abs(count - 600) < 5 * 20.5);
}

TEST_CASE("an impossible split is refused", "[data][split]") {
  CHECK_THROWS_WITH(split(numbered(5), 6, 1), ContainsSubstring("count is 6, expected 0 to 5"));
  CHECK_THROWS_AS(split(numbered(5), -1, 1), ValueError);
}
