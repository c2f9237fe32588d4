#include <harmonium/units/binomial.hpp>

#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/check/check_unit.hpp>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_binomial {
using F = Family<Binomial>;

TEST_CASE("a Binomial unit's functions are sums over its counts, for few trials and for many",
          "[units][oracle]") {
  for (const std::vector<double>& more_trials : {std::vector<double>{0, 1, 6}, {99, 5000}}) {
    const UnitReport report = check_unit<Binomial>({.shapes = more_trials});
    INFO(report.text());
    CHECK(report.ok());
  }
  const UnitReport far = check_unit<Binomial>({.fields = {-9, 7}, .shapes = {3, 20'000}});
  INFO(far.text());
  CHECK(far.ok());
}

TEST_CASE("a Binomial unit of one trial is a Bernoulli unit", "[units]") {
  for (const double field : {-800.0, -1.5, 0.0, 0.4, 800.0}) {
    CHECK(F::log_partition(field, 0.0) == Bernoulli::log_partition(field));
    CHECK(F::mean(field, 0.0) == Bernoulli::mean(field));
    CHECK_THAT(F::variance(field, 0.0), WithinAbs(Bernoulli::variance(field), 1e-16));
  }
  CHECK_THAT(F::energy(0.0, 0.0), WithinAbs(0, 1e-14));
  CHECK_THAT(F::energy(1.0, 0.0), WithinAbs(0, 1e-14));
}

TEST_CASE("a Binomial unit's trials are given, not learned", "[units]") {
  CHECK(F::statistic<0>(2.0, 4.0) == 0);
  CHECK(F::mean_statistic<0>(0.7, 4.0) == 0);
  CHECK(F::statistic_slope<0>(2.0, 4.0) == 0);
  CHECK(F::energy_slope(2.0, 4.0) == 0);
}

TEMPLATE_TEST_CASE("a Binomial unit is right far out", "[units]", float, double) {
  using T = TestType;
  const double close = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  const T more = 9;
  CHECK_THAT(static_cast<double>(F::log_partition(T(1e4), more)), WithinRel(1e5, close));
  CHECK(F::mean(T(1e4), more) == 10);
  CHECK(F::variance(T(1e4), more) < T(1e-30));
  CHECK(F::mode(T(1e4), more) == 10);
  CHECK(F::mode(T(-1e4), more) == 0);
  const auto draw = [&](T field) {
    Random random{{.seed = 3}, 0, 0};
    return F::sample(field, random, more);
  };
  const T infinity = std::numeric_limits<T>::infinity();
  CHECK((draw(T(1e4)) == 10 && draw(infinity) == 10 && draw(T(-1e4)) == 0 && draw(-infinity) == 0));
  CHECK(std::isnan(draw(std::numeric_limits<T>::quiet_NaN())));
  CHECK(std::isinf(F::energy(T(11), more)));
}

TEST_CASE("a Binomial unit takes what its trials can give, and starts at the data's odds", "[units]") {
  CHECK((Binomial::accepts(0.0, 4.0) && Binomial::accepts(5.0, 4.0) && Binomial::accepts(2.5, 4.0)));
  for (const double x : {-1.0, 5.5, std::nan("")}) CHECK_FALSE(Binomial::accepts(x, 4.0));
  double bias = 0, more = 4;
  Binomial::fit(2.0, 0.0, 1e9, bias, more);
  CHECK_THAT(F::mean(bias, more), WithinRel(2.0, 1e-8));
  Binomial::fit(5.0, 0.0, 10.0, bias, more);
  CHECK_THAT(bias, WithinRel(std::log(50.5 / 0.5), 1e-12));
  CHECK(more == 4);
}

}  // namespace test::units_binomial
