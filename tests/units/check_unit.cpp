// Correct units pass the check, and each planted fault is found by the check meant for it.
#include <harmonium/units/check/check_unit.hpp>

#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/categorical.hpp>
#include <harmonium/units/gaussian.hpp>
#include <harmonium/units/spin.hpp>

#include "support/catch.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace test::units_check_unit {
using Failures = std::vector<std::string>;

namespace {

Failures failures(const UnitReport& report) {
  Failures what;
  for (const UnitCheck& check : report.checks)
    if (!check.passed()) what.push_back(check.what);
  return what;
}

// Units that are correct except for one function.
template <class U>
struct Named : U {
  static constexpr const char* name = "wrong";
};
struct WrongLogPartition : Named<Poisson> {
  template <class T>
  static constexpr T log_partition(T field) {
    return exponential(field) + T(0.001);  // a constant, which no slope shows
  }
};
struct WrongMean : Named<Rectified> {
  template <class T>
  static constexpr T mean(T field, T log_precision) {
    return Rectified::mean(field, log_precision) * T(1.0001);
  }
};
struct WrongVariance : Named<Poisson> {  // and hence the back-propagation derived from it
  template <class T>
  static constexpr T variance(T field) {
    return square_root(exponential(field));
  }
};
struct WrongBackpropagate : Named<Bernoulli> {
  template <class T>
  static constexpr T backpropagate(T field, T delta) {
    return field > T(0) ? delta : T(0);
  }
};
struct WrongStatistic : Named<Rectified> {
  template <class T>
  static constexpr T statistic(T x, T log_precision) {
    return T(-1) * exponential(log_precision) * x * x;
  }
};
struct WrongMeanStatistic : Named<Gaussian> {  // the statistic of the mean
  template <class T>
  static constexpr T mean_statistic(T field, T log_precision) {
    return statistic(mean(field, log_precision), log_precision);
  }
};
struct WrongMode : Named<Rectified> {
  template <class T>
  static constexpr T mode(T field, T log_precision) {
    return mean(field, log_precision);
  }
};
struct ModeOutside : Named<Poisson> {
  template <class T>
  static constexpr T mode(T field) {
    return exponential(field);
  }
};
struct WrongSampler : Named<Poisson> {  // off by 5 percent
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return Poisson::sample(field + T(0.05), random);
  }
};
struct SamplerOfTheRightMoments : Named<Gaussian> {
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    const T u = random.template uniform<T>() - T(0.5);
    return mean(field, log_precision) + u * square_root(T(12) * exponential(-log_precision));
  }
};
struct SamplerOutside : Named<Rectified> {
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    const T x = Rectified::sample(field, log_precision, random);
    return random.template uniform<T>() < T(0.001) ? T(-0.001) * x : x;
  }
};
struct SamplerOfNoNumbers : Named<Gaussian> {
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    return square_root(Gaussian::sample(field, log_precision, random));
  }
};
struct WrongInSinglePrecision : Named<Spin> {
  template <class T>
  static constexpr T mean(T field) {
    return Spin::mean(field) + (sizeof(T) == 4 ? T(0.01) : T(0));
  }
};
struct WrongAccepts : Named<Spin> {
  template <class T>
  static constexpr bool accepts(T x) {
    return x >= T(0) && x <= T(1);
  }
};
struct MeanOfNoNumber : Named<Spin> {
  template <class T>
  static constexpr T mean(T field) {
    return field > T(2) ? field * T(NAN) : Spin::mean(field);
  }
};
struct WrongGroupMean : Named<Categorical> {
  template <class Field, class T>
  static constexpr void mean(Field field, Group<T> out) {
    Categorical::mean(field, out);
    out[0] *= T(1.01);
  }
};
struct WrongGroupBackpropagate : Named<Categorical> {  // variance * delta
  template <class Field, class Delta, class T>
  static constexpr void backpropagate(Field field, Delta delta, Group<T> out) {
    Categorical::mean(field, out);
    for (Index k = 0; k < field.size; ++k) out[k] *= (T(1) - out[k]) * delta[k];
  }
};
struct GroupSamplerOutside : Named<Categorical> {
  template <class Field, class R, class T>
  static constexpr void sample(Field field, R& random, Group<T> out) {
    Categorical::sample(field, random, out);
    if (random.template uniform<T>() < T(0.0002)) out[0] = T(2);
  }
};
struct WrongGroupSampler : Named<Categorical> {
  template <class Field, class R, class T>
  static constexpr void sample(Field field, R& random, Group<T> out) {
    Categorical::sample(field, random, out);
    if (out[0] > T(0)) out[0] = T(0), out[field.size - 1] = T(1);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the bundled units and a user's pass the check", "[units][check]", Bernoulli, Gaussian,
                   Categorical, Spin, Rectified, Poisson, test::Quintic, test::PlainBernoulli,
                   test::PlainSpin, test::PlainGaussian, test::PlainPoisson, test::PlainCategorical,
                   test::AtMostOne) {
  const UnitReport report = check_unit<TestType>();
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.unit == TestType::name);
  CHECK(report.checks.size() >= (is_grouped<TestType> ? 8 : 14));
}

TEST_CASE("a unit's states may end where the options say", "[units][check]") {
  const UnitCheckOptions options{.fields = {-4, -0.5, 0.3}, .lowest = 0};
  const UnitReport report = check_unit<test::Exponential>(options);
  INFO(report.text());
  CHECK(report.ok());
  CHECK(check_unit<test::PlainRectified>({.lowest = 0}).ok());
  // Its energy is unbounded below without the hint, and also with a field beyond its rate.
  CHECK_FALSE(check_unit<test::Exponential>({.fields = {-4, -0.5, 0.3}}).ok());
  CHECK_FALSE(check_unit<test::Exponential>({.fields = {2}, .lowest = 0}).ok());
}

TEST_CASE("the check follows a unit far from zero, where its distribution is wide and where it is narrow",
          "[units][check]") {
  CHECK(failures(check_unit<Poisson>({.fields = {-13, 3, 8}})) == Failures{});
  CHECK(failures(check_unit<Rectified>({.fields = {-20, 10, 300}, .shapes = {-3, 3}})) == Failures{});
  CHECK(failures(check_unit<Gaussian>({.fields = {-20, 0, 300}, .shapes = {-3, 3}})) == Failures{});
  CHECK(failures(check_unit<Categorical>({.rows = 1})) == Failures{});
}

TEST_CASE("each planted fault is found by its check", "[units][check][slow]") {
  CHECK(failures(check_unit<WrongLogPartition>()) == Failures{"log_partition", "single precision"});
  CHECK(failures(check_unit<WrongMean>()) == Failures{"mean", "single precision"});
  CHECK(failures(check_unit<WrongVariance>()) == Failures{"variance", "backpropagate", "single precision"});
  CHECK(failures(check_unit<WrongBackpropagate>()) == Failures{"backpropagate", "single precision"});
  CHECK(failures(check_unit<WrongStatistic>()) == Failures{"statistic of log_precision"});
  CHECK(failures(check_unit<WrongMeanStatistic>()) ==
        Failures{"single precision", "mean_statistic of log_precision"});
  CHECK(failures(check_unit<WrongMode>()) == Failures{"mode: no state is more probable"});
  CHECK(failures(check_unit<ModeOutside>()) == Failures{"mode: is a state"});
  CHECK(failures(check_unit<WrongInSinglePrecision>()) == Failures{"single precision"});
  CHECK(failures(check_unit<WrongAccepts>()).back() == "accepts: every state");
  CHECK(failures(check_unit<MeanOfNoNumber>()) == Failures{"mean", "single precision"});
  CHECK(failures(check_unit<GroupSamplerOutside>()) == Failures{"sample: gives states"});
  CHECK(failures(check_unit<WrongGroupMean>()) == Failures{"mean", "single precision"});
  CHECK(failures(check_unit<WrongGroupBackpropagate>()) == Failures{"backpropagate", "single precision"});
  CHECK(failures(check_unit<WrongGroupSampler>()) == Failures{"sample: probabilities"});
}

TEST_CASE("a wrong sampler is found by its mean, its variance, its distribution or its states",
          "[units][check]") {
  const auto both = [](Failures what) {
    for (std::size_t i = 0, count = what.size(); i < count; ++i)
      what.push_back("sample in single precision" + what[i].substr(6));
    return what;
  };
  CHECK(failures(check_unit<WrongSampler>()) ==
        both({"sample: mean", "sample: variance", "sample: distribution function"}));
  CHECK(failures(check_unit<SamplerOfTheRightMoments>()) == both({"sample: distribution function"}));
  CHECK(failures(check_unit<SamplerOutside>()) == both({"sample: gives states"}));
  CHECK_THAT(failures(check_unit<SamplerOfNoNumbers>())[0], ContainsSubstring("sample: gives states"));
}

TEST_CASE("a report says what is off, by how much and where", "[units][check]") {
  const UnitReport report = check_unit<WrongMeanStatistic>({.fields = {0.25}, .shapes = {0.5}});
  CHECK_FALSE(report.ok());
  CHECK_THAT(report.text(), ContainsSubstring("wrong: some checks FAILED\n"));
  CHECK_THAT(report.text(),
             ContainsSubstring("  FAILED  mean_statistic of log_precision: off by 0.5, tolerance "
                               "1e-06, field 0.25, shape 0.5\n"));
  CHECK_THAT(report.text(), ContainsSubstring("  passed  log_partition: off by "));
  CHECK_THAT(check_unit<Spin>().text(), ContainsSubstring("spin: all checks passed\n"));
  CHECK_FALSE(UnitReport{}.ok());  // nothing was checked
}

TEST_CASE("a check with nothing to check is refused", "[units][check][errors]") {
  CHECK_THROWS_AS(check_unit<Spin>({.fields = {}}), ValueError);
  CHECK_THROWS_AS(check_unit<Gaussian>({.shapes = {}}), ValueError);
  CHECK_THROWS_AS(check_unit<Categorical>({.rows = 0}), ValueError);
  CHECK_THROWS_AS(check_unit<Spin>({.draws = 1}), ValueError);
}

}  // namespace test::units_check_unit
