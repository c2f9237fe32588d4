#include <harmonium/units/gaussian.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_gaussian {
using F = Family<Gaussian>;
using Derived = Family<test::PlainGaussian>;

namespace {
const double fields[] = {-5, -1.3, 0, 0.4, 3};
const double log_precisions[] = {-2, -0.5, 0, 1.5};
// The mean is at field / sqrt(precision) <= 14 standard deviations.
oracle::Layer grid(double log_precision) { return {{oracle::gaussian(log_precision, 26, 0.4)}, {0}}; }
}  // namespace

TEST_CASE("a Gaussian unit's log-partition and moments are integrals over its density", "[units][oracle]") {
  for (const double log_precision : log_precisions)
    for (const double field : fields) {
      INFO("field " << field << ", log precision " << log_precision);
      const oracle::Layer layer = grid(log_precision);
      const double mean = oracle::mean(layer, {field})[0];
      CHECK_THAT(F::log_partition(field, log_precision),
                 WithinAbs(oracle::log_partition(layer, {field}), 1e-12));
      CHECK_THAT(F::mean(field, log_precision), WithinAbs(mean, 1e-12));
      CHECK_THAT(F::mode(field, log_precision), WithinAbs(mean, 1e-12));
      const auto square = [&](const oracle::Numbers& x) {
        return oracle::Numbers{(x[0] - mean) * (x[0] - mean)};
      };
      const double variance = oracle::expectation(layer, {field}, square)[0];
      CHECK_THAT(F::variance(field, log_precision), WithinRel(variance, 1e-12));
      CHECK_THAT(F::backpropagate(field, -2.0, log_precision), WithinRel(-2 * variance, 1e-12));
      const auto statistic = [&](const oracle::Numbers& x) {
        return oracle::Numbers{F::statistic<0>(x[0], log_precision)};
      };
      CHECK_THAT(F::mean_statistic<0>(field, log_precision),
                 WithinRel(oracle::expectation(layer, {field}, statistic)[0], 1e-12));
    }
}

TEST_CASE("a Gaussian unit's statistics are slopes along the log precision", "[units][oracle]") {
  for (const double log_precision : log_precisions)
    for (const double field : fields) {
      INFO("field " << field << ", log precision " << log_precision);
      // Values are below 100 and steps are 1e-3: rounding errors are 100 epsilon / 1e-3 = 2e-11.
      const auto energy = [&](double p) { return F::energy(field, p); };
      const auto log_partition = [&](double p) { return F::log_partition(field, p); };
      CHECK_THAT(F::statistic<0>(field, log_precision),
                 WithinAbs(-oracle::derivative(energy, log_precision), 1e-9));
      CHECK_THAT(F::mean_statistic<0>(field, log_precision),
                 WithinAbs(oracle::derivative(log_partition, log_precision), 1e-9));
    }
}

TEST_CASE("what a Gaussian unit overrides equals what would be derived", "[units]") {
  for (const double p : log_precisions)
    for (const double field : fields) {
      INFO("field " << field << ", log precision " << p);
      const auto same = [&](double value, double derived) {
        CHECK_THAT(value, WithinAbs(derived, 1e-14 * std::fmax(1, std::abs(derived))));
      };
      same(F::mean(field, p), Derived::mean(field, p));
      same(F::variance(field, p), Derived::variance(field, p));
      same(F::backpropagate(field, 0.7, p), Derived::backpropagate(field, 0.7, p));
      same(F::statistic<0>(field, p), Derived::statistic<0>(field, p));
      same(F::mean_statistic<0>(field, p), Derived::mean_statistic<0>(field, p));
    }
}

TEST_CASE("a Gaussian unit is as accurate in single precision", "[units]") {
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (float p = -4; p <= 4; p += 0.61f)
    for (float field = -20; field <= 20; field += 1.7f) {
      const double wide = field, q = p;
      INFO("field " << wide << ", log precision " << q);
      const auto same = [&](float narrow, double value,
                            double size) {  // two roundings and 1.5 units of an exponential
        CHECK_THAT(static_cast<double>(narrow), WithinAbs(value, 4 * last_place * size));
      };
      const double square = wide * wide * std::exp(-q) + 2 + std::abs(q);
      same(F::log_partition(field, p), F::log_partition(wide, q), square);
      same(F::mean(field, p), F::mean(wide, q), std::abs(F::mean(wide, q)));
      same(F::variance(field, p), F::variance(wide, q), F::variance(wide, q));
      same(F::statistic<0>(field, p), F::statistic<0>(wide, q), std::abs(F::statistic<0>(wide, q)));
      same(F::mean_statistic<0>(field, p), F::mean_statistic<0>(wide, q), square);
    }
}

TEST_CASE("a Gaussian unit takes finite numbers and nothing else", "[units]") {
  CHECK(Gaussian::accepts(0.0));
  CHECK(Gaussian::accepts(-1e30f));
  CHECK_FALSE(Gaussian::accepts(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(Gaussian::accepts(std::numeric_limits<float>::infinity()));
  CHECK_FALSE(Gaussian::accepts(-std::numeric_limits<double>::infinity()));
}

TEST_CASE("a fitted Gaussian unit has the data's mean and variance", "[units]") {
  double bias = 0, log_precision = 0;
  Gaussian::fit(-3.0, 0.25, 100.0, bias, log_precision);
  CHECK_THAT(F::mean(bias, log_precision), WithinRel(-3.0, 1e-12));
  CHECK_THAT(F::variance(bias, log_precision), WithinRel(0.25, 1e-12));
  Gaussian::fit(5.0, 0.0, 100.0, bias, log_precision);  // constant data
  CHECK_THAT(F::mean(bias, log_precision), WithinRel(5.0, 1e-12));
  CHECK_THAT(F::variance(bias, log_precision), WithinRel(25 * 0x1p-52, 1e-12));  // rounding of the square
  Gaussian::fit(0.0, 0.0, 100.0, bias, log_precision);
  CHECK((bias == 0 && std::isfinite(log_precision)));
  for (const double scale : {1e-6, 1e-3, 1e3, 1e6}) {  // in any unit of measurement
    Gaussian::fit(-3 * scale, 0.25 * scale * scale, 100.0, bias, log_precision);
    CHECK_THAT(F::mean(bias, log_precision), WithinRel(-3 * scale, 1e-12));
    CHECK_THAT(F::variance(bias, log_precision), WithinRel(0.25 * scale * scale, 1e-12));
  }
}

}  // namespace test::units_gaussian
