#include <harmonium/data/toy.hpp>

#include <cmath>
#include <map>
#include <string>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace {

// How often each picture occurs.
std::map<std::string, int> counts_of(const Dataset& data) {
  const Eigen::MatrixXd pictures = data.to_matrix<double>();
  std::map<std::string, int> counts;
  for (Index c = 0; c < pictures.cols(); ++c) {
    std::string text;
    for (Index r = 0; r < pictures.rows(); ++r)
      text += pictures(r, c) == 1 ? '1' : pictures(r, c) == 0 ? '0' : '?';
    ++counts[text];
  }
  return counts;
}

}  // namespace

TEST_CASE("bars and stripes are all pictures of full rows or of full columns", "[data][toy]") {
  const Index side = GENERATE(1, 2, 3, 4);
  const Dataset data = bars_and_stripes(side);
  CHECK(data.rows() == side * side);
  CHECK(data.size() == Index{2} << side);
  const auto counts = counts_of(data);
  CHECK(static_cast<Index>(counts.size()) == (Index{2} << side) - 2);  // blank and full occur twice
  for (const auto& [picture, count] : counts) {
    bool rows = true, columns = true;
    for (Index y = 0; y < side; ++y)
      for (Index x = 0; x < side; ++x) {
        const char pixel = picture[static_cast<std::size_t>(y * side + x)];
        CHECK(pixel != '?');
        rows = rows && pixel == picture[static_cast<std::size_t>(y * side)];
        columns = columns && pixel == picture[static_cast<std::size_t>(x)];
      }
    CHECK((rows || columns));
    CHECK(count == (rows && columns ? 2 : 1));
  }
}

TEST_CASE("the best likelihood of bars and stripes is the one stated", "[data][toy]") {
  const Index side = GENERATE(1, 2, 3, 5);
  const auto n = static_cast<double>(Index{2} << side);
  double best = 0;  // the mean of log p, where p is a picture's frequency: no distribution gives more
  for (const auto& [picture, count] : counts_of(bars_and_stripes(side)))
    best += count / n * std::log(count / n);
  const auto s = static_cast<double>(side);
  const double rare = std::pow(2, 1 - s);
  const double stated = -(1 - rare) * std::log(std::pow(2, s + 1)) - rare * std::log(std::pow(2, s));
  CHECK_THAT(best, Catch::Matchers::WithinAbs(stated, 1e-13));  // 2^6 terms of less than 1
}

TEST_CASE("the first half of bars and stripes has rows, the second columns", "[data][toy]") {
  const Eigen::MatrixXd pictures = bars_and_stripes(3).to_matrix<double>();
  CHECK(pictures.col(1) == (Eigen::VectorXd(9) << 1, 1, 1, 0, 0, 0, 0, 0, 0).finished());
  CHECK(pictures.col(8 + 1) == (Eigen::VectorXd(9) << 1, 0, 0, 1, 0, 0, 1, 0, 0).finished());
}

TEST_CASE("a side out of range is refused", "[data][toy]") {
  CHECK_THROWS_WITH(bars_and_stripes(0), ContainsSubstring("side is 0, expected 1 to 12"));
  CHECK_THROWS_AS(bars_and_stripes(13), ValueError);
  CHECK(bars_and_stripes(12).size() == 8192);
}

TEST_CASE("the shifter set is all rows, each shifted three ways, with its shift", "[data][toy]") {
  const Index bits = GENERATE(1, 2, 5, 8);
  const Dataset data = shifter(bits);
  REQUIRE((data.rows() == 2 * bits + 3 && data.size() == 3 * (Index{1} << bits)));
  const auto counts = counts_of(data);
  CHECK(static_cast<Index>(counts.size()) == data.size());  // no duplicates, so the best is -log(size)
  const auto n = static_cast<std::size_t>(bits);
  for (const auto& [sample, count] : counts) {
    const std::string label = sample.substr(2 * n);
    REQUIRE((label == "100" || label == "010" || label == "001"));
    const std::size_t by = label.find('1') + n - 1;  // -1, 0 or 1, plus n
    for (std::size_t i = 0; i < n; ++i) CHECK(sample[n + (i + by) % n] == sample[i]);
  }
  CHECK_THROWS_WITH(shifter(0), ContainsSubstring("bits is 0, expected 1 to 16"));
  CHECK_THROWS_AS(shifter(17), ValueError);
}
