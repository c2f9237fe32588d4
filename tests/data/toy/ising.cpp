#include <harmonium/data/toy/ising.hpp>

#include <map>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::data_ising {

namespace {

// All states, a bit of the number for each site.
Eigen::MatrixXd all_states(Index sites) {
  Eigen::MatrixXd x(sites, Index{1} << sites);
  for (Index s = 0; s < x.cols(); ++s)
    for (Index i = 0; i < sites; ++i) x(i, s) = static_cast<double>(s >> i & 1);
  return x;
}

// Sum of s_i s_j over all pairs of neighbours, right and below.
double bonds_of(const Eigen::VectorXd& bits, Index side) {
  double sum = 0;
  for (Index i = 0; i < side; ++i)
    for (Index j = 0; j < side; ++j)
      for (const Index other : {i * side + (j + 1) % side, (i + 1) % side * side + j})
        sum += (2 * bits(i * side + j) - 1) * (2 * bits(other) - 1);
  return sum;
}

// log Z by Kaufman's formula (1949) for an n x n torus, K > 0.
double kaufman(int n, double k) {
  const double pi = std::acos(-1.0);
  double log_sums[4] = {0, 0, 0, 0}, signs[4] = {1, 1, 1, 1};
  for (int r = 0; r < n; ++r)
    for (const int odd : {0, 1}) {
      const int l = 2 * r + odd;
      const double c = std::cosh(2 * k) / std::tanh(2 * k) - std::cos(l * pi / n);
      const double gamma = l == 0 ? 2 * k + std::log(std::tanh(k)) : std::acosh(std::max(1.0, c));
      const double cosine = 2 * std::cosh(n * gamma / 2), sine = 2 * std::sinh(n * gamma / 2);
      log_sums[2 * odd] += std::log(cosine);
      log_sums[2 * odd + 1] += std::log(std::abs(sine));
      if (sine < 0) signs[2 * odd + 1] = -signs[2 * odd + 1];
    }
  const double most = *std::max_element(log_sums, log_sums + 4);
  double sum = 0;
  // The term of even sines is subtracted above the critical temperature, where gamma_0 is negative.
  for (int i = 0; i < 4; ++i) sum += signs[i] * std::exp(log_sums[i] - most);
  return most + std::log(sum / 2) + n * n / 2.0 * std::log(2 * std::sinh(2 * k));
}

}  // namespace

TEST_CASE("log Z and entropy of small lattices are those of sums over all states", "[data][ising]") {
  const Index side = GENERATE(2, 3, 4);
  const double coupling = GENERATE(-0.7, 0.0, 0.2, 0.4407, 1.5);
  const Eigen::MatrixXd states = all_states(side * side);
  Eigen::VectorXd energies(states.cols());
  for (Index s = 0; s < states.cols(); ++s) energies(s) = coupling * bonds_of(states.col(s), side);
  const double log_z = energies.maxCoeff() + std::log((energies.array() - energies.maxCoeff()).exp().sum());
  const Eigen::ArrayXd log_p = energies.array() - log_z;
  const Ising ising(side, coupling);
  CHECK_THAT(ising.log_z(), WithinAbs(log_z, 1e-11));
  CHECK_THAT(ising.entropy(), WithinAbs(-(log_p.exp() * log_p).sum(), 1e-10));
  CHECK((ising.log_likelihood(states).array() - log_p).abs().maxCoeff() < 1e-10);
}

TEST_CASE("log Z of larger lattices is that of Kaufman's formula, and entropy its derivative",
          "[data][ising]") {
  const double coupling = GENERATE(0.1, 0.3, 0.4407, 0.5, 1.0);
  for (const int side : {3, 6, 8}) {
    const Ising ising(side, coupling);
    CHECK_THAT(ising.log_z(), WithinRel(kaufman(side, coupling), 1e-12));
    const double h = 1e-4, slope = (kaufman(side, coupling + h) - kaufman(side, coupling - h)) / (2 * h);
    CHECK_THAT(ising.entropy(), WithinAbs(kaufman(side, coupling) - coupling * slope, 1e-4));
  }
}

TEST_CASE("a lattice of ten by ten is summed and drawn", "[data][ising][slow]") {
  const Ising ising(10, 0.4407);
  CHECK_THAT(ising.log_z(), WithinRel(kaufman(10, 0.4407), 1e-12));
  const Eigen::VectorXd log_p = ising.log_likelihood(ising.draw(200, 1).to_matrix<double>());
  const double mean = log_p.mean(), error = std::sqrt((log_p.array() - mean).square().mean() / 200);
  CHECK(std::abs(mean + ising.entropy()) < sigmas * error);
}

TEST_CASE("draws of a lattice have the probabilities of its states", "[data][ising]") {
  const double coupling = GENERATE(-0.3, 0.4407);
  const Ising ising(3, coupling);
  const Index count = 50'000;
  const Eigen::MatrixXd x = ising.draw(count, 1).to_matrix<double>();
  std::vector<double> counts(512), probabilities(512);
  for (Index c = 0; c < count; ++c) {
    std::size_t state = 0;
    for (Index i = 0; i < 9; ++i) state += x(i, c) == 1 ? std::size_t{1} << i : 0;
    ++counts[state];
  }
  const Eigen::VectorXd p = ising.log_likelihood(all_states(9)).array().exp();
  std::copy(p.begin(), p.end(), probabilities.begin());
  CHECK_THAT(p.sum(), WithinAbs(1, 1e-12));
  const ChiSquare fit = chi_square(counts, probabilities);
  INFO(fit.value << " of " << fit.limit);
  CHECK(fit);
}

TEST_CASE("a lattice's draws go by their seed", "[data][ising]") {
  const Ising ising(4, 0.5);
  const Eigen::MatrixXd a = ising.draw(50, 1).to_matrix<double>();
  CHECK(a == ising.draw(50, 1).to_matrix<double>());
  CHECK(a.leftCols(20) == ising.draw(20, 1).to_matrix<double>());
  CHECK(a != ising.draw(50, 2).to_matrix<double>());
  CHECK(ising.draw(0, 1).size() == 0);
}

TEST_CASE("a lattice that is too large or not one is refused", "[data][ising]") {
  CHECK_THROWS_WITH(Ising(11, 0.4), ContainsSubstring("side is 11, expected 2 to 10"));
  CHECK_THROWS_AS(Ising(1, 0.4), ValueError);
  CHECK_THROWS_WITH(Ising(3, std::nan("")), ContainsSubstring("coupling"));
  CHECK_THROWS_AS(Ising(3, 0.4).draw(-1, 1), ValueError);
  CHECK_THROWS_AS(Ising(3, 0.4).log_likelihood(Eigen::MatrixXd(8, 2)), ShapeError);
}

}  // namespace test::data_ising
