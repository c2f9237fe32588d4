#include <harmonium/units/drelu.hpp>

#include <algorithm>
#include <harmonium/units/check/check_unit.hpp>
#include <harmonium/units/gaussian.hpp>
#include <harmonium/units/rectified.hpp>
#include <limits>
#include <tuple>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_drelu {
using F = Family<Drelu>;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

// Only what is required: everything else is derived from it by dual numbers.
struct Plain {
  static constexpr const char* name = "plain";
  static constexpr const char* shape[] = {"log_precision", "asymmetry", "kink"};
  template <class T>
  static constexpr T energy(T x, T log_precision, T asymmetry, T kink) {
    return Drelu::energy(x, log_precision, asymmetry, kink);
  }
  template <class T>
  static constexpr T log_partition(T field, T log_precision, T asymmetry, T kink) {
    return Drelu::log_partition(field, log_precision, asymmetry, kink);
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, T asymmetry, T kink, R& random) {
    return Drelu::sample(field, log_precision, asymmetry, kink, random);
  }
};

template <class T>
std::vector<double> draws_at(T field, T log_precision, T asymmetry, T kink, std::uint32_t count) {
  std::vector<double> draws;
  for (std::uint32_t i = 0; i < count; ++i) {
    Random random{{.seed = 3}, 0, i};
    draws.push_back(static_cast<double>(F::sample(field, random, log_precision, asymmetry, kink)));
  }
  return draws;
}
}  // namespace

// Log-partition, moments, gradients of every parameter and draws, against sums over a grid on both sides of
// 0.
TEST_CASE("a dReLU unit's functions are integrals over its density", "[units][oracle]") {
  const UnitReport report = check_unit<Drelu>({.fields = {-3, -0.3, 0, 1.5}, .draws = 5000});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a dReLU unit's functions are integrals over its density where it is narrow, wide or has two modes",
          "[units][oracle][slow]") {
  for (const std::vector<double>& fields : {std::vector<double>{-20, 0.4, 9}, {-3, -1.2, 0.4, 2.5}}) {
    const UnitReport report = check_unit<Drelu>({.fields = fields, .shapes = {-1.7, 0.2, 2.5}});
    INFO(report.text());
    CHECK(report.ok());
  }
}

TEST_CASE("a dReLU unit's energy is that of the published form", "[units]") {
  for (const double p : {-1.0, 0.7})
    for (const double a : {-1.3, 0.0, 0.6})
      for (const double d : {-2.0, 0.0, 1.1})
        for (const double x : {-2.5, -0.1, 0.0, 0.3, 4.0}) {
          const double bias = 0.8, above = std::exp(p) / (1 + std::tanh(a)),
                       below = std::exp(p) / (1 - std::tanh(a));
          const double t_above = d * std::sqrt(above) - bias, t_below = -d * std::sqrt(below) - bias;
          const double high = std::fmax(x, 0.0), low = std::fmin(x, 0.0);
          const double published =
              above * high * high / 2 + below * low * low / 2 + t_above * high + t_below * low;
          CHECK_THAT(F::energy(x, p, a, d) - bias * x,
                     WithinAbs(published, 1e-13 * (1 + std::abs(published))));
        }
}

TEST_CASE("with equal sides and without a kink, a dReLU unit is a Gaussian one", "[units]") {
  using G = Family<Gaussian>;
  for (const double p : {-2.0, 0.0, 1.5})
    for (const double field : {-1e4, -7.0, -0.3, 0.0, 1.4, 9.0, 1e4}) {
      INFO("field " << field << ", log precision " << p);
      const double scale = std::exp(-0.5 * p), last_place = 0x1p-52 * (1 + std::abs(field * scale));
      CHECK_THAT(F::log_partition(field, p, 0.0, 0.0),
                 WithinAbs(G::log_partition(field, p), 8 * last_place * (1 + std::abs(field * scale))));
      // The sides' means are subtracted.
      CHECK_THAT(F::mean(field, p, 0.0, 0.0), WithinAbs(G::mean(field, p), 8 * last_place * scale));
      CHECK_THAT(F::variance(field, p, 0.0, 0.0), WithinRel(G::variance(field, p), 1e-13));
      CHECK_THAT(F::mode(field, p, 0.0, 0.0), WithinRel(G::mode(field, p), 1e-15));
      for (const double x : {-3.0, 0.0, 2.0})
        CHECK_THAT(F::energy(x, p, 0.0, 0.0), WithinRel(G::energy(x, p), 1e-14));
    }
}

TEST_CASE("with one side infinitely narrow, a dReLU unit is a Rectified one, or its mirror image",
          "[units]") {
  using R = Family<Rectified>;
  const double log_2 = std::log(2.0);  // 1 + tanh(asymmetry) -> 2
  for (const double p : {-2.0, 0.0, 1.5})
    for (const double field : {-30.0, -7.0, -0.3, 0.0, 1.4, 9.0, 1e4}) {
      INFO("field " << field << ", log precision " << p);
      CHECK_THAT(
          F::log_partition(field, p + log_2, 45.0, 0.0),
          WithinRel(R::log_partition(field, p), 1e-14) || WithinAbs(R::log_partition(field, p), 1e-14));
      CHECK_THAT(F::mean(field, p + log_2, 45.0, 0.0), WithinRel(R::mean(field, p), 1e-14));
      CHECK_THAT(F::variance(field, p + log_2, 45.0, 0.0), WithinRel(R::variance(field, p), 1e-14));
      CHECK_THAT(F::mode(field, p + log_2, 45.0, 0.0),
                 WithinAbs(R::mode(field, p), 1e-14 * (1 + R::mode(field, p))));
      CHECK_THAT(F::mean(-field, p + log_2, -45.0, 0.0), WithinRel(-R::mean(field, p), 1e-14));
      CHECK_THAT(F::variance(-field, p + log_2, -45.0, 0.0), WithinRel(R::variance(field, p), 1e-14));
      CHECK_THAT(
          static_cast<double>(F::mean(static_cast<float>(field), static_cast<float>(p + log_2), 30.0f, 0.0f)),
          WithinRel(R::mean(field, p), 3e-6));
    }
}

TEST_CASE("what a dReLU unit overrides equals what would be derived", "[units]") {
  using Derived = Family<Plain>;
  for (const double a : {-1.5, 0.0, 0.7})
    for (const double d : {-2.0, 0.3, 1.0})
      for (const double field : {-8.0, -1.3, 0.0, 0.4, 5.0}) {
        INFO("field " << field << ", asymmetry " << a << ", kink " << d);
        CHECK_THAT(F::mean(field, 0.4, a, d), WithinAbs(Derived::mean(field, 0.4, a, d), 1e-12));
        CHECK_THAT(F::variance(field, 0.4, a, d), WithinRel(Derived::variance(field, 0.4, a, d), 1e-11));
      }
}

// Far out, one side has nearly all of the weight, and its half Gaussian is cut where its density is small.
// With a kink of 1e4 both sides are exponential: E[x] of a side is s / (kink -+ field s).
TEMPLATE_TEST_CASE("a dReLU unit is finite and right at fields of 10,000", "[units]", float, double) {
  using T = TestType;
  const double close = std::is_same_v<T, float> ? 1e-6 : 1e-12;
  const auto at = [](auto f, double field, double p, double a, double d) {
    return static_cast<double>(
        f(static_cast<T>(field), static_cast<T>(p), static_cast<T>(a), static_cast<T>(d)));
  };
  const auto log_partition = [](T f, T p, T a, T d) { return F::log_partition(f, p, a, d); };
  const auto mean = [](T f, T p, T a, T d) { return F::mean(f, p, a, d); };
  const auto variance = [](T f, T p, T a, T d) { return F::variance(f, p, a, d); };
  const auto of_kink = [](T f, T p, T a, T d) { return F::template mean_statistic<2>(f, p, a, d); };
  const auto of_precision = [](T f, T p, T a, T d) { return F::template mean_statistic<0>(f, p, a, d); };
  for (const double a : {-0.6, 0.0, 1.0})
    for (const double d : {-3.0, 0.0, 3.0})
      for (const double field : {-1e4, 1e4}) {
        INFO("field " << field << ", asymmetry " << a << ", kink " << d);
        const double p = 0.5, side = field > 0 ? 1 : -1;
        const double s = std::sqrt((1 + side * std::tanh(a)) * std::exp(-p)), t = std::abs(field) * s - d;
        CHECK_THAT(at(log_partition, field, p, a, d),
                   WithinRel(t * t / 2 + std::log(s) + 0.5 * std::log(2 * std::acos(-1.0)), 4 * close));
        CHECK_THAT(at(mean, field, p, a, d), WithinRel(side * s * t, 4 * close));
        CHECK_THAT(at(variance, field, p, a, d), WithinRel(s * s, 8 * close));
        CHECK_THAT(at(of_kink, field, p, a, d), WithinRel(-t, 4 * close));
        CHECK_THAT(at(of_precision, field, p, a, d), WithinRel(-t * (t + d) / 2 - 0.5, 8 * close));
        Random random{{.seed = 4}, 0, 0};
        const auto x = static_cast<double>(F::sample(static_cast<T>(field), random, static_cast<T>(p),
                                                     static_cast<T>(a), static_cast<T>(d)));
        CHECK_THAT(x, WithinAbs(side * s * t, 6 * s));
      }
  const double k = 1e4;
  CHECK_THAT(at(log_partition, 0, 0, 0, k), WithinRel(std::log(2 / k) - 1 / (k * k), 4 * close));
  CHECK_THAT(at(variance, 0, 0, 0, k), WithinRel(2 / (k * k), 1e-6));
  CHECK_THAT(at(mean, 2e3, 0, 0, k), WithinRel(1 / (k - 2e3) - 1 / (k + 2e3), 1e-3));
  CHECK_THAT(at(of_kink, 0, 0, 0, k), WithinRel(-1 / k, 1e-3));
  for (const double field : {-1e4, -20.0, 0.0, 1e4})
    for (const double d : {-1e4, 0.0, 1e4})
      for (const double a : {-60.0, 0.0, 60.0}) {
        INFO("field " << field << ", asymmetry " << a << ", kink " << d);
        for (const auto& f :
             {at(log_partition, field, 0, a, d), at(mean, field, 0, a, d), at(variance, field, 0, a, d),
              at(of_kink, field, 0, a, d), at(of_precision, field, 0, a, d)})
          CHECK(std::isfinite(f));
        CHECK(at(variance, field, 0, a, d) >= 0);
        for (const double x :
             draws_at<T>(static_cast<T>(field), T(0), static_cast<T>(a), static_cast<T>(d), 20))
          CHECK(std::isfinite(x));
      }
}

// The share of draws below x is the distribution function at x, here from the normal one, with Kolmogorov's
// bound at 5 standard deviations.
TEMPLATE_TEST_CASE("a dReLU unit's draws have its distribution with two modes and with a sharp peak",
                   "[units]", float, double) {
  using T = TestType;
  const std::uint32_t count = 20'000;
  for (const auto& [field, a, d] : {std::tuple{0.1, 0.5, -3.0}, {0.3, -0.4, 6.0}, {-12.0, 0.2, 1.0}}) {
    INFO("field " << field << ", asymmetry " << a << ", kink " << d);
    std::vector<double> draws =
        draws_at<T>(static_cast<T>(field), T(0.4), static_cast<T>(a), static_cast<T>(d), count);
    std::sort(draws.begin(), draws.end());
    const double s_above = std::sqrt((1 + std::tanh(a)) * std::exp(-0.4)),
                 s_below = std::sqrt((1 - std::tanh(a)) * std::exp(-0.4));
    const double above = field * s_above - d, below = -field * s_below - d;
    const auto tail = [](double y, double t) { return std::erfc((y - t) / std::sqrt(2.0)); };
    const double weight_above = s_above * std::exp(above * above / 2) * tail(0, above),
                 weight_below = s_below * std::exp(below * below / 2) * tail(0, below);
    double far = 0;
    for (std::size_t i = 0; i < draws.size(); ++i) {
      const double x = draws[i];
      const double share =
          x < 0 ? weight_below * tail(-x / s_below, below) / tail(0, below)
                : weight_below + weight_above * (1 - tail(x / s_above, above) / tail(0, above));
      far = std::fmax(
          far, std::abs(share / (weight_above + weight_below) - (static_cast<double>(i) + 0.5) / count));
    }
    CHECK(far * std::sqrt(static_cast<double>(count)) < 2.75);
  }
}

TEST_CASE("a dReLU unit has two modes if its kink is negative, and takes the higher", "[units]") {
  CHECK(F::mode(0.0, 0.0, 0.0, 1.0) == 0);
  CHECK(F::mode(0.5, 0.0, 0.0, 1.0) == 0);  // within the kink
  CHECK_THAT(F::mode(3.0, 0.0, 0.0, 1.0), WithinRel(2.0, 1e-15));
  CHECK_THAT(F::mode(-0.1, 0.0, 0.0, -2.0), WithinRel(-2.1, 1e-15));
  CHECK_THAT(F::mode(0.1, 0.0, 0.0, -2.0), WithinRel(2.1, 1e-15));
}

TEMPLATE_TEST_CASE("a dReLU unit's sampler handles any field", "[units]", float, double) {
  using T = TestType;
  const auto draw = [](double field) {
    return draws_at<T>(static_cast<T>(field), T(0.5), T(0.2), T(0.1), 1).front();
  };
  CHECK(std::isnan(draw(std::nan(""))));
  CHECK(draw(infinity) == infinity);
  CHECK(draw(-infinity) == -infinity);
}

TEST_CASE("a dReLU unit takes finite numbers, and starts at the Gaussian of the data's mean and variance",
          "[units]") {
  CHECK((Drelu::accepts(0.0) && Drelu::accepts(-1e30f)));
  for (const double x : {infinity, -infinity, std::nan("")}) CHECK_FALSE(Drelu::accepts(x));
  double bias = 0, p = 9, a = 9, d = 9;
  for (const double scale : {1e-6, 1.0, 1e6}) {
    Drelu::fit(-3 * scale, 0.25 * scale * scale, 100.0, bias, p, a, d);
    CHECK_THAT(F::mean(bias, p, a, d), WithinRel(-3 * scale, 1e-12));
    CHECK_THAT(F::variance(bias, p, a, d), WithinRel(0.25 * scale * scale, 1e-11));
  }
  Drelu::fit(0.0, 0.0, 100.0, bias, p, a, d);
  CHECK((bias == 0 && std::isfinite(p)));
}

// Centering may use any smooth function of x; it has to be what it moves biases by, and its slopes along the
// parameters.
TEST_CASE("a dReLU unit's slope for centering is smooth, and its energy's without a kink", "[units]") {
  for (const double x : {-2.0, -0.4, 0.0, 0.7, 3.0}) {
    CHECK_THAT(F::energy_slope(x, 0.3, 0.6, 0.0),
               WithinAbs(x * std::exp(0.3) / (1 + (x < 0 ? -1 : 1) * std::tanh(0.6)), 1e-13));
    CHECK_THAT(F::energy_slope(x, 0.3, 0.0, 0.0), WithinAbs(x * std::exp(0.3), 1e-14));
    const auto along = [&](int which, double by) {
      double shape[] = {0.3, 0.6, -0.8};
      shape[which] += by;
      return F::energy_slope(x, shape[0], shape[1], shape[2]);
    };
    const double h = 1e-6, slopes[] = {F::statistic_slope<0>(x, 0.3, 0.6, -0.8),
                                       F::statistic_slope<1>(x, 0.3, 0.6, -0.8),
                                       F::statistic_slope<2>(x, 0.3, 0.6, -0.8)};
    for (int which = 0; which < 3; ++which)
      CHECK_THAT(slopes[which], WithinAbs(-(along(which, h) - along(which, -h)) / (2 * h), 1e-8));
  }
  CHECK(std::abs(F::energy_slope(1e-9, 0.3, 0.6, -0.8) - F::energy_slope(-1e-9, 0.3, 0.6, -0.8)) < 1e-8);
}

}  // namespace test::units_drelu
