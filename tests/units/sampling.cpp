// Do draws have the right distribution? Tested through the layer, so that the addresses of random numbers are
// covered as well.
#include <harmonium/models/layer.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using test::chi_square;
using test::sigmas;
using test::standard_errors;

namespace test::units_sampling {

namespace {

template <class T>
using Numbers = harmonium::Matrix<Cpu<T>>;

// A layer with random biases and shape parameters.
template <class U>
Layer<U, Cpu<double>> random_layer(LayerSize<U> size, std::uint64_t seed, double shapes = 0.3) {
  Layer<U, Cpu<double>> layer(size);
  test::Dice dice(seed);
  for (Index r = 0; r < layer.rows(); ++r)
    for (Index c = 0; c < layer.parameters.cols(); ++c)
      layer.parameters(r, c) = (c == 0 ? 1.0 : shapes) * dice.normal();
  return layer;
}

// Draws of a layer in each of many columns, all with the same input.
template <class T, class U>
Numbers<T> draw(const Layer<U, Cpu<double>>& layer, const oracle::Numbers& input, Index count, Draws draws) {
  Layer<U, Cpu<T>> narrow(layer.size());
  narrow.parameters = layer.parameters.template cast<T>();
  Numbers<T> given(layer.rows(), count), x(layer.rows(), count);
  for (Index c = 0; c < count; ++c)
    for (Index r = 0; r < layer.rows(); ++r) given(r, c) = static_cast<T>(input[static_cast<std::size_t>(r)]);
  sample(Cpu<T>{}, narrow, given, x, draws);
  return x;
}

// The distribution of two independent draws.
oracle::Distribution pairs(const oracle::Distribution& one) {
  oracle::Distribution two;
  for (std::size_t i = 0; i < one.states.size(); ++i)
    for (std::size_t j = 0; j < one.states.size(); ++j) {
      two.states.push_back(one.states[i]);
      two.states.back().insert(two.states.back().end(), one.states[j].begin(), one.states[j].end());
      two.probabilities.push_back(one.probabilities[i] * one.probabilities[j]);
    }
  return two;
}

template <class T>
Numbers<T> above(const Numbers<T>& a, const Numbers<T>& b) {
  Numbers<T> both(a.rows() + b.rows(), a.cols());
  both << a, b;
  return both;
}

// Counts of the numbers between the (ascending) edges, and their probabilities from the distribution
// function.
template <class F>
test::ChiSquare compare_histogram(const std::vector<double>& numbers, const std::vector<double>& edges,
                                  F cumulative) {
  std::vector<double> counts(edges.size() + 1, 0.0), probabilities;
  for (const double x : numbers)
    ++counts[static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), x) - edges.begin())];
  double below = 0;
  for (const double edge : edges) {
    probabilities.push_back(cumulative(edge) - below);
    below = cumulative(edge);
  }
  probabilities.push_back(1 - below);
  return chi_square(counts, probabilities);
}

}  // namespace

TEMPLATE_TEST_CASE("draws of a finite layer have the distribution that the enumeration gives",
                   "[units][oracle][slow]", (std::pair<Bernoulli, float>), (std::pair<Bernoulli, double>),
                   (std::pair<Categorical, float>), (std::pair<Categorical, double>),
                   (std::pair<test::PlainSpin, float>), (std::pair<test::Quintic, float>),
                   (std::pair<test::AtMostOne, float>), (std::pair<test::PlainCategorical, double>)) {
  using U = typename TestType::first_type;
  using T = typename TestType::second_type;
  const auto layer = random_layer<U>(test::small<U>(5), 11);
  oracle::Numbers input;
  for (Index r = 0; r < layer.rows(); ++r) input.push_back(std::sin(static_cast<double>(r)));
  const oracle::Distribution expected = oracle::conditional(test::oracle_of(layer), input);
  const Draws at{.seed = 5, .step = 7, .stream = Stream::hidden};
  const Numbers<T> x = draw<T>(layer, input, 200'000, at);
  // All rows at once, which also tests that they are independent given the input.
  CHECK(chi_square(x, expected));
  // A wrong distribution is detected: the same draws compared with the one at zero input.
  CHECK_FALSE(chi_square(x, oracle::conditional(test::oracle_of(layer), oracle::Numbers(input.size(), 0.0))));
}

TEST_CASE("draws of neighbouring columns, steps, seeds and streams are independent",
          "[units][oracle][slow]") {
  const auto layer = random_layer<Bernoulli>(3, 3);
  const oracle::Numbers input(3, 0.0);
  const oracle::Distribution twice = pairs(oracle::conditional(test::oracle_of(layer), input));
  const Index count = 100'000;
  const Draws at{.seed = 1, .step = 1, .stream = Stream::visible};
  const auto x = draw<float>(layer, input, count, at);
  const auto alone = [&](Draws other) { return draw<float>(layer, input, count, other); };
  CHECK(chi_square(above<float>(x.leftCols(count - 1), x.rightCols(count - 1)), twice));
  CHECK(chi_square(above<float>(x, alone({.seed = 1, .step = 2, .stream = Stream::visible})), twice));
  CHECK(chi_square(above<float>(x, alone({.seed = 2, .step = 1, .stream = Stream::visible})), twice));
  CHECK(chi_square(above<float>(x, alone({.seed = 1ull << 32 | 1, .step = 1, .stream = Stream::visible})),
                   twice));
  CHECK(chi_square(above<float>(x, alone({.seed = 1, .step = 1, .stream = Stream::hidden})), twice));
  CHECK_FALSE(chi_square(above<float>(x, x), twice));
}

TEST_CASE("draws of a categorical unit have its probabilities, for few and for many states",
          "[units][oracle][slow]") {
  for (const Index states : {1, 2, 3, 10, 1000}) {
    INFO(states << " states");
    const auto layer = random_layer<Categorical>({.units = 1, .states = states}, 4);
    const oracle::Numbers input(static_cast<std::size_t>(states), 0.0);
    const oracle::Distribution expected = oracle::conditional(test::oracle_of(layer), input);
    const Numbers<float> x = draw<float>(layer, input, states > 10 ? 20'000 : 100'000, {.seed = 2});
    CHECK((x.colwise().sum().array() == 1.0f).all());
    std::vector<double> counts;
    for (Index k = 0; k < states; ++k) counts.push_back(x.row(k).sum());
    CHECK(chi_square(counts, oracle::mean(test::oracle_of(layer), input)));
  }
}

TEMPLATE_TEST_CASE("draws of a Gaussian layer are independent normal numbers", "[units][oracle]", float,
                   double) {
  using T = TestType;
  const auto layer = random_layer<Gaussian>(3, 6, 1.0);
  const oracle::Numbers input{0.5, -2, 1};
  const Index count = 300'000;
  const auto n = static_cast<double>(count);
  const Eigen::MatrixXd x = draw<T>(layer, input, count, {.seed = 3}).template cast<double>();
  Eigen::MatrixXd z(3, count);  // standardized
  for (Index r = 0; r < 3; ++r) {
    const double precision = std::exp(layer.parameters(r, 1));
    const double mean = (layer.parameters(r, 0) + input[static_cast<std::size_t>(r)]) / precision;
    z.row(r) = (x.row(r).array() - mean) * std::sqrt(precision);
  }
  std::vector<double> edges;
  for (double edge = -4.5; edge <= 4.5; edge += 0.1) edges.push_back(edge);
  const auto cumulative = [](double edge) { return 0.5 * std::erfc(-edge / std::sqrt(2.0)); };
  for (Index r = 0; r < 3; ++r) {
    INFO("row " << r);
    CHECK(compare_histogram(std::vector<double>(z.row(r).begin(), z.row(r).end()), edges, cumulative));
    CHECK(standard_errors(z.row(r).mean(), 0, 1, n) < sigmas);
    CHECK(standard_errors(z.row(r).array().square().mean(), 1, std::sqrt(2.0), n) < sigmas);
    CHECK(standard_errors(z.row(r).array().pow(4).mean(), 3, std::sqrt(96.0), n) < sigmas);
    CHECK(z.row(r).cwiseAbs().maxCoeff() < 7);  // exceeds 7 once in 4e11
    // Neighbouring columns, and other rows
    CHECK(standard_errors(z.row(r).head(count - 1).dot(z.row(r).tail(count - 1)) / n, 0, 1, n) < sigmas);
    CHECK(standard_errors(z.row(r).dot(z.row((r + 1) % 3)) / n, 0, 1, n) < sigmas);
    CHECK(standard_errors(z.row(r).cwiseAbs2().dot(z.row((r + 1) % 3).cwiseAbs2()) / n, 1, std::sqrt(8.0),
                          n) < sigmas);
  }
}

TEST_CASE("draws of a user's unit with infinitely many states have its distribution", "[units][oracle]") {
  Layer<test::Exponential, Cpu<double>> layer(1);
  layer.parameters << -0.5, 0.3;
  const double rate = std::exp(0.3) + 0.5 - 0.2;
  const Numbers<float> x = draw<float>(layer, {0.2}, 200'000, {.seed = 3});
  std::vector<double> edges;
  for (int i = 1; i < 50; ++i) edges.push_back(-std::log(1 - i / 50.0) / rate);
  const std::vector<double> numbers(x.data(), x.data() + x.size());
  CHECK(compare_histogram(numbers, edges, [&](double edge) { return 1 - std::exp(-rate * edge); }));
}

TEST_CASE("single and double precision draw the same states", "[units]") {
  // Both compare the same 24 random bits with probabilities that differ by about 1e-7: even one difference in
  // 1e6 draws is rare.
  const auto bernoulli = random_layer<Bernoulli>(100, 1);
  const oracle::Numbers none(100, 0.0);
  const auto a = draw<float>(bernoulli, none, 10'000, {.seed = 4});
  const auto b = draw<double>(bernoulli, none, 10'000, {.seed = 4});
  CHECK((a.cast<double>() - b).cwiseAbs().sum() <= 5);
  const auto categorical = random_layer<Categorical>({.units = 10, .states = 10}, 1);
  const auto c = draw<float>(categorical, none, 10'000, {.seed = 4});
  const auto d = draw<double>(categorical, none, 10'000, {.seed = 4});
  CHECK((c.cast<double>() - d).cwiseAbs().sum() <= 10);
  // Normal numbers come from the same 48 bits: cos(2 pi u) and log u are accurate to about 1e-7, for values
  // up to 8.
  const auto gaussian = random_layer<Gaussian>(100, 1);
  const auto e = draw<float>(gaussian, none, 10'000, {.seed = 4});
  const auto f = draw<double>(gaussian, none, 10'000, {.seed = 4});
  const double widest = 8 / std::exp(0.5 * gaussian.parameters.col(1).minCoeff());
  CHECK((e.cast<double>() - f).cwiseAbs().maxCoeff() < 16 * std::numeric_limits<float>::epsilon() * widest);
}

TEMPLATE_TEST_CASE("infinite or NaN fields do not hang and draw states", "[units]",
                   (std::pair<Bernoulli, float>), (std::pair<Bernoulli, double>),
                   (std::pair<Categorical, float>), (std::pair<Categorical, double>),
                   (std::pair<Gaussian, float>), (std::pair<Gaussian, double>),
                   (std::pair<test::PlainSpin, float>), (std::pair<test::Quintic, float>),
                   (std::pair<test::AtMostOne, float>)) {
  using U = typename TestType::first_type;
  using T = typename TestType::second_type;
  using B = Cpu<T>;
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  Layer<U, B> layer(test::small<U>(6));
  Numbers<T> input(layer.rows(), 4), x(layer.rows(), 4), sums = Numbers<T>::Zero(1, 4);
  input.col(0).setConstant(nan);
  input.col(1).setConstant(infinity);
  input.col(2).setConstant(-infinity);
  input.col(3).setZero();
  input(1, 3) = nan;  // a single NaN
  const B on;
  sample(on, layer, input, x, {.seed = 1});
  if constexpr (FiniteUnit<U>) {
    const auto wide = Layer<U, Cpu<double>>(layer.size());
    const auto states = oracle::conditional(test::oracle_of(wide),
                                            oracle::Numbers(static_cast<std::size_t>(wide.rows()), 0.0));
    CHECK(test::count_states(x, states.states).back() == 0);
  }
  mode(on, layer, input, x);
  mean(on, layer, input, x);
  CHECK(std::isnan(x(0, 0)));
  CHECK(std::isnan(x(1, 3)));
  if constexpr (!is_grouped<U>) CHECK(!std::isnan(x(0, 3)));  // a NaN does not affect its neighbours
  add_log_partition(on, layer, input, T(1), sums);
  CHECK(std::isnan(sums(0, 0)));
  CHECK(std::isnan(sums(0, 3)));
  backpropagate(on, layer, input, input, x);
  CHECK(std::isnan(x(0, 0)));
  if constexpr (std::is_same_v<U, Bernoulli>) {
    mean(on, layer, input, x);
    CHECK(x(0, 1) == 1);
    CHECK_THAT(static_cast<double>(x(0, 2)), Catch::Matchers::WithinAbs(0, 1e-37));
    CHECK(sums(0, 1) == infinity);
  }
}

namespace {

// The share of the numbers below 2^64 for which draws(word, more) is true, where they begin with such.
template <class F>
double share_from_below(F draws) {
  std::uint64_t below = 0;  // the smallest number for which it is not
  for (int bit = 47; bit >= 0; --bit) {
    const std::uint64_t next = below | std::uint64_t{1} << bit;
    if (draws(static_cast<std::uint32_t>((next - 1) >> 32), static_cast<std::uint32_t>(next - 1)))
      below = next;
  }
  return static_cast<double>(below) * 0x1p-64;
}

}  // namespace

TEMPLATE_TEST_CASE("rare states have their probability down to 2^-60", "[units][random]", float, double) {
  using T = TestType;
  const auto near = [](double share, double p) { CHECK(std::fabs(share - p) < 2e-5 * p + 0x1p-64); };
  const auto all_bits = [](auto draws) {  // the same from above
    return share_from_below([&](std::uint32_t word, std::uint32_t more) { return draws(~word, more); });
  };
  for (const double field : {-12.0, -18.0, -20.0, -25.0, -30.0, -41.5}) {
    INFO("field " << field);
    const auto x = static_cast<T>(field);
    const double p = 1 / (1 + std::exp(-field));
    // The inverse of the distribution function has two states, too, if a unit leaves it to `Family`.
    const auto drawn = [&](T at, auto unit, std::uint32_t word, std::uint32_t more) {
      ExtremeUniform random{{word}, more};
      return Family<decltype(unit)>::sample(at, random);
    };
    near(share_from_below([&](auto w, auto m) { return drawn(x, Bernoulli{}, w, m) == T(1); }), p);
    near(all_bits([&](auto w, auto m) { return drawn(-x, Bernoulli{}, w, m) == T(0); }), p);
    near(share_from_below([&](auto w, auto m) { return drawn(x / 2, Spin{}, w, m) == T(1); }), p);
    near(all_bits([&](auto w, auto m) { return drawn(-x / 2, Spin{}, w, m) == T(-1); }), p);
    near(share_from_below([&](auto w, auto m) { return drawn(-x / 2, test::PlainSpin{}, w, m) == T(-1); }),
         p);
    near(all_bits([&](auto w, auto m) { return drawn(x / 2, test::PlainSpin{}, w, m) == T(1); }), p);
    const auto of_three = [&](Index rare, std::uint32_t word, std::uint32_t more) {
      T input[3] = {0, T(1), 0}, bias[3] = {}, out[3];
      input[rare] = x;
      input[2 - rare] = T(-80);
      ExtremeUniform random{{word}, more};
      Family<Categorical>::sample(GroupField<T>{input, bias, 3}, random, Group<T>{out, 3});
      return out[rare] == T(1);
    };
    const double third = std::exp(field - 1) / (1 + std::exp(field - 1));
    near(share_from_below([&](auto w, auto m) { return of_three(0, w, m); }), third);
    near(all_bits([&](auto w, auto m) { return of_three(2, w, m); }), third);
  }
}

}  // namespace test::units_sampling
