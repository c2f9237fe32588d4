#include <harmonium/units/rectified.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_rectified {
using F = Family<Rectified>;
using Derived = Family<test::PlainRectified>;

namespace {
const double fields[] = {-9, -5, -1.3, 0, 0.4, 3, 6};
const double log_precisions[] = {-2, -0.5, 0, 1.5};
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

// Fields reach 25 standard deviations on both sides: the mean is below 17, and e^(-25 x) needs narrow panels.
TEST_CASE("a Rectified unit's log-partition and moments are integrals over its density", "[units][oracle]") {
  for (const double p : log_precisions)
    for (const double field : fields) {
      INFO("field " << field << ", log precision " << p);
      const oracle::Layer layer{{oracle::rectified(p, 26, 0.2)}, {0}};
      const auto expect = [&](auto f) {
        return oracle::expectation(layer, {field},
                                   [&](const oracle::Numbers& x) { return oracle::Numbers{f(x[0])}; })[0];
      };
      const double mean = expect([](double x) { return x; });
      const double variance = expect([&](double x) { return (x - mean) * (x - mean); });
      CHECK_THAT(F::log_partition(field, p), WithinAbs(oracle::log_partition(layer, {field}), 1e-11));
      CHECK_THAT(F::mean(field, p), WithinRel(mean, 1e-11));
      CHECK_THAT(F::variance(field, p), WithinRel(variance, 1e-10));
      CHECK_THAT(F::backpropagate(field, -2.0, p), WithinRel(-2 * variance, 1e-10));
      CHECK_THAT(F::mean_statistic<0>(field, p),
                 WithinRel(expect([&](double x) { return F::statistic<0>(x, p); }), 1e-10));
    }
}

TEST_CASE("what a Rectified unit overrides equals what would be derived", "[units]") {
  for (const double p : log_precisions)
    for (const double field : fields) {
      INFO("field " << field << ", log precision " << p);
      CHECK_THAT(F::mean(field, p), WithinRel(Derived::mean(field, p), 1e-14));
      CHECK_THAT(F::variance(field, p), WithinRel(Derived::variance(field, p), 1e-14));
      CHECK_THAT(F::backpropagate(field, 0.7, p), WithinRel(Derived::backpropagate(field, 0.7, p), 1e-14));
      CHECK_THAT(F::statistic<0>(field, p), WithinAbs(Derived::statistic<0>(field, p), 1e-13));
      // Derived, it is -(1 + t mean) / 2, which loses 1 + t^2 epsilon for negative t.
      CHECK_THAT(F::mean_statistic<0>(field, p), WithinRel(Derived::mean_statistic<0>(field, p), 1e-11));
    }
}

TEST_CASE("a Rectified unit's mode is 0 or the Gaussian's", "[units]") {
  CHECK(F::mode(-3.0, 0.5) == 0);
  CHECK(F::mode(0.0, 0.5) == 0);
  CHECK_THAT(F::mode(3.0, 0.5), WithinRel(3 * std::exp(-0.5), 1e-15));
  CHECK(std::isnan(F::mode(std::nan(""), 0.5)));
}

TEST_CASE("a Rectified unit is as accurate in single precision", "[units]") {
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (float p = -4; p <= 4; p += 0.61f)
    for (float field = -20; field <= 20; field += 1.7f) {
      const double wide = field, q = p, t = wide * std::exp(-0.5 * q);
      INFO("field " << wide << ", log precision " << q);
      // t is off by 3 roundings, and the slope of the log-partition is the mean.
      const double size = 4 * (1 + std::abs(t)) * (1 + std::fmax(t, 0));
      CHECK_THAT(static_cast<double>(F::log_partition(field, p)),
                 WithinAbs(F::log_partition(wide, q), last_place * size));
      CHECK_THAT(static_cast<double>(F::mean(field, p)), WithinRel(F::mean(wide, q), 16 * last_place));
      CHECK_THAT(static_cast<double>(F::variance(field, p)),
                 WithinRel(F::variance(wide, q), 32 * last_place));
      CHECK_THAT(static_cast<double>(F::mean_statistic<0>(field, p)),
                 WithinRel(F::mean_statistic<0>(wide, q), 32 * last_place));
    }
}

// The fraction of draws below x is the distribution function at x; Kolmogorov's bound at 5 standard
// deviations.
TEMPLATE_TEST_CASE("a Rectified unit's draws have its distribution far out on both sides", "[units]", float,
                   double) {
  using T = TestType;
  const int count = 50'000;
  for (const double t : {-1e6, -30.0, -4.0, -0.5, 0.0, 0.3, 3.0, 50.0}) {
    INFO("t " << t);
    std::vector<double> draws;
    for (std::uint32_t i = 0; i < count; ++i) {
      Random random{{.seed = 3}, 0, i};
      draws.push_back(
          static_cast<double>(F::sample(static_cast<T>(2 * t), random, static_cast<T>(std::log(4.0)))));
    }
    std::sort(draws.begin(), draws.end());
    CHECK(draws.front() >= 0);
    double far = 0;
    for (int i = 0; i < count; ++i) {
      const double u = 2 * draws[static_cast<std::size_t>(i)];  // in standard deviations
      // P(X > u) is the ratio of two tails; far out, the ratio of their leading terms.
      const double above = t < -20 ? std::exp(t * u - u * u / 2) / (1 - u / t)
                                   : std::erfc((u - t) / std::sqrt(2)) / std::erfc(-t / std::sqrt(2));
      far = std::fmax(far, std::abs(1 - above - (i + 0.5) / count));
    }
    CHECK(far * std::sqrt(count) < 2.75);
  }
}

TEMPLATE_TEST_CASE("a Rectified unit's sampler handles any field", "[units]", float, double) {
  using T = TestType;
  const auto draw = [](double field) {
    Random random{{.seed = 3}, 0, 0};
    return static_cast<double>(F::sample(static_cast<T>(field), random, T(0.5)));
  };
  CHECK(std::isnan(draw(std::nan(""))));
  CHECK(draw(infinity) == infinity);
  CHECK(draw(-infinity) == 0);
  CHECK(draw(-1e30) < 1e-25);
  CHECK(draw(-1e30) >= 0);
}

TEST_CASE("a Rectified unit takes finite numbers of at least 0", "[units]") {
  CHECK(Rectified::accepts(0.0));
  CHECK(Rectified::accepts(1e30f));
  for (const double x : {-1e-9, infinity, -infinity, std::nan("")}) CHECK_FALSE(Rectified::accepts(x));
}

TEST_CASE("a fitted Rectified unit has the data's mean and variance", "[units]") {
  double bias = 0, log_precision = 0;
  for (const auto& [mean, variance] : {std::pair{3.0, 0.25}, {0.5, 0.2}, {2.0, 2.5}, {1000.0, 4.0}}) {
    INFO("mean " << mean << ", variance " << variance);
    Rectified::fit(mean, variance, 100.0, bias, log_precision);
    CHECK_THAT(F::mean(bias, log_precision), WithinRel(mean, 1e-12));
    CHECK_THAT(F::variance(bias, log_precision), WithinRel(variance, 1e-12));
    float narrow_bias = 0, narrow = 0;
    Rectified::fit(static_cast<float>(mean), static_cast<float>(variance), 100.0f, narrow_bias, narrow);
    CHECK_THAT(static_cast<double>(F::mean(narrow_bias, narrow)), WithinRel(mean, 1e-5));
  }
  Rectified::fit(0.5, 100.0, 100.0, bias, log_precision);  // spread wider than can be matched
  CHECK_THAT(F::mean(bias, log_precision), WithinRel(0.5, 1e-12));
  CHECK_THAT(F::variance(bias, log_precision), WithinRel(0.25, 0.1));  // of an exponential distribution
  Rectified::fit(5.0, 0.0, 100.0, bias, log_precision);                // constant data
  CHECK_THAT(F::mean(bias, log_precision), WithinRel(5.0, 1e-12));
  CHECK_THAT(F::variance(bias, log_precision), WithinRel(25 * 0x1p-52, 1e-6));  // rounding of the square
  Rectified::fit(0.0, 0.0, 100.0, bias, log_precision);
  CHECK_THAT(F::mean(bias, log_precision), WithinRel(std::sqrt(0.001), 1e-9));
}

TEST_CASE("a Rectified unit is fitted alike in any unit of measurement", "[units]") {
  for (const auto& [mean, variance] : {std::pair{3.0, 0.25}, {0.5, 0.2}, {2.0, 2.5}, {0.5, 100.0}}) {
    double bias = 0, log_precision = 0;
    Rectified::fit(mean, variance, 100.0, bias, log_precision);
    const double spread = F::variance(bias, log_precision);
    for (const double scale : {1e-6, 1e-3, 1e3, 1e6}) {
      INFO("mean " << mean << ", variance " << variance << ", times " << scale);
      Rectified::fit(mean * scale, variance * scale * scale, 100.0, bias, log_precision);
      CHECK_THAT(F::mean(bias, log_precision), WithinRel(mean * scale, 1e-12));
      CHECK_THAT(F::variance(bias, log_precision), WithinRel(spread * scale * scale, 1e-9));
    }
  }
}

TEST_CASE("rare events do not make a fitted Rectified unit's precision huge", "[units]") {
  // Ones in a share p of the samples: half the precision times x^2 is the unit's statistic.
  for (const double p : {1e-1, 1e-3, 1e-5}) {
    double bias = 0, log_precision = 0;
    Rectified::fit(p, p * (1 - p), 1e6, bias, log_precision);
    INFO("share " << p);
    CHECK_THAT(F::mean(bias, log_precision), WithinRel(p, 1e-9));
    CHECK(std::exp(log_precision) <= 1 / (p * (1 - p)));  // at most that of a Gaussian of the same spread
  }
}

}  // namespace test::units_rectified
