#include <harmonium/data/binarize.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

Dataset grey(std::initializer_list<int> levels) {
  Dataset::Bytes bytes(static_cast<Index>(levels.size()), 1);
  Index r = 0;
  for (const int level : levels) bytes(r++, 0) = static_cast<std::uint8_t>(level);
  return Dataset(std::move(bytes));
}

// `samples` columns of two numbers: `level` and 255 - level.
Dataset repeated(int level, Index samples) {
  Dataset::Bytes bytes(2, samples);
  bytes.row(0).setConstant(static_cast<std::uint8_t>(level));
  bytes.row(1).setConstant(static_cast<std::uint8_t>(255 - level));
  return Dataset(std::move(bytes));
}

}  // namespace

TEST_CASE("numbers above the threshold become 1", "[data][binarize]") {
  const Eigen::MatrixXd bits = binarize(grey({0, 127, 128, 255})).to_matrix<double>();
  CHECK(bits(0, 0) == 0);
  CHECK(bits(1, 0) == 0);
  CHECK(bits(2, 0) == 1);
  CHECK(bits(3, 0) == 1);
  const Eigen::MatrixXd low = binarize(grey({0, 1}), 0).to_matrix<double>();
  CHECK(low(0, 0) == 0);
  CHECK(low(1, 0) == 1);
  CHECK(binarize(grey({255}), 1).to_matrix<double>()(0, 0) == 0);  // above, not equal
}

TEST_CASE("binary sets are bytes of scale 1 that keep shape, labels and weights", "[data][binarize]") {
  Eigen::MatrixXf values(2, 3);
  values << 0.2f, 0.6f, -1, 0.5f, 2, 0.4f;
  const Dataset data = Dataset(values, {4, 0, 4}).with_weights({3, 0, 1}),
                grey_levels = Dataset(Eigen::MatrixXf(values.cwiseMax(0).cwiseMin(1)), {4, 0, 4})
                                  .with_weights({3, 0, 1});
  for (const Dataset& bits : {binarize(data), sample_binary(grey_levels, 1)}) {
    CHECK(bits.rows() == 2);
    CHECK(bits.size() == 3);
    CHECK(bits.scale() == 1);
    CHECK(bits.labels()[0] == 4);
    CHECK(bits.classes() == 5);
    CHECK((bits.weights().size() == 3 && bits.weights()[0] == 3));
  }
  CHECK(binarize(data).to_matrix<double>().sum() == 2);
  CHECK(binarize(Dataset()).size() == 0);
}

TEST_CASE("a level is the probability of a 1", "[data][binarize]") {
  const int level = GENERATE(0, 1, 51, 128, 254, 255);
  const Index n = 20000;
  const Eigen::MatrixXd bits = sample_binary(repeated(level, n), 11).to_matrix<double>();
  const double p = level / 255.0;
  // Standard deviation of a mean of n bits; levels of 0 and 255 leave nothing to chance.
  const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(n));
  CHECK(std::fabs(bits.row(0).mean() - p) <= 5 * deviation);
  CHECK(std::fabs(bits.row(1).mean() - (1 - p)) <= 5 * deviation);
  // The two rows are drawn independently of each other.
  const double both = (bits.row(0).array() * bits.row(1).array()).mean();
  CHECK(std::fabs(both - p * (1 - p)) <= 5 * std::sqrt(0.25 / static_cast<double>(n)));
}

TEST_CASE("draws depend on the seed and on nothing else", "[data][binarize]") {
  const Dataset data = repeated(128, 200);
  const Eigen::MatrixXd bits = sample_binary(data, 5).to_matrix<double>();
  CHECK(sample_binary(data, 5).to_matrix<double>() == bits);
  CHECK(sample_binary(data, 6).to_matrix<double>() != bits);
  // A sample's bits do not depend on how many samples follow it.
  CHECK(sample_binary(repeated(128, 50), 5).to_matrix<double>() == bits.leftCols(50));
}

TEST_CASE("black stays black even when the smallest number is drawn", "[data][binarize]") {
  const std::uint64_t seed = 10933177;  // found by search: its first draw is 0
  REQUIRE(Draws{.seed = seed, .stream = Stream::binarize}.block_of_row(0, 0, 0).word[0] >> 8 == 0);
  CHECK(sample_binary(grey({0}), seed).to_matrix<double>()(0, 0) == 0);
  CHECK(sample_binary(grey({1}), seed).to_matrix<double>()(0, 0) == 1);
}

TEST_CASE("a NaN is refused instead of becoming 0 or a random bit", "[data][binarize][errors]") {
  Eigen::MatrixXd values = Eigen::MatrixXd::Constant(50, 2, 0.5);
  values(7, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(binarize(Dataset(values)), DataError);
  CHECK_THROWS_AS(sample_binary(Dataset(values), 3), DataError);
}
