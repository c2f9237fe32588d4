#include <harmonium/core/math.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinRel;

namespace test::core_math {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float smallest = std::numeric_limits<float>::min();
constexpr float largest = std::numeric_limits<float>::max();

float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

// The distance of a result from the exact number, in units in the last place of the latter.
double ulps(float result, long double exact) {
  int exponent = 0;
  std::frexp(static_cast<double>(exact), &exponent);
  return static_cast<double>(std::fabs(static_cast<long double>(result) - exact) /
                             std::ldexp(1.0L, exponent - 24));
}

// The largest error(x) over floats from `first` to `last` (which is further from zero), spaced evenly in
// their bit patterns. A NaN counts as an infinite error.
template <class Error>
double worst(float first, float last, Error error, std::uint32_t stride = 9973) {
  double most = 0;
  for (std::uint64_t bits = bits_of(first); bits <= bits_of(last); bits += stride) {
    const double e = error(from_bits(static_cast<std::uint32_t>(bits)));
    most = e <= most ? most : e > most ? e : std::numeric_limits<double>::infinity();
  }
  return most;
}

long double exact_softplus(long double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

// NaNs of both signs, quiet and signalling, with and without further bits set.
const std::uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7fc00001, 0x7fc000ff, 0x7fffffff,
                              0xffffffff, 0x7f800001, 0xff8000ff, 0x7fa55555};

}  // namespace

TEST_CASE("exponential is within 1.5 units in the last place", "[core][math]") {
  const auto error = [](float x) { return ulps(exponential(x), std::exp(static_cast<long double>(x))); };
  CHECK(worst(0.0f, 88.0f, error) <= 1.5);
  CHECK(worst(-0.0f, -87.0f, error) <= 1.5);
  CHECK(exponential(0.0f) == 1.0f);
  CHECK(exponential(from_bits(1)) == 1.0f);
}

TEST_CASE("exponential is constant where it would leave the normal numbers", "[core][math]") {
  for (const float x : {87.999f, 88.0f}) CHECK(exponential(x) < infinity);
  for (const float x : {88.001f, 1000.0f, largest, infinity}) CHECK(exponential(x) == exponential(88.0f));
  for (const float x : {-87.001f, -1000.0f, -largest, -infinity})
    CHECK(exponential(x) == exponential(-87.0f));
  CHECK(exponential(-87.0f) >= smallest);
}

TEST_CASE("logarithm is within 1 unit in the last place for normal numbers", "[core][math]") {
  const auto error = [](float x) { return ulps(logarithm(x), std::log(static_cast<long double>(x))); };
  CHECK(worst(smallest, largest, error) <= 1);
  CHECK(worst(0.5f, 2.0f, error, 97) <= 1);  // where it is small
  CHECK(logarithm(1.0f) == 0);
}

TEST_CASE("logarithm of zero, infinity and negative numbers is what the standard says", "[core][math]") {
  CHECK(logarithm(0.0f) == -infinity);
  CHECK(logarithm(-0.0f) == -infinity);
  CHECK(logarithm(infinity) == infinity);
  for (const float x : {-smallest, -1.0f, -largest, -infinity}) CHECK(std::isnan(logarithm(x)));
}

TEST_CASE("logarithm of a denormal is about that of the smallest normal number", "[core][math]") {
  // Denormals are not normalized first: the result is only required to be finite and below log(smallest) =
  // -87.34.
  for (const std::uint32_t bits : {1u, 1000u, 0x400000u, 0x7fffffu}) {
    CHECK(logarithm(from_bits(bits)) <= logarithm(smallest));
    CHECK(logarithm(from_bits(bits)) >= -89);
  }
}

TEST_CASE("square root is within 1 unit in the last place for normal numbers", "[core][math]") {
  const auto error = [](float x) { return ulps(square_root(x), std::sqrt(static_cast<long double>(x))); };
  CHECK(worst(smallest, largest, error) <= 1);
  CHECK(worst(1.0f, 4.0f, error, 97) <= 1);
  CHECK(square_root(0.0f) == 0);
  CHECK(square_root(-0.0f) == 0);
  CHECK(square_root(std::numeric_limits<float>::infinity()) == std::numeric_limits<float>::infinity());
  for (const float x : {1.0f, 4.0f, 9.0f, 1048576.0f}) CHECK(square_root(x) == std::sqrt(x));
}

TEST_CASE("cosine of turns is within 1.5 epsilon, and symmetric", "[core][math]") {
  // 2 pi b is off by two roundings, the series by its truncation (7e-10) and the last operations by two more;
  // together 0.56 * 2 * 2^-24 + 2 * 2^-24 < 1.6 * 2^-23 at most, where 0.56 is the largest x cos x.
  const long double turn = 6.283185307179586476925286766559L;
  double most = 0;
  for (int k = 0; k <= 1 << 24; k += 61) {
    const float u = static_cast<float>(k) * 0x1p-24f;
    most = std::max(most, static_cast<double>(std::fabs(cosine_of_turns(u) - std::cos(turn * u))));
    if (cosine_of_turns(u) != cosine_of_turns(1 - u)) FAIL("not symmetric at " << u);
    if (!(std::fabs(cosine_of_turns(u)) <= 1)) FAIL("beyond 1 at " << u);
  }
  CHECK(most <= 1.6 * 0x1p-23);
  CHECK(cosine_of_turns(0.25f) == 0);
  CHECK(cosine_of_turns(0.75f) == 0);
}

TEST_CASE("sigmoid keeps the accuracy of exponential", "[core][math]") {
  // 1.5 units of e^-x, then two roundings: 1.5 epsilon + 2 * epsilon / 2.
  const auto error = [](float x) {
    const long double exact = 1 / (1 + std::exp(-static_cast<long double>(x)));
    return static_cast<double>(std::fabs(sigmoid(x) - exact) / exact);
  };
  CHECK(worst(0.0f, largest, error) <= 2.5 * 0x1p-23);
  CHECK(worst(-0.0f, -87.0f, error) <= 2.5 * 0x1p-23);
  CHECK(sigmoid(0.0f) == 0.5f);
  CHECK(sigmoid(infinity) == 1);
  for (const float x : {-88.0f, -largest, -infinity}) {
    CHECK(sigmoid(x) >= 0);
    CHECK(sigmoid(x) <= 2e-38f);
  }
}

TEST_CASE("softplus neither overflows nor loses small numbers", "[core][math]") {
  // 1.5 units of e^-|x|, 1 of the logarithm, and three roundings: (1.5 + 1 + 1.5) epsilon.
  const auto error = [](float x) {
    const long double exact = exact_softplus(x);
    return static_cast<double>(std::fabs(softplus(x) - exact) / exact);
  };
  CHECK(worst(0.0f, largest, error) <= 4 * 0x1p-23);
  CHECK(worst(-0.0f, -87.0f, error) <= 4 * 0x1p-23);
  for (const float x : {100.0f, 1e30f, 2e38f, largest, infinity}) CHECK(softplus(x) == x);
  for (const float x : {-88.0f, -1e30f, -largest, -infinity}) {
    CHECK(softplus(x) >= 0);
    CHECK(softplus(x) <= 2e-38f);
  }
}

TEST_CASE("magnitude removes the sign and nothing else", "[core][math]") {
  for (const float x : {0.0f, 1.5f, smallest, largest, infinity, from_bits(1)}) {
    CHECK(bits_of(magnitude(x)) == bits_of(x));
    CHECK(bits_of(magnitude(-x)) == bits_of(x));
  }
  CHECK(magnitude(-2.5) == 2.5);
}

TEST_CASE("a NaN comes out as a NaN, whatever its bits", "[core][math]") {
  for (const std::uint32_t bits : nans) {
    const float x = from_bits(bits);
    CAPTURE(bits);
    CHECK(std::isnan(exponential(x)));
    CHECK(std::isnan(logarithm(x)));
    CHECK(std::isnan(square_root(x)));
    CHECK(std::isnan(sigmoid(x)));
    CHECK(std::isnan(softplus(x)));
    CHECK(std::isnan(magnitude(x)));
  }
  const double x = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(exponential(x)));
  CHECK(std::isnan(logarithm(x)));
  CHECK(std::isnan(square_root(x)));
  CHECK(std::isnan(sigmoid(x)));
  CHECK(std::isnan(softplus(x)));
}

TEST_CASE("double precision agrees with the standard library", "[core][math]") {
  // The standard library's own rounding, plus two for sigmoid and one for softplus: 4 epsilon covers all of
  // them.
  const double tolerance = 4 * std::numeric_limits<double>::epsilon();
  const double x = GENERATE(-700.0, -40.0, -1.0, -1e-9, 0.0, 1e-300, 0.3, 1.0, 36.0, 700.0);
  const auto exact = static_cast<long double>(x);
  CHECK_THAT(exponential(x), WithinRel(static_cast<double>(std::exp(exact)), tolerance));
  CHECK_THAT(sigmoid(x), WithinRel(static_cast<double>(1 / (1 + std::exp(-exact))), tolerance));
  CHECK_THAT(softplus(x), WithinRel(static_cast<double>(exact_softplus(exact)), tolerance));
  CHECK_THAT(logarithm(1 + magnitude(x)),
             WithinRel(static_cast<double>(std::log(static_cast<long double>(1 + magnitude(x)))), tolerance));
  CHECK_THAT(square_root(magnitude(x)), WithinRel(std::sqrt(magnitude(x)), tolerance));
}

TEST_CASE("double precision continues beyond the range of single precision", "[core][math]") {
  const double limit = std::numeric_limits<double>::infinity();
  CHECK(exponential(-200.0) > 0);
  CHECK(exponential(800.0) == limit);
  CHECK(exponential(-limit) == 0);
  CHECK(sigmoid(-200.0) > 0);
  CHECK(sigmoid(limit) == 1);
  CHECK(sigmoid(-limit) == 0);
  CHECK(softplus(1e308) == 1e308);
  CHECK(softplus(limit) == limit);
  CHECK(softplus(-limit) == 0);
  CHECK_THAT(cosine_of_turns(1.0 / 3), Catch::Matchers::WithinAbs(-0.5, 1e-15));
}

TEST_CASE("a product and a sum are rounded in one fixed way", "[core][math]") {
  CHECK(multiply_add(3.0f, 4.0f, 5.0f) == 17.0f);
  CHECK(multiply_add(3.0, 4.0, 5.0) == 17.0);
  const float a = 1 + 0x1p-12f;  // a * a - 1 keeps its last bit, 2^-24, only if fused
  const float difference = multiply_add(a, a, -1.0f);
  CHECK((difference == 0x1p-11f || difference == 0x1p-11f + 0x1p-24f));
}

}  // namespace test::core_math
