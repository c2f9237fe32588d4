// Exact sums over grids of states against a plain enumeration: one column per state, the whole field of each
// by a matrix product, and a logarithm per unit and state.
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/inference/exact/samples.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::inference_exact_factorised {

namespace {

// All hidden states of a small model at once.
template <class R>
struct Plain {
  double log_z = 0;
  R moments;

  explicit Plain(const R& rbm) : moments(zeros_like(rbm)) {
    const Cpu<double> on;
    const auto count = static_cast<Index>(state_count(rbm.hidden));
    Eigen::MatrixXd h(rbm.hidden.rows(), count), p = Eigen::MatrixXd::Zero(1, count);
    write_states(rbm.hidden, 0, View<double>(h));
    const Eigen::MatrixXd input = rbm.weights * h;
    add_energy(on, rbm.hidden, View<const double>(h), -1, View<double>(p));
    add_log_partition(on, rbm.visible, View<const double>(input), 1, View<double>(p));
    double top = p(0, 0), sum = 0;
    for (Index c = 0; c < count; ++c) top = std::max(top, p(0, c));
    for (Index c = 0; c < count; ++c) sum += std::exp(p(0, c) - top);
    log_z = top + std::log(sum);
    for (Index c = 0; c < count; ++c) p(0, c) = std::exp(p(0, c) - log_z);
    Eigen::MatrixXd v(input.rows(), count);
    mean(on, rbm.visible, View<const double>(input), View<double>(v));
    add_mean_statistics(on, rbm.visible, View<const double>(input), View<const double>(v),
                        View<const double>(p), moments.visible);
    add_statistics(on, rbm.hidden, View<const double>(h), View<const double>(p), moments.hidden);
    for (Index c = 0; c < count; ++c) moments.weights += v.col(c) * (p(0, c) * h.col(c).transpose());
  }
};

// The largest difference between moments, relative to the largest of them.
template <class R>
double relative_difference(const R& a, const R& b) {
  const oracle::Numbers x = flatten(a), y = flatten(b);
  double largest = 1;
  for (const double number : y) largest = std::max(largest, std::abs(number));
  return largest_difference(x, y) / largest;
}

template <class R>
void check_sums(const R& rbm, double moments_tolerance = 1e-12) {
  const Plain<R> plain(rbm);
  REQUIRE(std::isfinite(plain.log_z));
  const Cpu<double> one, two(2);
  const double log_z = detail::log_z_by_hidden(rbm, one);
  CHECK(std::abs(log_z - plain.log_z) <= 1e-12 * std::max(1.0, std::abs(plain.log_z)));
  const R moments = detail::moments_by_hidden(rbm, one);
  CHECK(relative_difference(moments, plain.moments) < moments_tolerance);
  CHECK(detail::log_z_by_hidden(rbm, two) == log_z);
  CHECK(detail::log_z_by_hidden(rbm, Cpu<double>(5)) == log_z);
  CHECK(detail::moments_by_hidden(rbm, two) == moments);
  const auto turned = detail::exchanged(rbm);
  CHECK(detail::log_z_by_visible(turned, two) == log_z);
  CHECK(detail::exchanged(detail::moments_by_visible(turned, two)) == moments);
}

// Several hundred to a few thousand hidden states: more than the low side of a grid has.
template <class H>
LayerSize<H> many() {
  if constexpr (is_grouped<H>) {
    return {6, 3};
  } else {
    return H::states == 2 ? 11 : 5;
  }
}
// Whole fours of units, and some left over.
template <class V>
LayerSize<V> odd() {
  if constexpr (is_grouped<V>) {
    return {5, 4};
  } else {
    return 7;
  }
}

}  // namespace

TEMPLATE_PRODUCT_TEST_CASE("sums over a grid of states are those of the enumeration", "[exact][oracle]", Pair,
                           ((Bernoulli, Bernoulli), (Bernoulli, Spin), (Bernoulli, Categorical),
                            (Bernoulli, AtMostOne), (Bernoulli, Quintic), (Spin, Bernoulli), (Spin, Spin),
                            (Spin, Categorical), (Categorical, Bernoulli), (Categorical, Spin),
                            (Categorical, Categorical), (AtMostOne, Spin), (Quintic, Categorical),
                            (PlainSpin, Bernoulli), (PlainCategorical, Bernoulli), (Gaussian, Bernoulli),
                            (Gaussian, Spin), (Gaussian, Categorical), (PlainGaussian, Bernoulli),
                            (Rectified, Bernoulli), (Rectified, Spin), (Rectified, Categorical),
                            (Poisson, Bernoulli), (Poisson, Spin), (Poisson, Categorical))) {
  using R = TestType;
  [&]<class V, class H>(const Rbm<V, H, Cpu<double>>*) {
    for (const double weights : {0.2, 0.6}) {
      R rbm({.visible = odd<V>(), .hidden = many<H>()});
      randomise(rbm, 3, weights);
      check_sums(rbm);
      // The sums are always in double precision.
      const auto narrow = convert<Cpu<float>>(rbm);
      CHECK(exact_log_z(narrow) == exact_log_z(convert<Cpu<double>>(narrow)));
    }
  }(static_cast<const R*>(nullptr));
}

TEST_CASE("layers of several unit types are summed part by part", "[exact][oracle][mixed]") {
  using Row = Mixed<Bernoulli, Categorical, Gaussian, Rectified, Poisson, Spin>;
  Rbm<Row, Mixed<Bernoulli, Categorical, Spin>, Cpu<double>> rbm{
      {.visible = {5, {2, 3}, 2, 1, 1, 0}, .hidden = {3, {3, 3}, 3}}};
  randomise(rbm, 2, 0.3);
  check_sums(rbm);
}

TEST_CASE("sums over several blocks of a grid are those of the enumeration", "[exact][oracle][slow]") {
  BernoulliBernoulli binary{{.visible = 6, .hidden = 17}};  // 131072 states: two blocks
  randomise(binary, 5, 0.7);
  check_sums(binary);
  CategoricalCategorical groups{{.visible = {2, 3}, .hidden = {2, 300}}};  // the first unit is a whole side
  randomise(groups, 5, 0.7);
  check_sums(groups);
  Rbm<Spin, Categorical, Cpu<double>> large{
      {.visible = 3, .hidden = {1, 5000}}};  // more than a side may have
  randomise(large, 5, 0.7);
  check_sums(large);
}

TEMPLATE_PRODUCT_TEST_CASE("without weights, log Z is that of independent units", "[exact]", Pair,
                           ((Bernoulli, Bernoulli), (Spin, Categorical), (Categorical, Spin),
                            (Gaussian, Bernoulli), (Rectified, Spin), (Poisson, Categorical))) {
  using R = TestType;
  [&]<class V, class H>(const Rbm<V, H, Cpu<double>>*) {
    R rbm({.visible = odd<V>(), .hidden = many<H>()});
    randomise(rbm, 4, 0.5);
    rbm.weights.setZero();
    Eigen::MatrixXd closed = Eigen::MatrixXd::Zero(1, 1);
    const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(rbm.visible.rows(), 1),
                          h = Eigen::MatrixXd::Zero(rbm.hidden.rows(), 1);
    add_log_partition(Cpu<double>{}, rbm.visible, View<const double>(v), 1, View<double>(closed));
    add_log_partition(Cpu<double>{}, rbm.hidden, View<const double>(h), 1, View<double>(closed));
    CHECK(std::abs(detail::log_z_by_hidden(rbm, Cpu<double>(2)) - closed(0, 0)) < 1e-12 * (1 + closed(0, 0)));
  }(static_cast<const R*>(nullptr));
}

TEMPLATE_PRODUCT_TEST_CASE("extreme fields neither overflow nor lose precision", "[exact][oracle]", Pair,
                           ((Bernoulli, Bernoulli), (Bernoulli, Spin), (Spin, Bernoulli),
                            (Categorical, Categorical), (AtMostOne, Bernoulli), (Quintic, Spin),
                            (Gaussian, Bernoulli), (Rectified, Bernoulli))) {
  using R = TestType;
  [&]<class V, class H>(const Rbm<V, H, Cpu<double>>*) {
    for (const auto& [weights, biases] : {std::pair{1.0, 1e3}, std::pair{1e3, 1.0}, std::pair{1e3, 1e3},
                                          std::pair{60.0, 100.0}, std::pair{200.0, 400.0}}) {
      INFO("weights " << weights << ", biases " << biases);
      R rbm({.visible = odd<V>(), .hidden = many<H>()});
      randomise(rbm, 6, weights, biases);
      // Fields are rounded to 1e-13 or more, which moves probabilities by as much.
      check_sums(rbm, 1e-9);
      R one = rbm;  // a single weight
      randomise(one, 7, 0.5, 0.5);
      one.weights(1, 2) = -weights;
      one.weights(3, 1) = biases;
      check_sums(one, 1e-9);
    }
  }(static_cast<const R*>(nullptr));
}

TEST_CASE("extreme fields of counts", "[exact][oracle]") {
  using Counts = Rbm<Poisson, Bernoulli, Cpu<double>>;
  Counts rbm{{.visible = 3, .hidden = 10}};
  randomise(rbm, 1);
  rbm.visible.parameters.setConstant(-1000);
  rbm.weights.row(0).setConstant(-1000);
  rbm.weights.row(1).setConstant(99);
  rbm.weights.row(2).setConstant(-0.1);
  check_sums(rbm, 1e-9);
  rbm.visible.parameters.setConstant(-400);  // a rate of e^590 at most
  CHECK_THAT(exact_log_z(rbm), Catch::Matchers::WithinRel(Plain<Counts>(rbm).log_z, 1e-12));
  rbm.weights.row(1).setConstant(150);
  CHECK_THROWS_AS(exact_log_z(rbm), ValueError);
}

TEST_CASE("products of more factors than a number can hold", "[exact][oracle]") {
  for (const double bias : {-3.0, 0.5, 40.0, 110.0, 250.0, 550.0}) {
    BernoulliBernoulli rbm{{.visible = 403, .hidden = 9}};
    randomise(rbm, 8, 2.0, 1.0);
    rbm.visible.parameters.array() += bias;
    check_sums(rbm, 1e-11);
    CategoricalBernoulli groups{{.visible = {101, 7}, .hidden = 9}};
    randomise(groups, 8, 2.0, 1.0);
    for (Index r = 0; r < groups.visible.rows(); r += 7) groups.visible.parameters(r, 0) -= bias;
    check_sums(groups, 1e-11);
  }
}

TEST_CASE("parameters that are not numbers give no log Z", "[exact][errors]") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    for (int place = 0; place < 3; ++place) {
      BernoulliBernoulli rbm{{.visible = 9, .hidden = 10}};
      randomise(rbm, 8);
      if (place == 0) rbm.weights(3, 4) = bad;
      if (place == 1) rbm.visible.parameters(8, 0) = bad;
      if (place == 2) rbm.hidden.parameters(9, 0) = bad;
      INFO(bad << " at " << place);
      CHECK_THROWS_AS(detail::log_z_by_hidden(rbm, Cpu<double>(2)), ValueError);
      CHECK_THROWS_AS(detail::log_z_by_visible(rbm, Cpu<double>(2)), ValueError);
    }
  BernoulliBernoulli off{{.visible = 9, .hidden = 10}};  // but a unit may be off for good
  randomise(off, 8);
  auto without = off;
  off.visible.parameters(8, 0) = -INFINITY;
  without.visible.parameters(8, 0) = -1e4;
  CHECK(detail::log_z_by_hidden(off, Cpu<double>()) == detail::log_z_by_hidden(without, Cpu<double>()));
}

TEST_CASE("exact samples are the same for any number of threads", "[exact][samples]") {
  BernoulliBernoulli rbm{{.visible = 30, .hidden = 17}};
  randomise(rbm, 9);
  CHECK(exact_samples(rbm, 50, 1, Cpu<double>(1)) == exact_samples(rbm, 50, 1, Cpu<double>(4)));
}

}  // namespace test::inference_exact_factorised
