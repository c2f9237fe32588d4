// Up and down through an RBM or a DBN: means by hand, and averages of stochastic passes against their
// expectation.
#include <harmonium/inference/reconstruction.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_reconstruction {

namespace {

using Units = Stack<Gaussian, Categorical, Bernoulli>;
using Deep = Dbn<Units, Cpu<double>>;

Deep deep_model(double weights = 0.5) {
  Deep dbn{{3, GroupedSize{.units = 2, .states = 3}, 3, 2}};
  randomise(dbn, 5, weights);
  return dbn;
}

// The oracle's machines of a DBN, from the bottom up.
std::vector<oracle::Machine> machines_of(const Deep& dbn) {
  std::vector<oracle::Machine> machines;
  for_each_rbm(dbn, [&](const auto& rbm, Index) { machines.push_back(oracle_of(rbm)); });
  return machines;
}
oracle::Numbers up(const oracle::Machine& machine, const oracle::Numbers& v) {
  return oracle::mean(machine.hidden, oracle::hidden_input(machine, v));
}
oracle::Numbers down(const oracle::Machine& machine, const oracle::Numbers& h) {
  return oracle::mean(machine.visible, oracle::visible_input(machine, h));
}

// All outcomes of the draws, with their probabilities: the distribution over one layer's states that follows
// from one over another's.
template <class Layer, class Input>
oracle::Distribution follow(const Layer& to, const oracle::Distribution& from, Input input) {
  oracle::Distribution result;
  for (std::size_t i = 0; i < from.states.size(); ++i) {
    const auto given = oracle::conditional(to, input(from.states[i]));
    if (result.states.empty()) {
      result.states = given.states;
      result.probabilities.assign(given.states.size(), 0.0);
    }
    for (std::size_t j = 0; j < given.states.size(); ++j)
      result.probabilities[j] += from.probabilities[i] * given.probabilities[j];
  }
  return result;
}
oracle::Distribution draw_up(const oracle::Machine& machine, const oracle::Distribution& v) {
  return follow(machine.hidden, v,
                [&](const oracle::Numbers& x) { return oracle::hidden_input(machine, x); });
}
oracle::Distribution draw_down(const oracle::Machine& machine, const oracle::Distribution& h) {
  return follow(machine.visible, h,
                [&](const oracle::Numbers& x) { return oracle::visible_input(machine, x); });
}
oracle::Distribution certain(const oracle::Numbers& x) { return {{x}, {1}}; }

// Does the average over all columns agree with E[f(x)] over a distribution of x? A column averages `passes`
// draws of f(x).
template <class F>
void check_average(const Eigen::MatrixXd& average, int passes, const oracle::Distribution& p, F f) {
  const double n = static_cast<double>(average.cols()) * passes;
  std::vector<oracle::Numbers> values;  // once per state: f may sum over a layer
  for (const oracle::Numbers& x : p.states) values.push_back(f(x));
  for (Index r = 0; r < average.rows(); ++r) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double number = values[i][static_cast<std::size_t>(r)];
      mean += p.probabilities[i] * number;
      square += p.probabilities[i] * number * number;
    }
    const double deviation = std::sqrt(square - mean * mean);
    REQUIRE(deviation > 0.005);  // otherwise nothing could be seen
    CHECK(standard_errors(average.row(r).mean(), mean, deviation, n) < sigmas);
    // And its spread is that of an average of `passes` draws; the relative error of the spread is 1 / sqrt(2
    // columns).
    const double spread = std::sqrt((average.row(r).array() - average.row(r).mean()).square().mean());
    CHECK(std::abs(spread * std::sqrt(passes) / deviation - 1) < 0.1);
  }
}

}  // namespace

TEST_CASE("codes, decoded codes and reconstructions are means of means", "[reconstruction][oracle]") {
  const Deep dbn = deep_model();
  const auto machines = machines_of(dbn);
  const Eigen::MatrixXd v = some_states(std::get<GaussianCategorical>(dbn.rbms[0]), 4, 1);
  const Eigen::MatrixXd codes = encode(dbn, v), decoded = decode(dbn, codes), both = reconstruct(dbn, v);
  REQUIRE((codes.rows() == 2 && decoded.rows() == 3));
  for (Index c = 0; c < 4; ++c) {
    const auto top = up(machines[2], up(machines[1], up(machines[0], column_of(v, c))));
    CHECK(largest_difference(codes.col(c), columns({top})) < 1e-12);
    const auto bottom = down(machines[0], down(machines[1], down(machines[2], top)));
    CHECK(largest_difference(decoded.col(c), columns({bottom})) < 1e-12);
    CHECK(largest_difference(both.col(c), columns({bottom})) < 1e-12);
  }
  const auto& rbm = std::get<GaussianCategorical>(dbn.rbms[0]);  // an RBM is a stack of one
  CHECK(largest_difference(encode(rbm, v), mean_hidden(rbm, v)) < 1e-12);
  CHECK(largest_difference(decode(rbm, mean_hidden(rbm, v)), mean_visible(rbm, mean_hidden(rbm, v))) < 1e-12);
  CHECK(largest_difference(reconstruct(rbm, v), mean_visible(rbm, mean_hidden(rbm, v))) < 1e-12);
}

TEST_CASE("averaged stochastic passes approach their exact expectation", "[reconstruction][oracle][slow]") {
  const Deep dbn = deep_model(1.5);
  const auto machines = machines_of(dbn);
  const oracle::Numbers sample{0.5, -1, 0.8}, code{1, 0};
  const int passes = 10;
  const Eigen::MatrixXd v = columns(std::vector<oracle::Numbers>(3000, sample));
  const Eigen::MatrixXd h = columns(std::vector<oracle::Numbers>(3000, code));

  // Layers below the top pass on draws, the top returns its means.
  const auto second = draw_up(machines[1], draw_up(machines[0], certain(sample)));
  check_average(encode(dbn, v, {.passes = passes, .seed = 3}), passes, second,
                [&](const oracle::Numbers& x) { return up(machines[2], x); });

  // Down from the code itself.
  const auto first = draw_down(machines[1], draw_down(machines[2], certain(code)));
  check_average(decode(dbn, h, {.passes = passes, .seed = 3}), passes, first,
                [&](const oracle::Numbers& x) { return down(machines[0], x); });

  // Both ways: the top draws too.
  const auto there_and_back = draw_down(machines[1], draw_down(machines[2], draw_up(machines[2], second)));
  check_average(reconstruct(dbn, v, {.passes = passes, .seed = 3}), passes, there_and_back,
                [&](const oracle::Numbers& x) { return down(machines[0], x); });
}

TEST_CASE("stochastic passes take all randomness from the seed", "[reconstruction]") {
  const Deep dbn = deep_model(1.5);
  const Eigen::MatrixXd v = some_states(std::get<GaussianCategorical>(dbn.rbms[0]), 40, 1);
  const PassOptions options{.passes = 2, .seed = 3}, other{.passes = 2, .seed = 4};
  CHECK(encode(dbn, v, options) == encode(dbn, v, options));
  CHECK(encode(dbn, v, options) == encode(dbn, v, options, Cpu<double>(3)));
  CHECK(encode(dbn, v, options) != encode(dbn, v, other));
  CHECK(reconstruct(dbn, v, options) == reconstruct(dbn, v, options));
  CHECK(reconstruct(dbn, v, options) != reconstruct(dbn, v, other));
  // Different passes differ.
  const Eigen::MatrixXd one = encode(dbn, v, {.passes = 1, .seed = 3}), two = encode(dbn, v, options);
  CHECK(largest_difference(one, two) > 1e-3);
}

TEST_CASE("codes and reconstructions refuse samples of another size", "[reconstruction][errors]") {
  const Deep dbn = deep_model();
  const Eigen::MatrixXd five = Eigen::MatrixXd::Zero(5, 1), three = Eigen::MatrixXd::Zero(3, 1);
  CHECK_THROWS_MATCHES(encode(dbn, five), ShapeError,
                       Message("encode: the data have 5 rows, the model has 3"));
  CHECK_THROWS_MATCHES(decode(dbn, five), ShapeError,
                       Message("decode: the codes have 5 rows, the top layer has 2"));
  CHECK_THROWS_MATCHES(reconstruct(dbn, five), ShapeError,
                       Message("reconstruct: the data have 5 rows, the model has 3"));
  CHECK_THROWS_MATCHES(encode(dbn, three, {.passes = -1}), ValueError,
                       Message("encode: passes is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(encode(Deep{}, three), ShapeError, Message("encode: the DBN has no layers"));
  CHECK_THROWS_MATCHES(decode(Deep{}, three), ShapeError, Message("decode: the DBN has no layers"));
}

}  // namespace test::inference_reconstruction
