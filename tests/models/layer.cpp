#include <harmonium/models/layer_data.hpp>
#include <harmonium/models/layer_states.hpp>
#include <limits>
#include <set>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;
using test::column_of;

namespace test::models_layer {
using B = Cpu<double>;

TEST_CASE("a layer knows its rows, units and size", "[layer]") {
  const Layer<Bernoulli, B> bits(7);
  CHECK((bits.rows() == 7 && bits.units() == 7 && bits.size() == 7));
  CHECK(bits.parameters.cols() == 1);
  const Layer<Gaussian, B> real(3);
  CHECK((real.rows() == 3 && real.parameters.cols() == 2));
  const Layer<Categorical, B> classes({.units = 5, .states = 3});
  CHECK((classes.rows() == 15 && classes.units() == 5 && classes.group == 3));
  CHECK(classes.size() == GroupedSize{.units = 5, .states = 3});
  CHECK(classes.parameters.isZero(0));
  const Layer<test::Quintic, B> user(2);
  CHECK(user.parameters.cols() == 3);
}

TEST_CASE("layers are equal if their sizes and all their numbers are", "[layer]") {
  Layer<Gaussian, B> a(3), b(3);
  CHECK(a == b);
  b.parameters(2, 1) = 1e-300;
  CHECK_FALSE(a == b);
  CHECK_FALSE(a == Layer<Gaussian, B>(4));
  // The same number of rows, but different groups
  CHECK_FALSE(Layer<Categorical, B>({.units = 2, .states = 3}) ==
              Layer<Categorical, B>({.units = 3, .states = 2}));
  b.parameters(2, 1) = std::nan("");
  CHECK_FALSE(b == b);  // like NaNs
}

TEMPLATE_TEST_CASE("a finite layer's states are counted and written each once", "[layer][oracle]", Bernoulli,
                   Categorical, test::PlainSpin, test::Quintic, test::AtMostOne) {
  const Layer<TestType, B> layer(test::small<TestType>(4));
  const oracle::Layer expected = test::oracle_of(layer);
  std::set<oracle::Numbers> all;
  oracle::for_each_state(expected, [&](const oracle::Numbers& x, double) { all.insert(x); });
  const auto count = static_cast<Index>(all.size());
  CHECK(state_count(layer) == static_cast<double>(count));
  Eigen::MatrixXd states(layer.rows(), count);
  write_states(layer, 0, View<double>(states));
  std::set<oracle::Numbers> written;
  for (Index c = 0; c < count; ++c) written.insert(column_of(states, c));
  CHECK(written == all);
  Eigen::MatrixXd part(layer.rows(), 3);  // starting from any state
  write_states(layer, static_cast<std::uint64_t>(count - 3), View<double>(part));
  CHECK(part == states.rightCols(3));
}

TEST_CASE("states too many to count are infinitely many", "[layer]") {
  CHECK(state_count(Layer<Bernoulli, B>(52)) == 4503599627370496.0);
  CHECK(std::isinf(state_count(Layer<Bernoulli, B>(2000))));
  CHECK(state_count(Layer<Categorical, B>({.units = 3, .states = 1000})) == 1e9);
}

TEST_CASE("a number that no unit accepts is found by row and column", "[layer]") {
  const auto find = [](const auto& layer, auto... place) {
    Eigen::MatrixXd x(6, 4);
    x.setConstant(1.0 / 3);
    (place(x), ...);
    return find_unacceptable(layer, View<const double>(x));
  };
  using Place = std::pair<Index, Index>;
  const double nan = std::nan("");
  const Layer<Bernoulli, B> bits(6);
  CHECK(find(bits) == Place(-1, -1));
  CHECK(find(bits, [](auto& x) { x(5, 3) = 1.5; }) == Place(5, 3));
  CHECK(find(bits, [](auto& x) { x(5, 0) = -1, x(0, 1) = 2; }) == Place(5, 0));
  const Layer<Gaussian, B> real(6);
  CHECK(find(real, [](auto& x) { x(2, 2) = -100; }) == Place(-1, -1));
  CHECK(find(real, [=](auto& x) { x(2, 2) = nan; }) == Place(2, 2));
  const Layer<Categorical, B> classes({.units = 2, .states = 3});
  CHECK(find(classes) == Place(-1, -1));
  CHECK(find(classes, [](auto& x) { x(4, 1) = 0.5; }) == Place(3, 1));  // the group's first row
  // Units that do not define `accepts` accept finite numbers.
  CHECK(find(Layer<test::PlainSpin, B>(6)) == Place(-1, -1));
  CHECK(find(Layer<test::PlainSpin, B>(6), [=](auto& x) { x(1, 3) = nan; }) == Place(1, 3));
  CHECK(find(Layer<test::AtMostOne, B>({2, 3}), [](auto& x) { x(4, 3) = INFINITY; }) == Place(3, 3));
  CHECK(accepted_values(bits) == "a bernoulli unit takes numbers from 0 to 1");
  CHECK(accepted_values(Layer<test::PlainSpin, B>(6)) == "a plain spin unit takes finite numbers");
}

TEST_CASE("a fitted layer has the means and variances of the data", "[layer]") {
  const B on;
  const Eigen::MatrixXd means{{0.25}, {0}, {1}, {0.5}, {0.125}, {0.375}},
      variances{{1}, {4}, {0}, {0.25}, {9}, {1}};
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(6, 1);
  Eigen::MatrixXd mean_of(6, 1);
  Layer<Gaussian, B> real(6);
  fit(real, View<const double>(means), View<const double>(variances), 40);
  mean(on, real, none, mean_of);
  CHECK(test::largest_difference(mean_of, means) < 1e-14);
  CHECK_THAT(std::exp(-real.parameters(4, 1)), WithinAbs(9, 1e-12));
  Layer<Bernoulli, B> bits(6);
  fit(bits, View<const double>(means), View<const double>(variances), 40);
  mean(on, bits, none, mean_of);
  CHECK(test::largest_difference(mean_of, (means.array() * 40 + 0.5) / 41) < 1e-14);
  Layer<Categorical, B> classes({.units = 2, .states = 3});
  const Eigen::MatrixXd shares{{0.25}, {0.75}, {0}, {0.5}, {0.125}, {0.375}};
  fit(classes, View<const double>(shares), View<const double>(variances), 40);
  mean(on, classes, none, mean_of);
  CHECK(test::largest_difference(mean_of, (shares.array() * 40 + 1.0 / 3) / 41) < 1e-14);
  // A unit type without `fit` is left unchanged.
  Layer<test::Quintic, B> user(6);
  fit(user, View<const double>(means), View<const double>(variances), 40);
  CHECK(user == Layer<test::Quintic, B>(6));
}

}  // namespace test::models_layer
