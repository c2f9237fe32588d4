#include <harmonium/units/categorical.hpp>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dice.hpp"
#include "support/oracle.hpp"
#include "support/units.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::units_categorical {
using F = Family<Categorical>;
using Derived = Family<test::PlainCategorical>;

namespace {

// Inputs, biases and their sum, for a group of K states whose numbers lie `stride` apart.
template <class T>
struct Fields {
  Index size, stride;
  std::vector<T> input, bias;
  oracle::Numbers sum;
  Fields(Index states, double width, std::uint64_t seed, Index distance = 1)
      : size(states), stride(distance) {
    test::Dice dice(seed);
    input.assign(static_cast<std::size_t>(size * stride), T(1000));  // the gaps are not read
    bias.assign(static_cast<std::size_t>(size * stride), T(-3000));
    for (Index k = 0; k < size; ++k) {
      const auto place = static_cast<std::size_t>(k * stride);
      input[place] = static_cast<T>(width * dice.normal());
      bias[place] = static_cast<T>(width * dice.normal());
      sum.push_back(static_cast<double>(input[place] + bias[place]));
    }
  }
  GroupField<T> field() const { return {input.data(), bias.data(), size, stride}; }
};

// Returns what a function writes into a group.
template <class T, class Function>
std::vector<T> written(Index size, Index stride, Function function) {
  std::vector<T> memory(static_cast<std::size_t>(size * stride), T(77));
  function(Group<T>{memory.data(), size, stride});
  std::vector<T> numbers;
  for (std::size_t i = 0; i < memory.size(); ++i) {
    if (i % static_cast<std::size_t>(stride) == 0) {
      numbers.push_back(memory[i]);
    } else {
      CHECK(memory[i] == T(77));  // nothing is written between the group's numbers
    }
  }
  return numbers;
}

oracle::Numbers softmax(const oracle::Numbers& fields) {
  const double log_z = oracle::log_sum_exp(fields);
  oracle::Numbers p;
  for (const double field : fields) p.push_back(std::exp(field - log_z));
  return p;
}

template <class T>
double largest_difference(const std::vector<T>& a, const oracle::Numbers& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    largest = std::fmax(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  return largest;
}

}  // namespace

// The relative error of exp(x - log Z) is the error of x, a few units in the last place of the largest field;
// sums of K terms add K / 2 roundings at most.
TEMPLATE_TEST_CASE("a categorical unit is a softmax of its fields", "[units][oracle]", float, double) {
  using T = TestType;
  const Index states = GENERATE(1, 2, 3, 10, 1000), stride = GENERATE(1, 3);
  const double width = GENERATE(0.1, 3.0, 30.0);
  INFO(states << " states, stride " << stride << ", width " << width);
  const Fields<T> given(states, width, static_cast<std::uint64_t>(states), stride);
  const double tolerance =
      std::numeric_limits<T>::epsilon() * (4 + 8 * width + 0.1 * static_cast<double>(states));

  CHECK_THAT(static_cast<double>(F::log_partition(given.field())),
             WithinAbs(oracle::log_sum_exp(given.sum), tolerance));
  CHECK_THAT(static_cast<double>(Derived::log_partition(given.field())),
             WithinAbs(oracle::log_sum_exp(given.sum), tolerance));

  const oracle::Numbers p = softmax(given.sum);
  const auto mean = written<T>(states, stride, [&](auto out) { F::mean(given.field(), out); });
  const auto derived_mean = written<T>(states, stride, [&](auto out) { Derived::mean(given.field(), out); });
  CHECK(largest_difference(mean, p) < tolerance);
  CHECK(largest_difference(derived_mean, p) < tolerance);

  // (diag(p) - p p^T) delta, element by element
  test::Dice dice(9);
  std::vector<T> delta(static_cast<std::size_t>(states * stride));
  for (T& d : delta) d = static_cast<T>(dice.normal());
  oracle::Numbers expected(p.size(), 0.0);
  for (std::size_t k = 0; k < p.size(); ++k)
    for (std::size_t l = 0; l < p.size(); ++l)
      expected[k] += ((k == l ? p[k] : 0) - p[k] * p[l]) *
                     static_cast<double>(delta[l * static_cast<std::size_t>(stride)]);
  const Group<const T> d{delta.data(), states, stride};
  const auto back = written<T>(states, stride, [&](auto out) { F::backpropagate(given.field(), d, out); });
  const auto derived_back =
      written<T>(states, stride, [&](auto out) { Derived::backpropagate(given.field(), d, out); });
  CHECK(largest_difference(back, expected) < 4 * tolerance);
  CHECK(largest_difference(derived_back, expected) < 4 * tolerance);

  std::size_t best = 0;
  for (std::size_t k = 0; k < given.sum.size(); ++k)
    if (given.sum[k] > given.sum[best]) best = k;
  oracle::Numbers one_hot(p.size(), 0.0);
  one_hot[best] = 1;
  const auto mode = written<T>(states, stride, [&](auto out) { F::mode(given.field(), out); });
  const auto derived_mode = written<T>(states, stride, [&](auto out) { Derived::mode(given.field(), out); });
  CHECK(largest_difference(mode, one_hot) == 0);
  CHECK(largest_difference(derived_mode, one_hot) == 0);
}

TEST_CASE("a categorical unit's mean and Jacobian are the slopes of its log-partition", "[units][oracle]") {
  const Index states = GENERATE(1, 2, 3, 10);
  Fields<double> given(states, 1.0, 5);
  const auto mean = written<double>(states, 1, [&](auto out) { F::mean(given.field(), out); });
  for (Index k = 0; k < states; ++k) {
    double& bias = given.bias[static_cast<std::size_t>(k)];
    const double before = bias;
    const auto along = [&](auto function) {
      return oracle::derivative(
          [&](double x) {
            bias = x;
            return function();
          },
          before);
    };
    const double slope = along([&] { return F::log_partition(given.field()); });
    CHECK_THAT(mean[static_cast<std::size_t>(k)], WithinAbs(slope, 1e-11));
    // Row k of the covariance: the result for a delta that is one at k alone, and the slopes of all means
    // along field k.
    std::vector<double> delta(static_cast<std::size_t>(states), 0.0);
    delta[static_cast<std::size_t>(k)] = 1;
    bias = before;
    const auto row = written<double>(states, 1, [&](auto out) {
      F::backpropagate(given.field(), Group<const double>{delta.data(), states}, out);
    });
    for (std::size_t l = 0; l < row.size(); ++l) {
      const double other = along(
          [&] { return written<double>(states, 1, [&](auto out) { F::mean(given.field(), out); })[l]; });
      CHECK_THAT(row[l], WithinAbs(other, 1e-11));
    }
    bias = before;
  }
}

TEMPLATE_TEST_CASE("a categorical unit handles fields of any size", "[units]", float, double) {
  using T = TestType;
  const T huge = std::numeric_limits<T>::max() / 4;
  for (const T size : {T(1e4), huge}) {
    const std::vector<T> input{-size, size, size, T(0)}, bias(4, T(0));
    const GroupField<T> field{input.data(), bias.data(), 4};
    const auto p = written<T>(4, 1, [&](auto out) { F::mean(field, out); });
    // In single precision, the exponential does not go below e^-87.
    CHECK(largest_difference(p, {0, 0.5, 0.5, 0}) < 1e-37);
    CHECK_THAT(static_cast<double>(F::log_partition(field)), WithinRel(static_cast<double>(size), 1e-4));
    // Uniform numbers have 24 bits, so a state as improbable as the first can only occur with the word 0, if
    // at all.
    for (const std::uint32_t word : {0x100u, 0x7fffff00u, 0x80000000u, 0xffffffffu}) {
      OneUniform random{word};
      const auto x = written<T>(4, 1, [&](auto out) { F::sample(field, random, out); });
      CHECK(x[word < 0x80000000u ? 1 : 2] == 1);
    }
  }
}

TEST_CASE("a categorical unit takes distributions over its states and nothing else", "[units]") {
  const auto accepts = [](std::vector<float> x) {
    return Categorical::accepts(Group<const float>{x.data(), static_cast<Index>(x.size())});
  };
  CHECK(accepts({1}));
  CHECK(accepts({0, 1, 0}));
  CHECK(accepts({0.3f, 0.3f, 0.4f}));
  CHECK(accepts(std::vector<float>(1000, 1e-3f)));
  CHECK_FALSE(accepts({0}));
  CHECK_FALSE(accepts({1, 1, 0}));
  CHECK_FALSE(accepts({0.3f, 0.3f, 0.3f}));
  CHECK_FALSE(accepts({1.5f, -0.5f, 0}));
  CHECK_FALSE(accepts({1, std::numeric_limits<float>::quiet_NaN(), 0}));
  CHECK_FALSE(accepts({1, std::numeric_limits<float>::infinity(), 0}));
}

TEST_CASE("a fitted categorical unit has the data's means, with one sample shared by all states added",
          "[units]") {
  const std::vector<double> means{0, 0.25, 0.75};
  std::vector<double> bias(3);
  Categorical::fit(Group<const double>{means.data(), 3}, 8.0, Group<double>{bias.data(), 3});
  const std::vector<double> none(3, 0.0);
  const auto p = written<double>(3, 1, [&](auto out) {
    F::mean(GroupField<double>{none.data(), bias.data(), 3}, out);
  });
  CHECK(largest_difference(p, {1.0 / 27, (2 + 1.0 / 3) / 9, (6 + 1.0 / 3) / 9}) < 1e-15);
}

}  // namespace test::units_categorical
