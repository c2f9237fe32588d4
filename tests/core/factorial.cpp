#include <harmonium/core/factorial.hpp>

#include <cmath>
#include <limits>
#include <utility>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("log x! is right to a few roundings", "[core][math]") {
  // From mpmath. Below 12 the result is a difference of numbers up to 31, each with some roundings.
  const std::pair<double, double> references[] = {{0, 0},
                                                  {0.5, -0.120782237635245222},
                                                  {1, 0},
                                                  {2, 0.693147180559945309},
                                                  {5, 4.78749174278204599},
                                                  {11.75, 19.3582312202243581},
                                                  {12, 19.9872144956618861},
                                                  {12.5, 21.2600761562447011},
                                                  {20, 42.335616460753485},
                                                  {170, 706.573062245787347},
                                                  {1e4, 82108.9278368143535},
                                                  {1e7, 151180965.487569565},
                                                  {1e15, 33538776394910703.4},
                                                  {1e300, 6.89775527898213705e+302}};
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  for (const auto& [x, exact] : references) {
    INFO("x " << x);
    CHECK_THAT(log_factorial(x), WithinRel(exact, 4 * epsilon) || WithinAbs(exact, x < 12 ? 2e-14 : 0));
    if (x < 1e30) {  // the rounding of x itself to single precision is multiplied by the slope, log x
      const auto narrow = static_cast<float>(x);
      CHECK(log_factorial(narrow) == static_cast<float>(log_factorial(static_cast<double>(narrow))));
    }
  }
  double sum = 0;
  for (double x = 1; x < 200; ++x) {
    sum += std::log(x);
    CHECK_THAT(log_factorial(x), WithinAbs(sum, 2e-14 + 4 * epsilon * x * std::log(x)));
  }
}

TEST_CASE("log x! of infinity is infinite, and of a NaN it is a NaN", "[core][math]") {
  CHECK(log_factorial(std::numeric_limits<double>::infinity()) == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(log_factorial(std::numeric_limits<double>::quiet_NaN())));
  CHECK(std::isnan(log_factorial(std::numeric_limits<float>::quiet_NaN())));
}
