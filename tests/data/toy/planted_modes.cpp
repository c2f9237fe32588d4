#include <harmonium/data/toy/planted_modes.hpp>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace test::data_planted_modes {

TEST_CASE("the likelihood of planted modes is that of their mixture", "[data][planted_modes]") {
  const PlantedModes modes({.rows = 6, .weights = {0.7, 0.2, 0.1}, .flip = 0.2, .seed = 3});
  Eigen::MatrixXd states(6, 64);
  for (Index s = 0; s < 64; ++s)
    for (Index i = 0; i < 6; ++i) states(i, s) = static_cast<double>(s >> i & 1);
  const Eigen::VectorXd log_p = modes.log_likelihood(states);
  CHECK_THAT(log_p.array().exp().sum(), WithinAbs(1, 1e-13));
  for (Index s = 0; s < 64; ++s) {
    double p = 0;
    for (Index k = 0; k < 3; ++k) {
      double own = modes.options().weights[static_cast<std::size_t>(k)];
      for (Index i = 0; i < 6; ++i) own *= states(i, s) == modes.patterns()(i, k) ? 0.8 : 0.2;
      p += own;
    }
    CHECK_THAT(log_p(s), WithinAbs(std::log(p), 1e-12));
  }
}

TEST_CASE("draws of planted modes have their weights and flips, and are told apart",
          "[data][planted_modes]") {
  const PlantedModes modes;
  CHECK_THAT(modes.patterns().mean(), WithinAbs(0.5, sigmas * 0.5 / std::sqrt(5000.0)));
  const Index count = 2000;
  const Dataset data = modes.draw(count, 1);
  const Eigen::MatrixXd x = data.to_matrix<double>();
  std::vector<double> counts(5);
  double flipped = 0;
  for (Index c = 0; c < count; ++c) {
    const int mode = data.labels()[static_cast<std::size_t>(c)];
    ++counts[static_cast<std::size_t>(mode)];
    flipped += (x.col(c) - modes.patterns().col(mode)).cwiseAbs().sum();
  }
  CHECK(chi_square(counts, modes.options().weights));
  const double bits = 1000.0 * static_cast<double>(count);
  CHECK_THAT(flipped / bits, WithinAbs(0.1, sigmas * std::sqrt(0.09 / bits)));
  const std::vector<int> labels(data.labels().begin(), data.labels().end());
  CHECK(modes.modes_of(x) == labels);
  // The modes do not overlap: entropy of the mode, and of each bit.
  double entropy = -1000 * (0.1 * std::log(0.1) + 0.9 * std::log(0.9));
  for (const double weight : modes.options().weights) entropy -= weight * std::log(weight);
  const Eigen::VectorXd log_p = modes.log_likelihood(x);
  const double error = std::sqrt((log_p.array() - log_p.mean()).square().mean() / static_cast<double>(count));
  CHECK(std::abs(log_p.mean() + entropy) < sigmas * error);
}

TEST_CASE("draws of planted modes go by their seed, and the modes by theirs", "[data][planted_modes]") {
  const PlantedModes modes({.rows = 100, .seed = 1}), others({.rows = 100, .seed = 2});
  CHECK(modes.patterns() != others.patterns());
  const Eigen::MatrixXd a = modes.draw(50, 1).to_matrix<double>();
  CHECK(a == modes.draw(50, 1).to_matrix<double>());
  CHECK(a.leftCols(20) == modes.draw(20, 1).to_matrix<double>());
  CHECK(a != modes.draw(50, 2).to_matrix<double>());
}

TEST_CASE("modes that make no distribution are refused", "[data][planted_modes]") {
  CHECK_THROWS_WITH(PlantedModes({.weights = {0.5, 0.4}}), ContainsSubstring("sum to 0.9"));
  CHECK_THROWS_AS(PlantedModes({.weights = {}}), ValueError);
  CHECK_THROWS_AS(PlantedModes({.weights = {1.5, -0.5}}), ValueError);
  CHECK_THROWS_WITH(PlantedModes({.flip = 0.5}), ContainsSubstring("flip is 0.5"));
  CHECK_THROWS_AS(PlantedModes({.rows = 0}), ValueError);
  CHECK_THROWS_AS(PlantedModes().draw(-1, 1), ValueError);
  CHECK_THROWS_AS(PlantedModes().log_likelihood(Eigen::MatrixXd(3, 2)), ShapeError);
}

}  // namespace test::data_planted_modes
