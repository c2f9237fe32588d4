// Rules compared with hand-written scalar references, over several steps with changing rates.
#include <harmonium/training/gradient/optimizer_state.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace {

// What the references operate on: all parameters of a model as one long vector, in the order of the walk.
struct Flat {
  std::vector<double> numbers;
  std::vector<Role> roles;
};
template <class Model>
Flat flatten(const Model& model) {
  Flat flat;
  for_each_parameter(
      [&](const ParameterName&, Role role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) {
            flat.numbers.push_back(static_cast<double>(x(r, c)));
            flat.roles.push_back(role);
          }
      },
      model);
  return flat;
}

// Runs an optimizer for several steps with random gradients alongside reference(parameter, gradient, memory,
// step, progress) for each number, between decay and the soft threshold, and returns the largest difference.
template <class T, class Policy, class Reference>
double deviation(const Policy& policy, double weight_decay, Reference reference, double l1 = 0) {
  using Model = Rbm<Gaussian, Bernoulli, Cpu<T>>;
  Model model({.visible = 7, .hidden = 5}), gradient = zeros_like(model);
  randomise(model, 1);
  OptimizerState<Model> optimizer(model, policy);
  Flat expected = flatten(model);
  std::vector<std::array<double, 2>> memory(expected.numbers.size());
  const int steps = 7;
  for (int step = 1; step <= steps; ++step) {
    randomise(gradient, static_cast<std::uint64_t>(100 + step), 0.5, 0.1, 2.0);
    const double progress = (step - 1) / static_cast<double>(steps);
    optimizer.step(Cpu<T>(2), policy, progress, weight_decay, l1, gradient, model);
    CHECK(optimizer.steps() == static_cast<std::uint64_t>(step));
    const Flat g = flatten(gradient);
    for (std::size_t i = 0; i < g.numbers.size(); ++i) {
      double& w = expected.numbers[i];
      const bool shrinks = expected.roles[i] == Role::weight;
      const double size = step_size_at(policy, progress);
      if (shrinks) w *= 1 - size * weight_decay;
      reference(w, g.numbers[i], memory[i], step, progress);
      if (shrinks) w = std::copysign(std::fmax(std::abs(w) - size * l1, 0), w);
    }
  }
  const Flat actual = flatten(model);
  double far = 0;
  for (std::size_t i = 0; i < actual.numbers.size(); ++i)
    far = std::fmax(far, std::abs(actual.numbers[i] - expected.numbers[i]));
  return far;
}

// A step along the gradient's sign, as a user would write it.
struct Plain {
  Schedule rate = 0.1;
  static constexpr int moments = 0;
  template <class T>
  struct Rule {
    T rate;
    constexpr void operator()(T& w, T gradient) const { w += rate * sign(gradient); }
  };
  template <class T>
  Rule<T> rule(std::uint64_t /*step*/, double progress) const {
    return {static_cast<T>(rate.at(progress))};
  }
};
static_assert(Optimizer<Plain> && Optimizer<Momentum> && Optimizer<Adam> && !Optimizer<Schedule>);

}  // namespace

// Seven steps with numbers of order 1 have a few tens of roundings.
TEMPLATE_TEST_CASE("momentum moves along m = momentum m + rate gradient", "[optimizers]", float, double) {
  const double tolerance = 100 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  const Momentum momentum{.rate = linear(0.3, 0.1),
                          .momentum = Schedule([](double p) { return p < 0.5 ? 0.5 : 0.9; })};
  for (const double decay : {0.0, 0.02})
    CHECK(deviation<TestType>(momentum, decay,
                              [](double& w, double g, std::array<double, 2>& m, int, double progress) {
                                m[0] = (progress < 0.5 ? 0.5 : 0.9) * m[0] + (0.3 - 0.2 * progress) * g;
                                w += m[0];
                              }) < tolerance);
}

TEMPLATE_TEST_CASE("Adam follows algorithm 1 of Kingma and Ba", "[optimizers]", float, double) {
  const double tolerance = 200 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  const Adam adam{.rate = linear(0.1, 0.02), .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
  for (const double decay : {0.0, 0.02})
    CHECK(deviation<TestType>(adam, decay,
                              [](double& w, double g, std::array<double, 2>& m, int step, double progress) {
                                m[0] = 0.8 * m[0] + 0.2 * g;
                                m[1] = 0.95 * m[1] + 0.05 * g * g;
                                const double mean = m[0] / (1 - std::pow(0.8, step)),
                                             square = m[1] / (1 - std::pow(0.95, step));
                                w += (0.1 - 0.08 * progress) * mean / (std::sqrt(square) + 1e-3);
                              }) < tolerance);
}

TEMPLATE_TEST_CASE("Nesterov's momentum looks one step ahead", "[optimizers]", float, double) {
  // Expressed in the textbook's look-ahead point x = w + momentum m: m' = momentum m + rate g(x), w' = w +
  // m'.
  const double tolerance = 100 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  const Nesterov nesterov{.rate = linear(0.3, 0.1), .momentum = 0.8};
  CHECK(deviation<TestType>(nesterov, 0.02,
                            [](double& x, double g, std::array<double, 2>& m, int, double progress) {
                              const double w = x - 0.8 * m[0];
                              m[0] = 0.8 * m[0] + (0.3 - 0.2 * progress) * g;
                              x = w + m[0] + 0.8 * m[0];
                            }) < tolerance);
}

TEST_CASE("plain ascent follows the gradient, penalties included", "[optimizers]") {
  const auto reference = [](double& w, double g, std::array<double, 2>&, int, double progress) {
    w += 0.2 * (1 - progress) * g;
  };
  for (const double l1 : {0.0, 0.3})
    CHECK(deviation<double>(Sgd{.rate = linear(0.2, 0)}, 0.1, reference, l1) < 1e-14);
  CHECK(deviation<double>(AnyOptimizer(Sgd{.rate = linear(0.2, 0)}), 0, reference) < 1e-14);
}

TEST_CASE("a user-defined optimizer without state works", "[optimizers]") {
  CHECK(deviation<double>(Plain{.rate = linear(0.2, 0)}, 0.1,
                          [](double& w, double g, std::array<double, 2>&, int, double progress) {
                            w += 0.2 * (1 - progress) * (g > 0 ? 1 : -1);
                          }) < 1e-14);
}

TEST_CASE("a variant of optimizers works as the one that it holds", "[optimizers]") {
  const auto reference = [](double& w, double g, std::array<double, 2>& m, int, double) {
    m[0] = 0.5 * m[0] + 0.1 * g;
    w += m[0];
  };
  CHECK(deviation<double>(AnyOptimizer(Momentum{.rate = 0.1, .momentum = 0.5}), 0, reference) < 1e-14);
  CHECK(deviation<double>(AnyOptimizer(Adam{}), 0, reference) > 1e-3);
}

TEST_CASE("the first step of Adam is the rate, whatever the gradient's size", "[optimizers]") {
  for (const double size : {1e-3, 1.0, 1e6, 1e18, 1e20, 1e30, 3e38}) {
    float w = 0, m = 0, v = 0;
    Adam{.rate = 0.01}.rule<float>(1, 0)(w, static_cast<float>(-size), m, v);
    CHECK_THAT(static_cast<double>(w), WithinAbs(-0.01, 1e-6));
  }
}

TEST_CASE("a gradient of zero moves nothing", "[optimizers]") {
  double w = 3, m = 0, v = 0;
  Adam{}.rule<double>(1, 0)(w, 0, m, v);
  Momentum{}.rule<double>(1, 0)(w, 0, m);
  CHECK((w == 3 && m == 0 && v == 0));
}

TEST_CASE("a schedule is a number, a line or any function of the progress", "[optimizers]") {
  const Schedule constant = 0.3, line = linear(1, 0.5), step([](double p) { return p < 0.5 ? 2.0 : 1.0; });
  CHECK((constant.at(0) == 0.3 && constant.at(1) == 0.3));
  CHECK((line.at(0) == 1 && line.at(0.5) == 0.75 && line.at(1) == 0.5));
  CHECK((step.at(0.49) == 2 && step.at(0.5) == 1));
  CHECK(rate_at(AnyOptimizer(Adam{.rate = line}), 0.5) == 0.75);
}

TEST_CASE("a schedule falls by equal factors, along a wave, or warms up", "[optimizers]") {
  const Schedule falling = exponential(0.8, 0.1), wave = cosine(1, 0.2), warm = warm_up(0.25, linear(1, 0));
  CHECK_THAT(falling.at(0), WithinAbs(0.8, 1e-15));
  CHECK_THAT(falling.at(1.0 / 3), WithinAbs(0.4, 1e-15));
  CHECK_THAT(falling.at(1), WithinAbs(0.1, 1e-15));
  CHECK_THAT(wave.at(0), WithinAbs(1, 1e-15));
  CHECK_THAT(wave.at(0.25), WithinAbs(0.6 + 0.4 * std::sqrt(0.5), 1e-15));
  CHECK_THAT(wave.at(0.5), WithinAbs(0.6, 1e-15));
  CHECK_THAT(wave.at(1), WithinAbs(0.2, 1e-15));
  CHECK(warm.at(0) == 0);
  CHECK_THAT(warm.at(0.125), WithinAbs(0.5 * 0.875, 1e-15));
  CHECK_THAT(warm.at(0.25), WithinAbs(0.75, 1e-15));
  CHECK_THAT(warm.at(0.5), WithinAbs(0.5, 1e-15));
  CHECK_THROWS_MATCHES(exponential(0.1, 0), ValueError,
                       Message("exponential: the schedule goes from 0.1 to 0, expected numbers above 0"));
  CHECK_THROWS_MATCHES(warm_up(0, 1), ValueError,
                       Message("warm_up: share is 0, expected above 0 and at most 1"));
}

TEST_CASE("optimizers out of range are refused", "[optimizers][errors]") {
  const auto refuse = [](const AnyOptimizer& optimizer, const std::string& message) {
    CHECK_THROWS_MATCHES(check_optimizer(optimizer), ValueError, Message(message));
  };
  refuse(Momentum{.rate = -0.1}, "optimizer: rate is -0.1, expected a number of at least 0");
  refuse(Momentum{.rate = std::nan("")}, "optimizer: rate is nan, expected a number of at least 0");
  refuse(Adam{.rate = INFINITY}, "optimizer: rate is inf, expected a number of at least 0");
  refuse(Momentum{.momentum = 1}, "optimizer: momentum is 1, expected at least 0 and less than 1");
  refuse(Momentum{.momentum = -0.5}, "optimizer: momentum is -0.5, expected at least 0 and less than 1");
  const std::string betas = ", expected betas from 0 to below 1 and epsilon above 0";
  refuse(Adam{.beta1 = 1}, "optimizer: beta1, beta2, epsilon are 1, 0.999, 1e-08" + betas);
  refuse(Adam{.beta2 = 2}, "optimizer: beta1, beta2, epsilon are 0.9, 2, 1e-08" + betas);
  refuse(Adam{.epsilon = 0}, "optimizer: beta1, beta2, epsilon are 0.9, 0.999, 0" + betas);
  CHECK_NOTHROW(check_optimizer(AnyOptimizer(Adam{.rate = 0})));
  CHECK_NOTHROW(check_optimizer(Plain{}));
}
