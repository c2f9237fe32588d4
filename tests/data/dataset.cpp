#include <harmonium/data/dataset.hpp>

#include <harmonium/backend/cpu.hpp>

#include <cmath>
#include <numeric>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace {

Dataset::Bytes all_levels() {
  Dataset::Bytes bytes(1, 256);
  std::iota(bytes.data(), bytes.data() + 256, std::uint8_t{0});
  return bytes;
}

// 4 samples of 3 distinct numbers: 10 * sample + row.
Dataset::Bytes small() {
  Dataset::Bytes bytes(3, 4);
  for (Index c = 0; c < 4; ++c)
    for (Index r = 0; r < 3; ++r) bytes(r, c) = static_cast<std::uint8_t>(10 * c + r);
  return bytes;
}

}  // namespace

TEST_CASE("a data set and a matrix are sources of batches", "[data][dataset]") {
  CHECK((BatchSource<Dataset, Cpu<float>>));
  CHECK((BatchSource<Dataset, Cpu<double>>));
  CHECK((BatchSource<MatrixSource<float>, Cpu<float>>));
  CHECK((!BatchSource<Eigen::MatrixXf, Cpu<float>>));
}

TEST_CASE("an empty data set is empty", "[data][dataset]") {
  const Dataset none;
  CHECK(none.rows() == 0);
  CHECK(none.size() == 0);
  CHECK(none.labels().empty());
  CHECK(none.classes() == 0);
}

TEST_CASE("a data set knows its sizes, labels and classes", "[data][dataset]") {
  const Dataset data(small(), {2, 0, 5, 2});
  CHECK(data.rows() == 3);
  CHECK(data.size() == 4);
  CHECK(data.labels().size() == 4);
  CHECK(data.labels()[2] == 5);
  CHECK(data.classes() == 6);
  CHECK(Dataset(small()).classes() == 0);
}

TEST_CASE("labels that do not fit are refused", "[data][dataset]") {
  CHECK_THROWS_WITH(Dataset(small(), {1, 2, 3}), ContainsSubstring("3 labels for 4 samples"));
  CHECK_THROWS_WITH(Dataset(small(), {1, 2, 3, 4, 5}), ContainsSubstring("5 labels for 4 samples"));
  CHECK_THROWS_WITH(Dataset(small(), {0, 1, -1, 0}), ContainsSubstring("label 2 is -1"));
  CHECK_THROWS_AS(Dataset(Eigen::MatrixXf(3, 4), {0}), DataError);
  CHECK_THROWS_AS(Dataset(Eigen::MatrixXd(3, 4), {0}), DataError);
}

TEMPLATE_TEST_CASE("a batch has the chosen samples, converted and scaled", "[data][dataset]", float, double) {
  const Dataset data(small(), {}, 0.5);
  const Cpu<TestType> on;
  const std::vector<Index> columns{3, 0, 3};
  Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> batch(3, 3);
  data.fill(on, columns, batch);
  for (Index i = 0; i < 3; ++i)
    for (Index r = 0; r < 3; ++r)
      CHECK(batch(r, i) ==
            TestType(0.5) * static_cast<TestType>(10 * columns[static_cast<std::size_t>(i)] + r));
}

TEMPLATE_TEST_CASE("a batch of other numbers is converted", "[data][dataset]", Eigen::MatrixXf,
                   Eigen::MatrixXd) {
  TestType values = TestType::Random(5, 3);
  const Dataset data(values);
  CHECK(data.scale() == 1);
  const std::vector<Index> columns{2, 1};
  Eigen::MatrixXf single(5, 2);
  data.fill(Cpu<float>{}, columns, single);
  Eigen::MatrixXd exact(5, 2);
  data.fill(Cpu<double>{}, columns, exact);
  for (Index r = 0; r < 5; ++r) {
    CHECK(single(r, 0) == static_cast<float>(values(r, 2)));
    CHECK(exact(r, 1) == static_cast<double>(values(r, 1)));
  }
}

TEMPLATE_TEST_CASE("grey levels fill [0, 1] and never leave it", "[data][dataset]", float, double) {
  const Dataset data(all_levels());
  const auto values = data.to_matrix<TestType>();
  CHECK(values(0, 0) == 0);
  CHECK(values(0, 255) == 1);
  for (Index level = 0; level < 256; ++level) {  // scale and product are rounded once each
    const double exact = static_cast<double>(level) / 255;
    CHECK(std::fabs(static_cast<double>(values(0, level)) - exact) <=
          std::numeric_limits<TestType>::epsilon() * exact);
  }
}

TEST_CASE("a batch and the matrix of all samples agree to the bit", "[data][dataset]") {
  const Dataset data(all_levels());
  std::vector<Index> columns(256);
  std::iota(columns.begin(), columns.end(), Index{0});
  Eigen::MatrixXf batch(1, 256);
  data.fill(Cpu<float>{}, columns, batch);
  CHECK(batch == data.to_matrix<float>());
}

TEST_CASE("a subset has its samples, labels, weights and scale in the order asked for", "[data][dataset]") {
  const Dataset data = Dataset(small(), {7, 8, 9, 6}, 0.25).with_weights({1, 2, 0, 4});
  const std::vector<Index> columns{2, 0, 2};
  const Dataset part = data.subset(columns);
  REQUIRE(part.size() == 3);
  REQUIRE(part.rows() == 3);
  CHECK(part.scale() == 0.25);
  CHECK(std::vector<int>(part.labels().begin(), part.labels().end()) == std::vector<int>{9, 7, 9});
  CHECK(std::vector<double>(part.weights().begin(), part.weights().end()) == std::vector<double>{0, 1, 0});
  CHECK(part.to_matrix<double>().col(0) == data.to_matrix<double>().col(2));
  CHECK(part.to_matrix<double>().col(1) == data.to_matrix<double>().col(0));

  const Dataset none = data.subset({});
  CHECK(none.size() == 0);
  CHECK(none.rows() == 3);
  CHECK(none.labels().empty());
  const Eigen::MatrixXd unlabelled = Eigen::MatrixXd::Random(2, 5);
  const Dataset chosen = Dataset(unlabelled).subset(columns);
  CHECK(chosen.labels().empty());
}

TEMPLATE_TEST_CASE("each sample has its own target, in subsets as well", "[data][dataset]", float, double) {
  using T = TestType;
  const Eigen::MatrixXd targets{{0.5, 1.5, 2.5, 3.5}, {-1, -2, -3, -4}};
  const Dataset plain(small()), data = plain.with_targets(targets);
  CHECK((plain.target_rows() == 0 && data.target_rows() == 2 && target_rows_of(data) == 2));
  CHECK(data.targets() == targets);
  CHECK(plain.with_targets(targets.cast<float>()).targets() == targets);  // of any type
  CHECK(target_rows_of(MatrixSource<float>{}) == 0);
  const std::vector<Index> chosen{3, 0, 3};
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> out(2, 3);
  data.fill_targets(Cpu<T>{}, std::span<const Index>(chosen), View<T>(out));
  CHECK(out.template cast<double>() == Eigen::MatrixXd{{3.5, 0.5, 3.5}, {-4, -1, -4}});
  const Dataset part = data.subset(chosen);
  CHECK(part.targets() == Eigen::MatrixXd{{3.5, 0.5, 3.5}, {-4, -1, -4}});
  CHECK(part.value(1, 0) == data.value(1, 3));
  CHECK(data.with_weights({1, 2, 3, 4}).targets() == targets);
  CHECK(plain.subset(chosen).target_rows() == 0);
}

TEST_CASE("targets that do not fit are refused", "[data][dataset]") {
  const Dataset data(small());
  CHECK_THROWS_AS(data.with_targets(Eigen::MatrixXd::Zero(2, 3)), DataError);
  CHECK_THROWS_AS(data.with_targets(Eigen::MatrixXd(0, 4)), DataError);
  CHECK_THROWS_WITH(data.with_targets(Eigen::MatrixXd::Constant(2, 4, INFINITY)),
                    ContainsSubstring("with_targets: the target in row 0 of column 0 is inf"));
}

TEST_CASE("a subset with indices out of range is refused", "[data][dataset]") {
  const Dataset data(small());
  CHECK_THROWS_WITH(data.subset(std::vector<Index>{0, 4}), ContainsSubstring("no sample 4, the set has 4"));
  CHECK_THROWS_WITH(data.subset(std::vector<Index>{-1}), ContainsSubstring("no sample -1"));
}

TEST_CASE("a matrix is a source without a copy", "[data][dataset]") {
  Eigen::MatrixXf values = Eigen::MatrixXf::Random(3, 4);
  const MatrixSource<float> source{values};
  CHECK(source.rows() == 3);
  CHECK(source.size() == 4);
  CHECK(source.labels().empty());
  values(1, 2) = 42;
  Eigen::MatrixXf batch(3, 2);
  const std::vector<Index> columns{2, 0};
  source.fill(Cpu<float>{}, columns, batch);
  CHECK(batch(1, 0) == 42);
  CHECK(batch.col(1) == values.col(0));
}
