#include <harmonium/core/dual.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinRel;

namespace test::core_dual {

namespace {

using D = Dual<double>;
using DD = Dual<D>;

// f, f' and f'' at x: nested duals, seeded along the same direction.
struct Derivatives {
  double value, first, second;
};
template <class F>
Derivatives derivatives(F f, double x) {
  const DD y = f(DD(D(x, 1), D(1, 0)));
  CHECK(y.value.slope == y.slope.value);  // the same derivative, once from each level
  return {y.value.value, y.slope.value, y.slope.slope};
}

// Each formula is a handful of operations, so their relative errors cannot add up to 16 epsilon; the points
// are chosen so that no expected value is a small difference of large numbers.
void check(const Derivatives& d, double value, double first, double second) {
  const double tolerance = 16 * std::numeric_limits<double>::epsilon();
  CHECK_THAT(d.value, WithinRel(value, tolerance));
  CHECK_THAT(d.first, WithinRel(first, tolerance));
  CHECK_THAT(d.second, WithinRel(second, tolerance));
}

}  // namespace

TEST_CASE("sums, products and quotients have the slopes of calculus", "[core][dual]") {
  const double x = GENERATE(-3.0, -0.25, 0.5, 2.0);
  check(derivatives([](auto t) { return t * t * t; }, x), x * x * x, 3 * x * x, 6 * x);
  check(derivatives([](auto t) { return 1.0 / t; }, x), 1 / x, -1 / (x * x), 2 / (x * x * x));
  check(derivatives([](auto t) { return -(t * t) + 5.0 * t - 7; }, x), -x * x + 5 * x - 7, -2 * x + 5, -2);
  check(derivatives([](auto t) { return (t - 4) / (t + 8); }, x), (x - 4) / (x + 8), 12 / ((x + 8) * (x + 8)),
        -24 / ((x + 8) * (x + 8) * (x + 8)));
}

TEST_CASE("elementary functions have the slopes of calculus", "[core][dual]") {
  const double x = GENERATE(0.03, 0.5, 1.0, 3.0, 20.0);
  check(derivatives([](auto t) { return exponential(t); }, x), std::exp(x), std::exp(x), std::exp(x));
  check(derivatives([](auto t) { return exponential(-2 * t); }, x), std::exp(-2 * x), -2 * std::exp(-2 * x),
        4 * std::exp(-2 * x));
  check(derivatives([](auto t) { return square_root(t); }, x), std::sqrt(x), 0.5 / std::sqrt(x),
        -0.25 / (x * std::sqrt(x)));
  const Derivatives log = derivatives([](auto t) { return logarithm(t); }, x);
  CHECK(log.value == std::log(x));
  CHECK_THAT(log.first, WithinRel(1 / x, 1e-15));
  CHECK_THAT(log.second, WithinRel(-1 / (x * x), 1e-15));
}

TEST_CASE("sigmoid and softplus have the slopes of calculus on both sides", "[core][dual]") {
  // s' = 1 / (4 cosh^2(x / 2)), s'' = -s' tanh(x / 2), without subtracting nearly equal numbers in the
  // oracle. In the library, 1 - s loses up to e^|x| epsilon, hence |x| <= 4 and e^4 = 55 times the tolerance.
  const double x = GENERATE(-4.0, -1.5, -0.1, 0.1, 1.5, 4.0);
  const double tolerance = 55 * 4 * std::numeric_limits<double>::epsilon();
  const double s = 1 / (1 + std::exp(-x)), first = 0.25 / (std::cosh(x / 2) * std::cosh(x / 2));
  const Derivatives sigmoids = derivatives([](auto t) { return sigmoid(t); }, x);
  CHECK_THAT(sigmoids.value, WithinRel(s, tolerance));
  CHECK_THAT(sigmoids.first, WithinRel(first, tolerance));
  CHECK_THAT(sigmoids.second,
             WithinRel(-first * std::tanh(x / 2), 10 * tolerance));  // a cancellation near x = 0.1
  const Derivatives softplusses = derivatives([](auto t) { return softplus(t); }, x);
  CHECK_THAT(softplusses.value, WithinRel(std::log1p(std::exp(x)), tolerance));
  CHECK_THAT(softplusses.first, WithinRel(s, tolerance));
  CHECK_THAT(softplusses.second, WithinRel(first, tolerance));
}

TEST_CASE("numbers mix with duals as constants, and duals add up in place", "[core][dual]") {
  D sum = 3;
  CHECK(sum.slope == 0);
  sum += D(1, 2);
  sum += 1;
  CHECK(sum.value == 5);
  CHECK(sum.slope == 2);
  const D difference = 2 - D(5, 1);
  CHECK(difference.value == -3);
  CHECK(difference.slope == -1);
  CHECK(D(1, 9) < D(2, 0));
  CHECK(D(1, 9) > 0.5);
  CHECK_FALSE(D(1, 9) < D(1, 10));
  CHECK(((Dual<float>(2.0f, 3.0f) * Dual<float>(5.0f, 7.0f)).slope == 2.0f * 7.0f + 3.0f * 5.0f));
}

TEST_CASE("a dual's value is the plain function's, bit for bit", "[core][dual]") {
  for (float x = -100; x < 100; x += 0.37f) {
    const Dual<float> dual(x, 1);
    CHECK(exponential(dual).value == exponential(x));
    CHECK(sigmoid(dual).value == sigmoid(x));
    CHECK(softplus(dual).value == softplus(x));
  }
}

}  // namespace test::core_dual
