// What the library derives for unit types that define no more than required.
#include <harmonium/units/gaussian.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_family {

static_assert(Unit<test::PlainSpin> && FiniteElementUnit<test::PlainSpin>);
static_assert(Unit<test::Quintic> && shapes_of<test::Quintic> == 2);
static_assert(Unit<test::PlainGaussian> && !FiniteUnit<test::PlainGaussian>);
static_assert(Unit<test::AtMostOne> && FiniteGroupedUnit<test::AtMostOne> && is_grouped<test::AtMostOne>);
static_assert(Unit<test::Exponential> && !FiniteUnit<test::Exponential>);
static_assert(!Unit<int> && !FiniteUnit<int> && !Unit<std::vector<float>>);

// Derivatives come from dual numbers, so they differ from the oracle's sums by rounding alone: about ten
// operations on numbers below 10, where 1e-12 is about a thousand units in the last place.
TEST_CASE("all functions of a unit with states alone follow from them", "[units][oracle]") {
  using F = Family<test::PlainSpin>;
  const oracle::Layer layer{{oracle::spin()}, {0}};
  for (const double field : {-9.0, -1.3, 0.0, 0.4, 3.0}) {
    INFO("field " << field);
    CHECK(F::energy(1.0) == 0);
    CHECK_THAT(F::log_partition(field), WithinAbs(oracle::log_partition(layer, {field}), 1e-12));
    CHECK_THAT(F::mean(field), WithinAbs(std::tanh(field), 1e-12));
    CHECK_THAT(F::variance(field), WithinAbs(1 - std::tanh(field) * std::tanh(field), 1e-12));
    CHECK_THAT(F::backpropagate(field, 3.0), WithinAbs(3 * F::variance(field), 1e-12));
    CHECK(F::mode(field) == (field > 0 ? 1 : -1));
  }
}

TEST_CASE("all functions of a finite unit with an energy follow from it", "[units][oracle]") {
  using F = Family<test::Quintic>;
  for (const double cost : {-1.0, 0.3})
    for (const double skew : {-0.2, 0.1})
      for (const double field : {-2.0, 0.0, 0.7, 4.0}) {
        INFO("field " << field << ", log cost " << cost << ", skew " << skew);
        const oracle::Layer layer{{oracle::quintic(cost, skew)}, {0}};
        const auto mean_of = [&](auto f) {
          return oracle::expectation(layer, {field},
                                     [&](const oracle::Numbers& x) { return oracle::Numbers{f(x[0])}; })[0];
        };
        const double mean = mean_of([](double x) { return x; });
        CHECK_THAT(F::log_partition(field, cost, skew),
                   WithinAbs(oracle::log_partition(layer, {field}), 1e-12));
        CHECK_THAT(F::mean(field, cost, skew), WithinAbs(mean, 1e-12));
        const double variance = mean_of([&](double x) { return (x - mean) * (x - mean); });
        CHECK_THAT(F::variance(field, cost, skew), WithinAbs(variance, 1e-12));
        CHECK_THAT(F::backpropagate(field, -2.0, cost, skew), WithinAbs(-2 * variance, 1e-12));
        // -d energy / d shape, and its expectation, not its value at the mean
        CHECK_THAT(F::statistic<0>(1.5, cost, skew), WithinAbs(-std::exp(cost) * 2.25, 1e-12));
        CHECK_THAT(F::statistic<1>(1.5, cost, skew), WithinAbs(-3.375, 1e-12));
        CHECK_THAT(F::mean_statistic<0>(field, cost, skew),
                   WithinAbs(mean_of([&](double x) { return -std::exp(cost) * x * x; }), 1e-12));
        CHECK_THAT(F::mean_statistic<1>(field, cost, skew),
                   WithinAbs(mean_of([&](double x) { return -x * x * x; }), 1e-12));
        double best = -2;
        const auto weight = [&](double x) { return field * x - F::energy(x, cost, skew); };
        for (double x = -2; x <= 2; ++x)
          if (weight(x) > weight(best)) best = x;
        CHECK(F::mode(field, cost, skew) == best);
      }
}

TEST_CASE("all functions of a group with states alone follow from them", "[units][oracle]") {
  using F = Family<test::AtMostOne>;
  for (const Index rows : {1, 2, 5}) {
    const auto size = static_cast<std::size_t>(rows);
    const oracle::Layer layer{{oracle::categorical(size, true)}, oracle::Numbers(size, 0.0)};
    std::vector<double> input, bias, delta;
    oracle::Numbers field;
    for (std::size_t k = 0; k < size; ++k) {
      input.push_back(std::sin(1.0 + static_cast<double>(k)));
      bias.push_back(0.3 * static_cast<double>(k) - 0.8);
      delta.push_back(std::cos(static_cast<double>(k)));
      field.push_back(input[k] + bias[k]);
    }
    const GroupField<double> given{input.data(), bias.data(), rows};
    CHECK_THAT(F::log_partition(given), WithinAbs(oracle::log_partition(layer, field), 1e-14));
    const oracle::Numbers p = oracle::mean(layer, field);
    std::vector<double> mean(size), back(size), mode(size);
    F::mean(given, Group<double>{mean.data(), rows});
    F::backpropagate(given, Group<const double>{delta.data(), rows}, Group<double>{back.data(), rows});
    for (std::size_t k = 0; k < size; ++k) {
      CHECK_THAT(mean[k], WithinAbs(p[k], 1e-14));
      double expected = 0;  // covariance of units of which at most one is on
      for (std::size_t l = 0; l < size; ++l) expected += ((k == l ? p[k] : 0) - p[k] * p[l]) * delta[l];
      CHECK_THAT(back[k], WithinAbs(expected, 1e-14));
    }
    // In the most probable state nothing is on while no field is positive.
    const std::vector<double> low(size, -1.0), none(size, 0.0);
    F::mode(GroupField<double>{low.data(), none.data(), rows}, Group<double>{mode.data(), rows});
    CHECK(mode == none);
    F::mode(given, Group<double>{mode.data(), rows});
    std::size_t best = 0;
    for (std::size_t k = 0; k < size; ++k)
      if (field[k] > field[best]) best = k;
    for (std::size_t k = 0; k < size; ++k) CHECK(mode[k] == (k == best && field[best] > 0 ? 1 : 0));
  }
}

TEST_CASE("all functions of a unit with infinitely many states follow from its log-partition",
          "[units][oracle]") {
  using F = Family<test::Exponential>;
  for (const double log_rate : {-0.5, 0.0, 1.0})
    for (const double field : {-4.0, -0.5, 0.3}) {
      INFO("field " << field << ", log rate " << log_rate);
      const double rate = std::exp(log_rate) - field;  // x is exponential with this rate
      CHECK_THAT(F::log_partition(field, log_rate), WithinAbs(-std::log(rate), 1e-12));
      CHECK_THAT(F::mean(field, log_rate), WithinRel(1 / rate, 1e-12));
      CHECK_THAT(F::variance(field, log_rate), WithinRel(1 / (rate * rate), 1e-12));
      CHECK_THAT(F::backpropagate(field, -3.0, log_rate), WithinRel(-3 / (rate * rate), 1e-12));
      CHECK_THAT(F::statistic<0>(2.5, log_rate), WithinRel(-2.5 * std::exp(log_rate), 1e-12));
      CHECK_THAT(F::mean_statistic<0>(field, log_rate), WithinRel(-std::exp(log_rate) / rate, 1e-12));
    }
}

TEST_CASE("derived functions are as accurate in single precision", "[units]") {
  // Weights and their sums are below 20 in size, so everything is accurate to a few units in the last place
  // of 20.
  constexpr double tolerance = 20 * 4 * std::numeric_limits<float>::epsilon();
  for (float field = -6; field <= 6; field += 0.43f) {
    const double wide = field;
    INFO("field " << wide);
    const auto same = [&](float narrow, double value) {
      CHECK_THAT(static_cast<double>(narrow), WithinAbs(value, tolerance));
    };
    using S = Family<test::PlainSpin>;
    using Q = Family<test::Quintic>;
    same(S::log_partition(field), S::log_partition(wide));
    same(S::mean(field), S::mean(wide));
    same(S::variance(field), S::variance(wide));
    same(Q::log_partition(field, 0.2f, 0.1f), Q::log_partition(wide, double{0.2f}, double{0.1f}));
    same(Q::mean(field, 0.2f, 0.1f), Q::mean(wide, double{0.2f}, double{0.1f}));
    same(Q::variance(field, 0.2f, 0.1f), Q::variance(wide, double{0.2f}, double{0.1f}));
    same(Q::mean_statistic<0>(field, 0.2f, 0.1f), Q::mean_statistic<0>(wide, double{0.2f}, double{0.1f}));
    same(Q::mean_statistic<1>(field, 0.2f, 0.1f), Q::mean_statistic<1>(wide, double{0.2f}, double{0.1f}));
  }
}

}  // namespace test::units_family
