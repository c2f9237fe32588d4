// What the library is tested against: the simplest code that can be correct. Loops over all joint states, in
// double precision, sharing nothing with the library.
//
// A Gaussian unit is a grid of states here. For a Gaussian, the trapezoidal rule is exact up to rounding for
// steps of at most 0.6 standard deviations: its error is 2 exp(-2 pi^2 / 0.6^2) = 3e-24.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace oracle {

using Numbers = std::vector<double>;

/// log of the sum of exponentials.
inline double log_sum_exp(const Numbers& terms) {
  const double largest = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

inline double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A unit, given by its states, each with one number per row.
struct Unit {
  std::vector<Numbers> states;
  Numbers log_weights;                                 // -energy of each state, without the bias term
  std::function<double(const double* x)> energy = {};  // the same for any x
};

/// A unit with finitely many states.
inline Unit finite(std::vector<Numbers> states, std::function<double(const double*)> energy) {
  Unit unit{std::move(states), {}, std::move(energy)};
  for (const Numbers& x : unit.states) unit.log_weights.push_back(-unit.energy(x.data()));
  return unit;
}
inline Unit bernoulli() {
  return finite({{0}, {1}}, [](const double*) { return 0.0; });
}
inline Unit spin() {
  return finite({{-1}, {1}}, [](const double*) { return 0.0; });
}
/// x = -2 ... 2, energy e^log_cost x^2 + skew x^3
inline Unit quintic(double log_cost, double skew) {
  return finite({{-2}, {-1}, {0}, {1}, {2}}, [=](const double* x) {
    return std::exp(log_cost) * x[0] * x[0] + skew * x[0] * x[0] * x[0];
  });
}
/// One-hot; with `or_none` also all zero.
inline Unit categorical(std::size_t count, bool or_none = false) {
  std::vector<Numbers> states;
  if (or_none) states.push_back(Numbers(count, 0.0));
  for (std::size_t k = 0; k < count; ++k) {
    states.push_back(Numbers(count, 0.0));
    states.back()[k] = 1;
  }
  return finite(std::move(states), [](const double*) { return 0.0; });
}
/// Energy e^log_precision x^2 / 2, on a grid of `reach` standard deviations on both sides of 0. The reach
/// must include the distribution's mean and 9 more of its standard deviations (the truncated part is below
/// e^-40).
inline Unit gaussian(double log_precision, double reach = 16, double step = 0.6) {
  const double precision = std::exp(log_precision), deviation = 1 / std::sqrt(precision);
  Unit unit{{}, {}, [=](const double* x) { return 0.5 * precision * x[0] * x[0]; }};
  for (double x = -reach; x <= reach; x += step) {
    unit.states.push_back({x * deviation});
    unit.log_weights.push_back(-unit.energy(unit.states.back().data()) + std::log(step * deviation));
  }
  return unit;
}

/// The same for x >= 0 only. The trapezoidal rule is not exact at an edge, so this uses panels of 2 standard
/// deviations, or a given width, with 10 Gauss-Legendre nodes each. The error is width^21 10!^4 / (21 20!^3)
/// of the 20th derivative, at most sqrt(20!) e^(t^2 / 4) of a density e^(t x - x^2 / 2) in standard
/// deviations: 2e-14 for
/// |t| <= 3.
inline Unit rectified(double log_precision, double reach = 16, double width = 2) {
  const double precision = std::exp(log_precision), deviation = 1 / std::sqrt(precision);
  Unit unit{{}, {}, [=](const double* x) { return 0.5 * precision * x[0] * x[0]; }};
  constexpr int order = 10;
  for (double from = 0; from < reach; from += width) {
    for (int i = order; i >= 1; --i) {
      double node = std::cos(3.14159265358979323846 * (i - 0.25) / (order + 0.5)), slope = 0;
      for (int step = 0; step < 8; ++step) {  // Newton's method for a root of the Legendre polynomial
        double before = 1, p = node;
        for (int n = 2; n <= order; ++n)
          before = std::exchange(p, ((2 * n - 1) * node * p - (n - 1) * before) / n);
        slope = order * (node * p - before) / (node * node - 1);
        node -= p / slope;
      }
      unit.states.push_back({(from + 0.5 * width * (1 + node)) * deviation});
      unit.log_weights.push_back(-unit.energy(unit.states.back().data()) +
                                 std::log(width * deviation / ((1 - node * node) * slope * slope)));
    }
  }
  return unit;
}
/// A dReLU unit: the panels of two truncated Gaussians, one of them mirrored, with their kinks.
inline Unit drelu(double log_precision, double asymmetry, double kink, double reach = 16, double width = 2) {
  const double above = std::exp(log_precision) / (1 + std::tanh(asymmetry)),
               below = std::exp(log_precision) / (1 - std::tanh(asymmetry));
  Unit unit{{}, {}, [=](const double* x) {
              const double precision = x[0] < 0 ? below : above;
              return 0.5 * precision * x[0] * x[0] + kink * std::sqrt(precision) * std::abs(x[0]);
            }};
  for (const double side : {-1.0, 1.0}) {
    const double precision = side < 0 ? below : above;
    const Unit half = rectified(std::log(precision), reach, width);
    for (std::size_t i = 0; i < half.states.size(); ++i) {
      unit.states.push_back({side * half.states[i][0]});
      unit.log_weights.push_back(half.log_weights[i] - kink * std::sqrt(precision) * half.states[i][0]);
    }
  }
  return unit;
}
/// Counts below `count` with energy log x!. At rates up to 20, larger counts have a total probability of
/// 1e-25.
inline Unit poisson(int count = 90) {
  std::vector<Numbers> states;
  for (int k = 0; k < count; ++k) states.push_back({static_cast<double>(k)});
  return finite(std::move(states), [](const double* x) { return std::lgamma(x[0] + 1); });
}

/// Units side by side.
struct Layer {
  std::vector<Unit> units;
  Numbers biases;  // one number per row
};

/// Two layers and weights[v][h].
struct Machine {
  Layer visible, hidden;
  std::vector<Numbers> weights;
};

/// E(x), including -bias . x.
inline double energy(const Layer& layer, const Numbers& x) {
  double sum = -dot(layer.biases, x);
  std::size_t row = 0;
  for (const Unit& unit : layer.units) {
    sum += unit.energy(x.data() + row);
    row += unit.states[0].size();
  }
  return sum;
}

/// Calls f(x, -E(x)) for each joint state of a layer.
template <class F>
void for_each_state(const Layer& layer, F f) {
  std::vector<std::size_t> digits(layer.units.size(), 0);
  for (;;) {
    Numbers x;
    double log_weight = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const Unit& unit = layer.units[i];
      x.insert(x.end(), unit.states[digits[i]].begin(), unit.states[digits[i]].end());
      log_weight += unit.log_weights[digits[i]];
    }
    f(x, log_weight + dot(layer.biases, x));
    std::size_t i = 0;
    while (i < digits.size() && ++digits[i] == layer.units[i].states.size()) digits[i++] = 0;
    if (i == digits.size()) return;
  }
}

/// log of the sum over a layer's states of exp(-E(x) + input . x)
inline double log_partition(const Layer& layer, const Numbers& input) {
  Numbers terms;
  for_each_state(layer,
                 [&](const Numbers& x, double log_weight) { terms.push_back(log_weight + dot(input, x)); });
  return log_sum_exp(terms);
}

/// E[f(x) | input], where f returns several numbers.
template <class F>
Numbers expectation(const Layer& layer, const Numbers& input, F f) {
  const double log_z = log_partition(layer, input);
  Numbers sum;
  for_each_state(layer, [&](const Numbers& x, double log_weight) {
    const double p = std::exp(log_weight + dot(input, x) - log_z);
    const Numbers values = f(x);
    sum.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) sum[i] += p * values[i];
  });
  return sum;
}
inline Numbers mean(const Layer& layer, const Numbers& input) {
  return expectation(layer, input, [](const Numbers& x) { return x; });
}

/// W^T v
inline Numbers hidden_input(const Machine& machine, const Numbers& v) {
  Numbers input(machine.hidden.biases.size(), 0.0);
  for (std::size_t i = 0; i < v.size(); ++i)
    for (std::size_t j = 0; j < input.size(); ++j) input[j] += machine.weights[i][j] * v[i];
  return input;
}
/// W h
inline Numbers visible_input(const Machine& machine, const Numbers& h) {
  Numbers input(machine.visible.biases.size(), 0.0);
  for (std::size_t i = 0; i < input.size(); ++i)
    for (std::size_t j = 0; j < h.size(); ++j) input[i] += machine.weights[i][j] * h[j];
  return input;
}

/// E(v, h)
inline double energy(const Machine& machine, const Numbers& v, const Numbers& h) {
  return energy(machine.visible, v) + energy(machine.hidden, h) - dot(hidden_input(machine, v), h);
}

/// -log of the sum over h of exp(-E(v, h))
inline double free_energy(const Machine& machine, const Numbers& v) {
  return energy(machine.visible, v) - log_partition(machine.hidden, hidden_input(machine, v));
}

/// log of the sum over all v and h of exp(-E(v, h))
inline double log_z(const Machine& machine) {
  Numbers terms;
  for_each_state(machine.visible, [&](const Numbers& v, double log_weight_v) {
    const Numbers input = hidden_input(machine, v);
    Numbers inner;
    for_each_state(machine.hidden, [&](const Numbers& h, double log_weight_h) {
      inner.push_back(log_weight_v + log_weight_h + dot(input, h));
    });
    terms.push_back(log_sum_exp(inner));
  });
  return log_sum_exp(terms);
}

/// States and their probabilities.
struct Distribution {
  std::vector<Numbers> states;
  Numbers probabilities;
  /// E[f(x)], where f returns one number.
  template <class F>
  double expect(F f) const {
    double sum = 0;
    for (std::size_t i = 0; i < states.size(); ++i) sum += probabilities[i] * f(states[i]);
    return sum;
  }
};

/// p(x | input) over all joint states of a layer.
inline Distribution conditional(const Layer& layer, const Numbers& input) {
  const double log_z = log_partition(layer, input);
  Distribution result;
  for_each_state(layer, [&](const Numbers& x, double log_weight) {
    result.states.push_back(x);
    result.probabilities.push_back(std::exp(log_weight + dot(input, x) - log_z));
  });
  return result;
}

/// p(v)
inline Distribution visible_distribution(const Machine& machine) {
  const double z = log_z(machine);
  Distribution result;
  for_each_state(machine.visible, [&](const Numbers& v, double log_weight) {
    result.states.push_back(v);
    result.probabilities.push_back(
        std::exp(log_weight + log_partition(machine.hidden, hidden_input(machine, v)) - z));
  });
  return result;
}

/// A layer's states, listed once for many sums over them.
struct States {
  explicit States(const Layer& layer) {
    for_each_state(layer, [&](const Numbers& x, double log_weight) {
      states.push_back(x);
      log_weights.push_back(log_weight);
    });
  }
  /// p(x | input) of each.
  Numbers conditional(const Numbers& input) const {
    Numbers p(states.size());
    for (std::size_t k = 0; k < p.size(); ++k) p[k] = log_weights[k] + dot(input, states[k]);
    const double top = *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& x : p) sum += x = x < top - 700 ? 0 : std::exp(x - top);  // no slow subnormal numbers
    for (double& x : p) x /= sum;
    return p;
  }
  std::vector<Numbers> states;
  Numbers log_weights;
};

/// Block Gibbs sampling, exactly.
class GibbsChain {
 public:
  explicit GibbsChain(const Machine& machine)
      : machine_(machine), visible_(machine.visible), hidden_(machine.hidden) {}

  /// The distribution over v after one step from another: h ~ p(h | v), then v ~ p(v | h). What is less
  /// likely than 1e-25 is left out: the distant corners of a continuous unit's grid.
  Distribution step(const Distribution& from) const {
    Numbers h(hidden_.states.size(), 0.0), v(visible_.states.size(), 0.0);
    const auto add = [](Numbers& sum, double factor, const Numbers& p) {
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += factor * p[k];
    };
    for (std::size_t i = 0; i < from.states.size(); ++i)
      if (from.probabilities[i] > 1e-25)
        add(h, from.probabilities[i], hidden_.conditional(hidden_input(machine_, from.states[i])));
    for (std::size_t j = 0; j < h.size(); ++j)
      if (h[j] > 1e-25) add(v, h[j], visible_.conditional(visible_input(machine_, hidden_.states[j])));
    return {visible_.states, v};
  }

 private:
  Machine machine_;
  States visible_, hidden_;
};

inline Distribution gibbs_step(const Machine& machine, const Distribution& from) {
  return GibbsChain(machine).step(from);
}

/// df/dx by central differences of fourth order: with a step of 1e-3 and values of order 1, the error is
/// about 1e-3^4 / 30 times the fifth derivative, plus 1e-12 from rounding.
template <class F>
double derivative(F f, double x, double step = 1e-3) {
  return (8 * (f(x + step) - f(x - step)) - (f(x + 2 * step) - f(x - 2 * step))) / (12 * step);
}

}  // namespace oracle
