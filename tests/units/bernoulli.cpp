#include <harmonium/units/bernoulli.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_bernoulli {
using F = Family<Bernoulli>;
using Derived = Family<test::PlainBernoulli>;

namespace {
const oracle::Layer layer{{oracle::bernoulli()}, {0}};
const double fields[] = {-700, -40, -5, -1.3, -0.2, 0, 0.4, 2, 7, 40, 700};
constexpr double epsilon = std::numeric_limits<double>::epsilon();
}  // namespace

TEST_CASE("a Bernoulli unit's log-partition is the log of the sum over its states", "[units][oracle]") {
  for (const double field : fields) {
    INFO("field " << field);
    CHECK_THAT(F::log_partition(field), WithinRel(oracle::log_partition(layer, {field}), 4 * epsilon) ||
                                            WithinAbs(oracle::log_partition(layer, {field}), epsilon));
    CHECK_THAT(F::log_partition(field),
               WithinAbs(Derived::log_partition(field), 4 * epsilon * std::fmax(1, field)));
  }
  CHECK(F::log_partition(-40.0) > 4e-18);  // not lost when added to 1
}

TEST_CASE("a Bernoulli unit's mean and variance are the slopes of its log-partition", "[units][oracle]") {
  for (const double field : fields) {
    INFO("field " << field);
    // Differences of values up to |field| divided by steps of 1e-3: an error of about 1e3 epsilon |field|.
    const double tolerance = 4e3 * epsilon * std::fmax(1, std::abs(field)) + 1e-12;
    CHECK_THAT(F::mean(field), WithinAbs(oracle::derivative(F::log_partition<double>, field), tolerance));
    CHECK_THAT(F::variance(field), WithinAbs(oracle::derivative(F::mean<double>, field), tolerance));
    CHECK_THAT(F::mean(field), WithinAbs(oracle::mean(layer, {field})[0], 2 * epsilon));
    CHECK_THAT(F::mean(field), WithinAbs(Derived::mean(field), 4 * epsilon));
    CHECK_THAT(F::variance(field), WithinAbs(Derived::variance(field), 4 * epsilon));
    CHECK_THAT(F::backpropagate(field, 3.0), WithinAbs(3 * F::variance(field), 4 * epsilon));
    CHECK_THAT(Derived::backpropagate(field, 3.0), WithinAbs(3 * F::variance(field), 16 * epsilon));
    CHECK(F::mode(field) == (field > 0 ? 1 : 0));
    CHECK(Derived::mode(field) == (field > 0 ? 1 : 0));
  }
}

TEST_CASE("a Bernoulli unit is as accurate in single precision", "[units]") {
  // sigmoid is accurate to 2.4 units in the last place of a value up to 1, and softplus to a few of its own.
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (double field = -80; field <= 80; field += 0.37) {
    const auto narrow = static_cast<float>(field);
    const double wide = narrow;
    INFO("field " << wide);
    CHECK_THAT(static_cast<double>(F::log_partition(narrow)),
               WithinRel(F::log_partition(wide), 4 * last_place));
    CHECK_THAT(static_cast<double>(F::mean(narrow)), WithinRel(F::mean(wide), 4 * last_place));
    CHECK_THAT(static_cast<double>(F::variance(narrow)), WithinAbs(F::variance(wide), 2 * last_place));
    CHECK_THAT(static_cast<double>(Derived::log_partition(narrow)),
               WithinAbs(F::log_partition(wide), 4 * last_place * std::fmax(1, std::abs(wide))));
    CHECK_THAT(static_cast<double>(Derived::mean(narrow)), WithinAbs(F::mean(wide), 4 * last_place));
    CHECK_THAT(static_cast<double>(Derived::variance(narrow)), WithinAbs(F::variance(wide), 4 * last_place));
  }
}

TEST_CASE("a Bernoulli unit takes probabilities and nothing else", "[units]") {
  CHECK(Bernoulli::accepts(0.0));
  CHECK(Bernoulli::accepts(1.0f));
  CHECK(Bernoulli::accepts(0.25));
  CHECK_FALSE(Bernoulli::accepts(-0.001));
  CHECK_FALSE(Bernoulli::accepts(1.001f));
  CHECK_FALSE(Bernoulli::accepts(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(Bernoulli::accepts(std::numeric_limits<float>::infinity()));
}

TEST_CASE("a fitted Bernoulli unit has the data's mean, half a sample on and half off added", "[units]") {
  for (const double mean : {0.0, 0.2, 0.5, 1.0}) {
    double bias = -1;
    Bernoulli::fit(mean, 0.0, 60000.0, bias);
    INFO("mean " << mean);
    CHECK_THAT(F::mean(bias), WithinRel((mean * 60000 + 0.5) / 60001, 1e-12));
    float narrow = -1;
    Bernoulli::fit(static_cast<float>(mean), 0.0f, 60000.0f, narrow);
    CHECK_THAT(static_cast<double>(narrow), WithinAbs(bias, 1e-5));  // a few units in the last place of 11.7
  }
}

}  // namespace test::units_bernoulli
