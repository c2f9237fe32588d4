#include <harmonium/core/truncated_normal.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {
constexpr double epsilon = std::numeric_limits<double>::epsilon();

// To 18 digits, from mpmath with 120 digits: log(Phi(t) / phi(t)), and Laplace's continued fraction for t <
// -30.
struct Reference {
  double t, log_partition, mean, variance;
};
const Reference references[] = {
    {-1e100, -230.258509299404568, 1.0e-100, 1.0e-200},
    {-1e8, -18.4206807439523656, 9.999999999999998e-9, 9.999999999999994e-17},
    {-1000, -6.90775627897963706, 0.000999998000009999926, 9.99994000049999482e-7},
    {-37.5, -3.62505078430251832, 0.0266288748836535994, 0.000708094885420745853},
    {-10, -2.31234661730779784, 0.0980932339625119628, 0.00944537782565626116},
    {-3, -1.1887876883056768, 0.283098654930436507, 0.0705591867852681169},
    {-1, -0.422083111804590764, 0.525135276160981209, 0.199097665570348792},
    {-0.1, 0.147783940474399421, 0.76261747153093614, 0.342152844962668192},
    {0, 0.225791352644727432, 0.797884560802865356, 0.363380227632418657},
    {0.1, 0.307433523089646449, 0.835331748505780668, 0.385754044788853263},
    {1, 1.24618475418122285, 1.28759997093917836, 0.629686285776605401},
    {2.5, 4.03770950771881274, 2.51763782548691673, 0.955594343394801233},
    {8, 32.9189385332046721, 8.00000000000000505, 0.999999999999959582},
    {40, 800.918938533204673, 40.0, 1.0},
};
}  // namespace

// A dozen operations, two of them differences whose terms are at most three times as large; near 0 the error
// of the logarithm is absolute.
TEST_CASE("the truncated normal distribution is accurate to a few roundings everywhere", "[core][math]") {
  for (const Reference& r : references) {
    INFO("t " << r.t);
    CHECK_THAT(truncated_normal_log_partition(r.t),
               WithinRel(r.log_partition, 4 * epsilon) || WithinAbs(r.log_partition, 2 * epsilon));
    CHECK_THAT(truncated_normal_mean(r.t), WithinRel(r.mean, 4 * epsilon));
    CHECK_THAT(truncated_normal_variance(r.t), WithinRel(r.variance, 12 * epsilon));
  }
}

TEST_CASE("the truncated normal distribution is as accurate in single precision", "[core][math]") {
  constexpr double last_place = std::numeric_limits<float>::epsilon();
  for (float t = -60; t <= 60; t += 0.0173f) {
    const double wide = t, log_partition = truncated_normal_log_partition(wide);
    INFO("t " << wide);
    CHECK_THAT(static_cast<double>(truncated_normal_log_partition(t)),
               WithinAbs(log_partition, 4 * last_place * std::fmax(1, std::abs(log_partition))));
    CHECK_THAT(static_cast<double>(truncated_normal_mean(t)),
               WithinRel(truncated_normal_mean(wide), 4 * last_place));
    CHECK_THAT(static_cast<double>(truncated_normal_variance(t)),
               WithinRel(truncated_normal_variance(wide), 12 * last_place));
  }
}

TEMPLATE_TEST_CASE("the truncated normal distribution is defined for any t", "[core][math]", float, double) {
  using T = TestType;
  const T infinity = std::numeric_limits<T>::infinity(), huge = std::numeric_limits<T>::max();
  for (const T t : {-infinity, -huge, T(-1e25), T(1e25), huge, infinity}) {
    INFO("t " << t);
    CHECK(truncated_normal_mean(t) >= 0);
    CHECK(truncated_normal_variance(t) >= 0);
    CHECK(truncated_normal_variance(t) <= 1);
    CHECK(!std::isnan(truncated_normal_log_partition(t)));
  }
  CHECK(truncated_normal_mean(huge) == huge);
  CHECK(truncated_normal_variance(infinity) == 1);
  CHECK(truncated_normal_mean(-infinity) == 0);
  CHECK(truncated_normal_log_partition(infinity) == infinity);
  CHECK(truncated_normal_log_partition(-infinity) == -infinity);
  const T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(std::isnan(truncated_normal_log_partition(nan)));
  CHECK(std::isnan(truncated_normal_mean(nan)));
  CHECK(std::isnan(truncated_normal_variance(nan)));
}

TEST_CASE("mean and variance are the slopes of the log-partition in dual numbers", "[core][dual]") {
  using D = Dual<double>;
  for (const Reference& r : references) {
    INFO("t " << r.t);
    const Dual<D> y = truncated_normal_log_partition(Dual<D>(D(r.t, 2), D(3, 0)));
    CHECK(y.value.value == truncated_normal_log_partition(r.t));
    CHECK_THAT(y.slope.value, WithinRel(3 * r.mean, 4 * epsilon));
    CHECK_THAT(y.value.slope, WithinRel(2 * r.mean, 4 * epsilon));
    CHECK_THAT(y.slope.slope, WithinRel(6 * r.variance, 12 * epsilon));
  }
}

TEST_CASE("the third cumulant is the variance's slope", "[core][math][dual]") {
  for (double t = -12; t <= 12; t += 0.37) {
    INFO("t " << t);
    const double slope = oracle::derivative([](double x) { return truncated_normal_variance(x); }, t);
    CHECK_THAT(truncated_normal_third_cumulant(t), WithinAbs(slope, 1e-12));
    const Dual<double> dual = truncated_normal_variance(Dual<double>(t, 2));
    CHECK(dual.value == truncated_normal_variance(t));
    CHECK(dual.slope == 2 * truncated_normal_third_cumulant(t));
  }
  for (const double a : {20.0, 100.0, 1000.0})  // 2 / a^3 - 24 / a^5 + 300 / a^7 - ..., and a^2 roundings
    CHECK_THAT(truncated_normal_third_cumulant(-a),
               WithinRel(2 / (a * a * a) - 24 / (a * a * a * a * a), 200 / std::pow(a, 4) + 1e-15 * a * a));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(truncated_normal_third_cumulant(infinity) == 0);
  CHECK(truncated_normal_third_cumulant(1e100) == 0);
  CHECK(std::abs(truncated_normal_third_cumulant(-1e100)) < 1e-90);
  CHECK(truncated_normal_third_cumulant(-infinity) == 0);
  CHECK(std::isnan(truncated_normal_third_cumulant(std::nan(""))));
}
