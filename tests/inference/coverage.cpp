#include <harmonium/inference/coverage.hpp>

#include <harmonium/data/dataset.hpp>
#include <set>

#include "support/catch.hpp"
#include "support/dice.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace test::inference_coverage {

namespace {

Eigen::MatrixXd normal(Index rows, Index count, std::uint64_t seed) {
  Dice dice(seed);
  return Eigen::MatrixXd::NullaryExpr(rows, count, [&] { return dice.normal(); });
}
// Bits of which neighbours mostly agree.
Eigen::MatrixXd chains(Index rows, Index count, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x(rows, count);
  for (Index c = 0; c < count; ++c)
    for (Index r = 0; r < rows; ++r)
      x(r, c) = r == 0 || dice.uniform() < 0.3 ? static_cast<double>(dice.below(2)) : x(r - 1, c);
  return x;
}

// The definition, a pair of points at a time.
double share_farther(const Eigen::MatrixXd& x, const Eigen::MatrixXd& others) {
  const auto between = [rows = x.rows()](const double* a, const double* b) {
    double sum = 0;
    for (Index r = 0; r < rows; ++r) sum += (a[r] - b[r]) * (a[r] - b[r]);
    return sum;
  };
  double share = 0;
  for (Index i = 0; i < x.cols(); ++i) {
    const double* own = x.col(i).data();
    double across = INFINITY, within = INFINITY;
    for (Index j = 0; j < others.cols(); ++j) across = std::min(across, between(own, others.col(j).data()));
    for (Index j = 0; j < x.cols(); ++j)
      if (j != i) within = std::min(within, between(own, x.col(j).data()));
    share += across > within ? 1 : across == within ? 0.5 : 0;
  }
  return share / static_cast<double>(x.cols());
}

}  // namespace

TEST_CASE("adversarial accuracy is that of its definition", "[coverage]") {
  const auto check_pair = [](const Eigen::MatrixXd& samples, const Eigen::MatrixXd& data) {
    const Coverage c = coverage(samples, data);
    CHECK(c.nearest.of_data == share_farther(data, samples));
    CHECK(c.nearest.of_samples == share_farther(samples, data));
    CHECK(c.nearest.mean() == (c.nearest.of_data + c.nearest.of_samples) / 2);
  };
  check_pair(chains(12, 700, 1), chains(12, 700, 2));  // several blocks, many ties
  check_pair(normal(5, 300, 1), normal(5, 300, 2) * 0.7);
  check_pair(normal(5, 40, 1).array() + 1e6, normal(5, 40, 2).array() + 1e6);
}

TEST_CASE("two halves of one set cannot be told apart, in as many of a hundred cases as the error says",
          "[coverage][slow]") {
  int within = 0;
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Coverage c = coverage(normal(8, 200, 2 * seed), normal(8, 200, 2 * seed + 1));
    within += std::abs(c.nearest.mean() - 0.5) < 2 * c.nearest.error;
    sum += c.nearest.mean();
  }
  INFO(within << " of 100 within two standard errors, mean " << sum / 100);
  CHECK(within >= 88);  // 95 expected, were the points independent
  CHECK_THAT(sum / 100, WithinAbs(0.5, 0.01));
}

TEST_CASE("the data themselves are too near, noise is too far", "[coverage]") {
  const Eigen::MatrixXd data = chains(60, 400, 1);  // no two are equal
  const Coverage copies = coverage(data, data);
  CHECK(copies.nearest.mean() == 0);
  CHECK(copies.nearest.error == 0);
  CHECK(copies.nearest_datum == 0);
  CHECK_THAT(copies.pairs, WithinAbs(1, 1e-12));
  CHECK_THAT(copies.triples, WithinAbs(1, 1e-12));
  CHECK((copies.variances - copies.sample_variances).norm() < 1e-10 * copies.variances.norm());
  const Coverage far = coverage((data.array() + 10).eval(), data);
  CHECK(far.nearest.mean() == 1);
  CHECK(far.nearest.error == 0);
  Dice dice(2);
  const Eigen::MatrixXd coins =
      Eigen::MatrixXd::NullaryExpr(60, 400, [&] { return static_cast<double>(dice.below(2)); });
  const Coverage noise = coverage(coins, data);
  CHECK(noise.nearest.of_data > 0.95);
  CHECK(noise.nearest.mean() > 0.7);
  CHECK(std::abs(noise.pairs) < 0.3);
  CHECK_FALSE(noise.privacy_loss());
}

TEST_CASE("samples learned by heart lose privacy, others do not", "[coverage]") {
  const Eigen::MatrixXd data = chains(30, 500, 1), held_out = chains(30, 500, 2);
  const Coverage own = coverage(chains(30, 500, 3), data, held_out);
  CHECK(std::abs(*own.privacy_loss()) < 2 * (own.nearest.error + own.held_out->error));
  CHECK(std::abs(own.nearest.mean() - 0.5) < 3 * own.nearest.error);
  CHECK(own.pairs > 0.8);
  CHECK(*own.held_out_pairs > 0.8);
  CHECK_THAT(own.nearest_datum, WithinAbs(*own.held_out_nearest_datum, 0.1));
  Eigen::MatrixXd by_heart = data;
  by_heart.row(0).setConstant(0);  // nearly copies
  const Coverage learned = coverage(by_heart, data, held_out);
  CHECK(*learned.privacy_loss() > 0.3);
  CHECK(learned.nearest_datum < 0.6);
}

TEST_CASE("a mode that samples miss is seen by neighbours and by variances", "[coverage]") {
  Eigen::MatrixXd data = normal(10, 400, 1), samples = normal(10, 400, 2);
  data.leftCols(100).row(0).array() += 20;
  const Coverage c = coverage(samples, data);
  CHECK(c.nearest.mean() > 0.5 + 3 * c.nearest.error);
  CHECK(c.variances(0) > 50);
  CHECK(c.sample_variances(0) < 2);
}

TEST_CASE("shares of clusters show which mode samples miss, and what held-out data have", "[coverage]") {
  const auto modes = [](Index first, Index second, std::uint64_t seed) {
    Eigen::MatrixXd x = normal(6, 400, seed);
    x.row(0).segment(first, second).array() += 30;
    x.row(1).tail(400 - first - second).array() += 30;
    return x;
  };
  const Coverage c =
      coverage(modes(260, 140, 1), modes(200, 120, 2), modes(220, 100, 3), {.components = 3, .clusters = 3});
  CHECK_THAT((c.shares - Eigen::Vector3d(0.5, 0.3, 0.2)).norm(), WithinAbs(0, 1e-15));
  CHECK_THAT((c.sample_shares - Eigen::Vector3d(0.65, 0.35, 0)).norm(), WithinAbs(0, 1e-15));
  CHECK_THAT((*c.held_out_shares - Eigen::Vector3d(0.55, 0.25, 0.2)).norm(), WithinAbs(0, 1e-15));
  CHECK(c.codes.rows() == 3);
  CHECK(c.sample_codes.cols() == 400);
  CHECK_THAT((c.codes.rowwise().squaredNorm() / 400 - c.variances).norm(),
             WithinAbs(0, 1e-9 * c.variances(0)));
  CHECK(coverage(modes(200, 120, 1), modes(200, 120, 2)).shares.size() == 10);
}

TEST_CASE("moments are those of loops", "[coverage]") {
  const Eigen::MatrixXd x = chains(4, 50, 1), y = chains(4, 50, 2);
  const auto moments = [](const Eigen::MatrixXd& z) {
    const Eigen::MatrixXd d = z.colwise() - z.rowwise().mean();
    std::vector<double> pairs;
    for (Index i = 0; i < 4; ++i)
      for (Index j = 0; j < i; ++j) pairs.push_back(d.row(i).dot(d.row(j)) / 50);
    return pairs;
  };
  const auto a = moments(x), b = moments(y);
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < 6; ++i) ma += a[i] / 6, mb += b[i] / 6;
  for (std::size_t i = 0; i < 6; ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  CHECK_THAT(coverage(x, y).pairs, WithinAbs(ab / std::sqrt(aa * bb), 1e-12));
}

TEST_CASE("triples are of different variables, each as often as another", "[coverage]") {
  const auto triples = detail::random_triples(5, 60'000, {.seed = 1, .stream = Stream::shuffle});
  std::map<std::set<Index>, int> counts;
  for (const auto& [i, j, k] : triples) {
    REQUIRE((i >= 0 && j >= 0 && k >= 0 && i < 5 && j < 5 && k < 5));
    const std::set<Index> different{i, j, k};
    REQUIRE(different.size() == 3);
    ++counts[different];
  }
  CHECK(counts.size() == 10);
  for (const auto& [triple, count] : counts) CHECK(std::abs(count - 6000) < 4 * std::sqrt(6000 * 0.9));
  CHECK(detail::random_triples(2, 10, {}).empty());
}

TEST_CASE("coverage takes every kind of data, the same seed gives the same, and few of many are drawn",
          "[coverage]") {
  const Eigen::MatrixXd data = chains(20, 300, 1), samples = chains(20, 200, 2);
  const Eigen::SparseMatrix<double> sparse = data.sparseView();
  const Coverage a = coverage(samples, data), b = coverage(Dataset(samples), sparse);
  CHECK(a.nearest.mean() == b.nearest.mean());
  CHECK(a.triples == b.triples);
  const Eigen::MatrixXf in_single = samples.cast<float>();
  CHECK(coverage(in_single, Dataset(data)).triples == a.triples);
  const CoverageOptions few{.most_samples = 50, .most_rows = 5, .triples = 7, .components = 100, .seed = 2};
  const Coverage one = coverage(samples, data, few, Cpu<double>(1)), two = coverage(samples, data, few);
  CHECK(one.nearest.mean() == two.nearest.mean());
  CHECK(one.pairs == two.pairs);
  CHECK(one.variances.size() == 5);
  CHECK(one.nearest.mean() * 100 ==
        std::round(one.nearest.mean() * 100 * 2) / 2);  // 50 of each, ties are halves
}

TEST_CASE("samples of weight 0 are not compared", "[coverage]") {
  Eigen::MatrixXd data = chains(20, 100, 1);
  const Eigen::MatrixXd samples = chains(20, 80, 2);
  const Coverage expected = coverage(samples, data.leftCols(60).eval());
  std::vector<double> weights(100, 1);
  for (std::size_t i = 60; i < 100; ++i) weights[i] = 0;
  data.rightCols(40).setConstant(1e3);
  const Dataset weighted = Dataset(data).with_weights(weights);
  const Coverage c = coverage(samples, weighted);
  CHECK(c.nearest.mean() == expected.nearest.mean());
  CHECK(c.pairs == expected.pairs);
}

TEST_CASE("coverage refuses what it cannot compare", "[coverage][bad_input]") {
  const Eigen::MatrixXd data = chains(6, 20, 1);
  CHECK_THROWS_WITH(coverage(chains(5, 20, 1), data), ContainsSubstring("coverage: the samples have 5 rows"));
  CHECK_THROWS_WITH(coverage(data, data, chains(7, 20, 1)),
                    ContainsSubstring("the held-out data have 7 rows"));
  CHECK_THROWS_WITH(coverage(data.leftCols(1), data),
                    ContainsSubstring("the samples have 1 sample, expected at least 2"));
  Eigen::MatrixXd bad = data;
  bad(3, 4) = NAN;
  CHECK_THROWS_WITH(coverage(bad, data), ContainsSubstring("nan in row 3 of column 4"));
  CHECK_THROWS_AS(coverage((data * 1e200).eval(), data), DataError);
  CHECK_THROWS_AS(coverage(data, data, CoverageOptions{.most_samples = 1}), ValueError);
  CHECK_THROWS_AS(coverage(data, data, CoverageOptions{.most_rows = 0}), ValueError);
  CHECK_THROWS_AS(coverage(data, data, CoverageOptions{.triples = -1}), ValueError);
  CHECK_THROWS_AS(coverage(data, data, CoverageOptions{.components = 0}), ValueError);
  CHECK_THROWS_AS(coverage(data, data, CoverageOptions{.clusters = 0}), ValueError);
}

}  // namespace test::inference_coverage
