#include <harmonium/units/spin.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;

namespace test::units_spin {
using F = Family<Spin>;
using Derived = Family<test::PlainSpin>;

namespace {
const oracle::Layer layer{{oracle::spin()}, {0}};
const double fields[] = {-350, -20, -5, -1.3, -0.2, 0, 0.4, 2, 7, 20, 350};
constexpr double epsilon = std::numeric_limits<double>::epsilon();
}  // namespace

// An exponential and a few operations on numbers up to 2 |field|.
TEST_CASE("a Spin unit's functions are sums over its states", "[units][oracle]") {
  for (const double field : fields) {
    INFO("field " << field);
    const double size = std::fmax(1, std::abs(field));
    CHECK_THAT(F::log_partition(field), WithinAbs(oracle::log_partition(layer, {field}), 4 * epsilon * size));
    CHECK_THAT(F::mean(field), WithinAbs(std::tanh(field), 4 * epsilon));
    CHECK_THAT(F::variance(field), WithinAbs(1 - std::tanh(field) * std::tanh(field), 8 * epsilon));
    CHECK_THAT(F::backpropagate(field, 3.0), WithinAbs(3 * F::variance(field), 8 * epsilon));
    CHECK_THAT(F::log_partition(field), WithinAbs(Derived::log_partition(field), 4 * epsilon * size));
    CHECK_THAT(F::mean(field), WithinAbs(Derived::mean(field), 8 * epsilon));
    CHECK_THAT(F::variance(field), WithinAbs(Derived::variance(field), 16 * epsilon));
    CHECK(F::mode(field) == (field > 0 ? 1 : -1));
    CHECK(F::mode(field) == Derived::mode(field));
  }
}

TEST_CASE("a Spin unit is as accurate in single precision", "[units]") {
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (float field = -40; field <= 40; field += 0.37f) {
    const double wide = field;
    INFO("field " << wide);
    CHECK_THAT(static_cast<double>(F::log_partition(field)),
               WithinAbs(F::log_partition(wide), 8 * last_place * std::fmax(1, std::abs(wide))));
    CHECK_THAT(static_cast<double>(F::mean(field)), WithinAbs(F::mean(wide), 4 * last_place));
    CHECK_THAT(static_cast<double>(F::variance(field)), WithinAbs(F::variance(wide), 8 * last_place));
  }
}

TEST_CASE("a Spin unit is up for the share of the uniform numbers that is its probability", "[units]") {
  for (const double field : fields) {
    INFO("field " << field);
    double up = 0;
    for (std::uint32_t k = 0; k < 4096; ++k) {
      OneUniform random{k << 20};
      up += F::sample(field, random) > 0 ? 1 : 0;
    }
    CHECK_THAT(up / 4096, WithinAbs(1 / (1 + std::exp(-2 * field)), 1.0 / 4096));
  }
}

TEST_CASE("a Spin unit takes means and nothing else", "[units]") {
  for (const double x : {-1.0, -0.25, 0.0, 1.0}) CHECK(Spin::accepts(x));
  for (const double x : {-1.001, 1.001, 7.0, -std::numeric_limits<double>::infinity(), std::nan("")})
    CHECK_FALSE(Spin::accepts(x));
}

TEST_CASE("a fitted Spin unit has the data's mean, half a sample up and half down added", "[units]") {
  for (const double mean : {-1.0, -0.2, 0.0, 0.5, 1.0}) {
    INFO("mean " << mean);
    double bias = -9;
    Spin::fit(mean, 0.0, 60000.0, bias);
    CHECK_THAT(F::mean(bias), WithinAbs(mean * 60000 / 60001, 1e-12));
    float narrow = -9;
    Spin::fit(static_cast<float>(mean), 0.0f, 60000.0f, narrow);
    CHECK_THAT(static_cast<double>(narrow), WithinAbs(bias, 1e-5));
  }
}

}  // namespace test::units_spin
