#include <harmonium/inference/nearest_columns.hpp>

#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;

namespace test::inference_nearest_columns {

TEMPLATE_TEST_CASE("nearest columns are those of a search by pairs", "[nearest]", float, double) {
  using Matrix = Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic>;
  Dice dice(1);
  const auto draw = [&] { return static_cast<TestType>(dice.normal()); };
  const Matrix others = Matrix::NullaryExpr(7, 600, draw), x = Matrix::NullaryExpr(7, 300, draw);
  const std::vector<Index> nearest = nearest_columns(Cpu<TestType>(2), x, others);
  REQUIRE(nearest.size() == 300);
  for (Index c = 0; c < 300; ++c) {
    Index expected = 0;
    (others.colwise() - x.col(c)).colwise().squaredNorm().minCoeff(&expected);
    CHECK(nearest[static_cast<std::size_t>(c)] == expected);
  }
}

TEST_CASE("nearest columns are not looked for among none, or at distances that are not finite",
          "[nearest][bad_input]") {
  const Cpu<float> on(1);
  const Eigen::MatrixXf x = Eigen::MatrixXf::Ones(3, 2);
  CHECK(nearest_columns(on, Eigen::MatrixXf(3, 0), x).empty());
  CHECK_THROWS_WITH(nearest_columns(on, x, Eigen::MatrixXf(3, 0)), ContainsSubstring("there are no others"));
  CHECK_THROWS_WITH(nearest_columns(on, x, Eigen::MatrixXf::Ones(4, 2).eval()),
                    ContainsSubstring("x has 3 rows, the others have 4"));
  CHECK_THROWS_AS(nearest_columns(on, x, (x * 1e30F).eval()), DataError);
}

}  // namespace test::inference_nearest_columns
