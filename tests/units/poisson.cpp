#include <harmonium/units/poisson.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/statistics.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_poisson {
using F = Family<Poisson>;
using Derived = Family<test::PlainPoisson>;

namespace {
const double fields[] = {-13, -5, -1.3, 0, 0.4, 2, 3};
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
double draw(double field, std::uint32_t column) {
  Random random{{.seed = 7}, 0, column};
  return static_cast<double>(F::sample(static_cast<T>(field), random));
}

// Draws from a list, for values that chance would hardly ever produce.
struct Given {
  double u;
  template <class T>
  T open_uniform() {
    return static_cast<T>(u);
  }
};
}  // namespace

TEST_CASE("a Poisson unit's functions are sums over its counts", "[units][oracle]") {
  const oracle::Layer layer{{oracle::poisson()}, {0}};
  for (const double field : fields) {
    INFO("field " << field);
    const double mean = oracle::mean(layer, {field})[0];
    const auto square = [&](const oracle::Numbers& x) {
      return oracle::Numbers{(x[0] - mean) * (x[0] - mean)};
    };
    const double variance = oracle::expectation(layer, {field}, square)[0];
    CHECK_THAT(F::log_partition(field), WithinAbs(oracle::log_partition(layer, {field}), 1e-12));
    CHECK_THAT(F::mean(field), WithinRel(mean, 1e-12));
    CHECK_THAT(F::variance(field), WithinRel(variance, 1e-12));
    CHECK_THAT(F::backpropagate(field, -2.0), WithinRel(-2 * variance, 1e-12));
    CHECK_THAT(F::mean(field), WithinRel(Derived::mean(field), 1e-15));
    CHECK_THAT(F::variance(field), WithinRel(Derived::variance(field), 1e-15));
    const double mode = F::mode(field), weight = field * mode - F::energy(mode);
    CHECK(mode == std::floor(mode));
    for (double x = 0; x < 50; ++x) CHECK(field * x - F::energy(x) <= weight + 1e-13);
  }
}

TEST_CASE("a Poisson unit is as accurate in single precision", "[units]") {
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (float field = -20; field <= 20; field += 0.37f) {
    const double wide = field;
    INFO("field " << wide);
    CHECK_THAT(static_cast<double>(F::log_partition(field)), WithinRel(std::exp(wide), 2 * last_place));
    CHECK_THAT(static_cast<double>(F::mean(field)), WithinRel(std::exp(wide), 2 * last_place));
    CHECK_THAT(static_cast<double>(F::variance(field)), WithinRel(std::exp(wide), 2 * last_place));
  }
  for (float x = 0; x < 1000; ++x)
    CHECK_THAT(static_cast<double>(F::energy(x)),
               WithinRel(std::lgamma(x + 1.0), last_place) || WithinAbs(0, 2e-14));
}

// Cells around the bulk of the distribution, computed with the standard library's logarithm of the Gamma
// function.
TEMPLATE_TEST_CASE("a Poisson unit's draws have its distribution at all rates", "[units]", float, double) {
  using T = TestType;
  for (const double rate : {0.01, 0.7, 4.0, 9.9, 10.1, 25.0, 300.0, 1e5, 1e7}) {
    INFO("rate " << rate);
    const double field = static_cast<double>(static_cast<T>(std::log(rate)));
    const double exact = static_cast<double>(exponential(static_cast<T>(field)));  // after rounding
    const double width = std::floor(1 + std::sqrt(rate) / 8),
                 first = std::fmax(0, std::floor(rate - 6 * std::sqrt(rate)));
    std::vector<double> counts(110, 0.0), probabilities(110, 0.0);
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      const double cell = (draw<T>(field, i) - first) / width;
      ++counts[cell >= 0 && cell < 109 ? static_cast<std::size_t>(cell) : 109];
    }
    double rest = 1;
    for (std::size_t i = 0; i < 109; ++i) {
      for (double x = first + width * static_cast<double>(i); x < first + width * static_cast<double>(i + 1);
           ++x) {
        const long double k = x, r = exact;
        probabilities[i] += static_cast<double>(std::exp(k * std::log(r) - r - std::lgamma(k + 1)));
      }
      rest -= probabilities[i];
    }
    probabilities[109] = std::fmax(rest, 0);
    CHECK(test::chi_square(counts, probabilities));
  }
}

TEST_CASE("a Poisson unit's rare events have their probability", "[units]") {
  for (const double rate : {1e-6, 1e-3, 0.5}) {
    INFO("rate " << rate);
    double p = std::exp(-rate);  // P(X = k)
    for (int k = 0; k < 4; ++k) {
      p *= rate / (k + 1);
      double above = 0, term = p;  // P(X > k), summed from the smallest terms
      for (int j = k + 1; j < 40; ++j, term *= rate / j) above += term;
      if (above < 1e-13) break;
      Given less{above * 0.999}, more{above * 1.001};
      CHECK(F::sample(std::log(rate), less) == k + 1);
      CHECK(F::sample(std::log(rate), more) == k);
    }
  }
}

TEMPLATE_TEST_CASE("a Poisson unit's sampler handles any field", "[units]", float, double) {
  using T = TestType;
  CHECK(std::isnan(draw<T>(std::nan(""), 0)));
  CHECK(draw<T>(-infinity, 0) == 0);
  for (const double field : {35.0, 40.0, 80.0, 1e5, infinity}) {  // returns the rate itself
    INFO("field " << field);
    CHECK(draw<T>(field, 1) == static_cast<double>(F::mode(static_cast<T>(field))));
  }
  for (std::uint32_t i = 0; i < 100; ++i) CHECK_THAT(draw<T>(34, i), WithinRel(std::exp(34), 1e-6));
  // It terminates even if no draw is accepted.
  for (const double u : {0.0, 1e-300, 0.5, 1.0}) {
    Given random{u};
    CHECK(F::sample(T(8), random) >= 0);
    CHECK(F::sample(T(1), random) >= 0);
  }
}

TEST_CASE("a Poisson unit takes finite numbers of at least 0", "[units]") {
  CHECK(Poisson::accepts(0.0));
  CHECK(Poisson::accepts(2.5f));
  for (const double x : {-1.0, infinity, -infinity, std::nan("")}) CHECK_FALSE(Poisson::accepts(x));
}

TEST_CASE("a fitted Poisson unit has the data's mean, one sample with half an event added", "[units]") {
  for (const double mean : {0.0, 0.2, 3.0, 1e4}) {
    INFO("mean " << mean);
    double bias = -99;
    Poisson::fit(mean, 1.0, 100.0, bias);
    CHECK_THAT(F::mean(bias), WithinRel((100 * mean + 0.5) / 101, 1e-12));
  }
}

}  // namespace test::units_poisson
