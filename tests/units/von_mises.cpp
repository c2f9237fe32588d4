#include <harmonium/units/von_mises.hpp>

#include <array>
#include <harmonium/units/check/check_unit.hpp>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_von_mises {
using F = Family<VonMises>;

namespace {
// A function that writes two numbers, at a field.
template <class T, class Write>
std::array<double, 2> at(T x, T y, Write write) {
  const T bias[] = {x, y}, input[] = {T(0), T(0)};
  T out[2] = {T(0), T(0)};
  write(GroupField<T>{input, bias, 2}, Group<T>{out, 2});
  return {static_cast<double>(out[0]), static_cast<double>(out[1])};
}
template <class T>
std::array<double, 2> mean_at(T x, T y) {
  return at(x, y, [](auto field, auto out) { F::mean(field, out); });
}
template <class T>
double log_partition_at(T x, T y) {
  const T bias[] = {x, y}, input[] = {T(0), T(0)};
  return static_cast<double>(F::log_partition(GroupField<T>{input, bias, 2}));
}
template <class T>
std::array<double, 2> draw_at(T x, T y, std::uint32_t i = 0) {
  Random random{{.seed = 3}, 0, i};
  return at(x, y, [&](auto field, auto out) { F::sample(field, random, out); });
}
}  // namespace

TEST_CASE("a von Mises unit's functions are integrals over the circle", "[units][oracle]") {
  for (const std::vector<double>& fields : {UnitCheckOptions{}.fields, {-30, 0.001, 9, 19.99}, {0}}) {
    const UnitReport report = check_unit<VonMises>({.fields = fields});
    INFO(report.text());
    CHECK(report.ok());
    CHECK(report.checks.size() == 12);
  }
}

TEST_CASE("Bessel functions are those of the standard library, and of its asymptotic expansion far out",
          "[units]") {
  for (double k = 0.01; k < 600; k *= 1.21) {
    INFO(k);
    const double zero = std::cyl_bessel_i(0, k), one = std::cyl_bessel_i(1, k);
    const BesselParts parts = bessel_parts(k);
    CHECK_THAT(parts.log_i0 + k, WithinAbs(std::log(zero), 1e-13 * (1 + k)));
    CHECK_THAT(parts.ratio, WithinRel(one / zero / k, 1e-13));
    CHECK_THAT(parts.deficit, WithinRel((zero - one) / zero, 1e-11 * (1 + k)));
  }
  CHECK((bessel_parts(0).log_i0 == 0 && bessel_parts(0).ratio == 0.5 && bessel_parts(0).deficit == 1));
  for (const double k : {1e4, 1e9}) {
    CHECK_THAT(bessel_parts(k).deficit, WithinRel(0.5 / k + 0.125 / (k * k) + 0.125 / (k * k * k), 1e-12));
    CHECK_THAT(bessel_parts(k).log_i0, WithinAbs(-0.5 * std::log(2 * std::acos(-1.0) * k) + 0.125 / k, 1e-9));
  }
  // Both sides of where the series change.
  CHECK_THAT(bessel_parts(20).ratio, WithinRel(bessel_parts(20 * (1 + 1e-15)).ratio, 1e-14));
  CHECK_THAT(bessel_parts(20).log_i0, WithinRel(bessel_parts(20 * (1 + 1e-15)).log_i0, 1e-14));
}

TEMPLATE_TEST_CASE("a von Mises unit is finite and right at fields of 10,000", "[units]", float, double) {
  using T = TestType;
  const double close = std::is_same_v<T, float> ? 1e-6 : 1e-12, k = 1e4;
  CHECK_THAT(log_partition_at<T>(T(6e3), T(-8e3)),
             WithinRel(k + 0.5 * std::log(2 * std::acos(-1.0) / k) + 0.125 / k, close));
  const auto mean = mean_at<T>(T(6e3), T(-8e3));
  CHECK_THAT(mean[0], WithinRel(0.6 * (1 - 0.5 / k), 4 * close + 1e-8));
  CHECK_THAT(mean[1], WithinRel(-0.8 * (1 - 0.5 / k), 4 * close + 1e-8));
  const T delta[] = {T(0.8), T(0.6)};  // across the field, where the variance is A / k
  const auto pulled = at(T(6e3), T(-8e3), [&](auto field, auto out) {
    F::backpropagate(field, Group<const T>{delta, 2}, out);
  });
  CHECK_THAT(pulled[0], WithinRel(0.8 / k, 1e-4));
  CHECK_THAT(pulled[1], WithinRel(0.6 / k, 1e-4));
  double squares = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const auto x = draw_at<T>(T(6e3), T(-8e3), i);
    squares += std::pow(0.8 * x[0] + 0.6 * x[1], 2) / 2000;
  }
  CHECK_THAT(squares * k, WithinAbs(1, 5 * std::sqrt(2.0 / 2000)));  // nearly normal
  CHECK(std::isnan(draw_at(std::numeric_limits<T>::quiet_NaN(), T(0))[0]));
}

TEST_CASE("a von Mises unit takes directions and their means, and starts at the data's", "[units]") {
  const auto accepts = [](double x, double y) {
    const double numbers[] = {x, y};
    return VonMises::accepts(Group<const double>{numbers, 2});
  };
  CHECK((accepts(0.6, -0.8) && accepts(0, 0) && accepts(-1, 0)));
  CHECK_FALSE((accepts(1, 1) || accepts(std::nan(""), 0) || accepts(0, INFINITY)));
  for (const double length : {0.0, 1e-3, 0.3, 0.9, 0.999}) {
    const double numbers[] = {0.6 * length, -0.8 * length};
    double bias[] = {7, 7};
    VonMises::fit(Group<const double>{numbers, 2}, 1e12, Group<double>{bias, 2});
    const auto mean = mean_at(bias[0], bias[1]);
    CHECK_THAT(mean[0], WithinAbs(numbers[0], 1e-11));
    CHECK_THAT(mean[1], WithinAbs(numbers[1], 1e-11));
  }
  const double same[] = {1, 0};
  double bias[] = {0, 0};
  VonMises::fit(Group<const double>{same, 2}, 9.0, Group<double>{bias, 2});
  CHECK_THAT(mean_at(bias[0], bias[1])[0], WithinRel(0.9, 1e-12));
  VonMises::fit(Group<const double>{same, 2}, 1e17, Group<double>{bias, 2});  // 1 to within rounding
  CHECK_THAT(bias[0], WithinRel(5e8, 1e-3));
}

}  // namespace test::units_von_mises
