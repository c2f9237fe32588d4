#include <harmonium/inference/principal_components.hpp>

#include <harmonium/data/dataset.hpp>

#include <Eigen/QR>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinRel;

namespace test::inference_principal_components {

namespace {

// Samples of 6 numbers that vary in 3 directions, mostly in the first, around a mean far from 0.
Eigen::MatrixXd samples(Index count) {
  Dice dice(1);
  const Eigen::MatrixXd directions = Eigen::MatrixXd::NullaryExpr(6, 3, [&] { return dice.normal(); });
  const Eigen::MatrixXd codes = Eigen::Vector3d(5, 2, 0.5).asDiagonal() *
                                Eigen::MatrixXd::NullaryExpr(3, count, [&] { return dice.normal(); });
  return (directions * codes).array() + 100;
}

double squared_error(const PrincipalComponents& pca, const Eigen::MatrixXd& x) {
  return (decode(pca, encode(pca, x)) - x).squaredNorm();
}

}  // namespace

TEST_CASE("principal components are orthonormal, and enough of them reconstruct the data", "[pca]") {
  const Eigen::MatrixXd x = samples(1203);  // more than one block
  const auto pca = principal_components(Dataset(x), 3);
  CHECK(largest_difference((pca.components.transpose() * pca.components).eval(),
                           Eigen::MatrixXd::Identity(3, 3)) < 1e-12);
  CHECK(largest_difference(pca.mean, x.rowwise().mean().eval()) < 1e-10);
  CHECK(squared_error(pca, x) < 1e-18 * x.squaredNorm());
  const Eigen::MatrixXd codes = encode(pca, x);
  // Codes are uncorrelated, with the reported variances, largest first.
  const Eigen::MatrixXd covariance = codes * codes.transpose() / 1203;
  CHECK(largest_difference(covariance, Eigen::MatrixXd(pca.variances.asDiagonal())) <
        1e-9 * pca.variances(0));
  CHECK((pca.variances(0) > pca.variances(1) && pca.variances(1) > pca.variances(2) &&
         pca.variances(2) > 0.01));
}

TEST_CASE("fewer components lose as little as a linear code can", "[pca]") {
  const Eigen::MatrixXd x = samples(400);
  const auto all = principal_components(Dataset(x), 6), two = principal_components(Dataset(x), 2);
  CHECK_THAT(squared_error(two, x) / 400, WithinRel(all.variances.tail(4).sum(), 1e-8));
  CHECK(largest_difference(two.components, all.components.leftCols(2).eval()) < 1e-12);
  Dice dice(7);
  for (int i = 0; i < 20; ++i) {  // any other plane through the mean loses more
    PrincipalComponents other = two;
    other.components += 0.05 * Eigen::MatrixXd::NullaryExpr(6, 2, [&] { return dice.normal(); });
    other.components = Eigen::MatrixXd(other.components.householderQr().householderQ()).leftCols(2);
    CHECK(squared_error(other, x) > squared_error(two, x));
  }
}

TEST_CASE("a sample of weight 2 equals two samples for principal components", "[pca]") {
  const Eigen::MatrixXd x = samples(4);
  Eigen::MatrixXd repeated(6, 4);
  repeated << x.col(0), x.col(0), x.col(1), x.col(3);
  const auto a = principal_components(Dataset(x).with_weights({2, 1, 0, 1}), 2),
             b = principal_components(Dataset(repeated), 2);
  CHECK(largest_difference(a.mean, b.mean) < 1e-12);
  CHECK(largest_difference(a.variances, b.variances) < 1e-10);
}

TEST_CASE("principal components refuse data without any", "[pca][errors]") {
  Eigen::MatrixXd x = samples(5);
  CHECK_THROWS_MATCHES(principal_components(Dataset(x), 7), ValueError,
                       Message("principal_components: count is 7, expected 1 to 6"));
  CHECK_THROWS_AS(principal_components(Dataset(x), 0), ValueError);
  CHECK_THROWS_MATCHES(principal_components(Dataset(Eigen::MatrixXd(6, 0)), 2), DataError,
                       Message("principal_components: the data have no samples"));
  const auto pca = principal_components(Dataset(x), 2);
  CHECK_THROWS_MATCHES(encode(pca, x.topRows(5)), ShapeError,
                       Message("encode: x has 5 rows, the components have 6"));
  CHECK_THROWS_MATCHES(decode(pca, x), ShapeError,
                       Message("decode: the codes have 6 rows, there are 2 components"));
  x(2, 3) = INFINITY;
  CHECK_THROWS_MATCHES(
      principal_components(Dataset(x), 2), DataError,
      Message("principal_components: the data have inf in row 2 of column 3, expected a finite number"));
}

}  // namespace test::inference_principal_components
