#include <harmonium/inference/k_means.hpp>

#include <set>

#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace test::inference_k_means {

namespace {

// Groups far apart, of 60, 30 and 10 samples, in mixed order.
Eigen::MatrixXd groups(std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x = Eigen::MatrixXd::NullaryExpr(4, 100, [&] { return dice.normal(); });
  for (Index c = 0; c < 100; ++c) {
    const Index place = 37 * c % 100;
    if (place >= 60) x(0, c) += place < 90 ? 50 : -50;
  }
  return x;
}

double squared_distance(const Eigen::MatrixXd& x, const Clusters& clusters) {
  double sum = 0;
  for (Index c = 0; c < x.cols(); ++c)
    sum += (x.col(c) - clusters.centers.col(clusters.of[static_cast<std::size_t>(c)])).squaredNorm();
  return sum;
}

}  // namespace

TEST_CASE("groups that lie far apart are clusters, the largest first", "[k_means]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Eigen::MatrixXd x = groups(seed);
    const Clusters clusters = k_means(x, {.clusters = 3, .seed = seed});
    const Eigen::VectorXd shares = shares_of(clusters.of, 3);
    CHECK_THAT((shares - Eigen::Vector3d(0.6, 0.3, 0.1)).norm(), WithinAbs(0, 1e-15));
    for (Index i = 0; i < 3; ++i) {
      Eigen::VectorXd sum = Eigen::VectorXd::Zero(4);
      for (Index c = 0; c < 100; ++c)
        if (clusters.of[static_cast<std::size_t>(c)] == i) sum += x.col(c);
      CHECK((sum / (100 * shares(i)) - clusters.centers.col(i)).norm() < 1e-12);
    }
    CHECK_THAT(clusters.squared_distance, WithinAbs(squared_distance(x, clusters), 1e-9));
  }
}

// 2^9 ways to cut ten points in two.
TEST_CASE("of few points the best cut is found", "[k_means]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Dice dice(seed);
    const Eigen::MatrixXd x = Eigen::MatrixXd::NullaryExpr(2, 10, [&] { return dice.normal(); });
    double least = INFINITY;
    for (int cut = 0; cut < 512; ++cut) {
      Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(2, 2);
      Eigen::Vector2d counts(0, 0);
      for (Index c = 0; c < 10; ++c) {
        sums.col(cut >> c & 1) += x.col(c);
        ++counts(cut >> c & 1);
      }
      double within = 0;
      for (Index c = 0; c < 10; ++c)
        within += (x.col(c) - sums.col(cut >> c & 1) / counts(cut >> c & 1)).squaredNorm();
      least = std::min(least, within);
    }
    CHECK_THAT(k_means(x, {.clusters = 2, .starts = 30}).squared_distance, WithinAbs(least, 1e-12));
  }
}

TEST_CASE("there are no more clusters than different samples", "[k_means]") {
  Eigen::MatrixXd x(1, 6);
  x << 1, 2, 1, 2, 1, 2.5;
  const Clusters clusters = k_means(x, {.clusters = 10});
  CHECK(clusters.centers.cols() == 3);
  CHECK(clusters.squared_distance == 0);
  CHECK(shares_of(clusters.of, 3) == Eigen::Vector3d(3, 2, 1) / 6);
  CHECK(k_means(Eigen::MatrixXd::Ones(3, 50)).centers.cols() == 1);
}

TEST_CASE("clusters depend on the seed alone", "[k_means]") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(5, 600);
  const Clusters one = k_means(x, {.seed = 3}, Cpu<double>(1)), two = k_means(x, {.seed = 3}, Cpu<double>(2));
  CHECK(one.of == two.of);
  CHECK(one.centers == two.centers);
  CHECK(k_means(x, {.starts = 1, .seed = 4}).centers != k_means(x, {.starts = 1, .seed = 5}).centers);
}

TEST_CASE("k-means refuses what it cannot use", "[k_means]") {
  Eigen::MatrixXd x = Eigen::MatrixXd::Random(2, 10);
  CHECK_THROWS_WITH(k_means(x, {.clusters = 0}), ContainsSubstring("clusters is 0"));
  CHECK_THROWS_WITH(k_means(x, {.starts = 0}), ContainsSubstring("starts is 0"));
  CHECK_THROWS_WITH(k_means(x, {.most_passes = 0}), ContainsSubstring("most_passes is 0"));
  CHECK_THROWS_AS(k_means(Eigen::MatrixXd(2, 0)), DataError);
  x(1, 3) = std::nan("");
  CHECK_THROWS_WITH(k_means(x), ContainsSubstring("not finite"));
}

}  // namespace test::inference_k_means
