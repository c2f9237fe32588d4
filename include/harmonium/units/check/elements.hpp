/// \file
/// The checks of an element-wise unit.
#pragma once

#include <array>
#include <tuple>

#include "../family.hpp"
#include "report.hpp"
#include "states.hpp"

namespace harmonium::detail {

/// df / dx by central differences of fourth order
template <class F>
double slope(F f, double x) {
  const double h = 1e-3;
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

template <class U, class T>
bool is_accepted(T x) {
  if constexpr (requires { U::accepts(x); }) {
    return U::accepts(x);
  } else {
    return std::isfinite(x);
  }
}

/// An element-wise unit at one field with given shape parameters.
template <class U>
struct UnitAt {
  using F = Family<U>;
  static constexpr std::size_t shapes = static_cast<std::size_t>(F::shapes);
  UnitChecker& checker;
  double field;
  std::array<double, shapes> shape;

  /// f(shape...) with numbers of type T.
  template <class T = double, class G>
  auto with_shape(G f) const {
    return std::apply([&](auto... s) { return f(static_cast<T>(s)...); }, shape);
  }
  double energy(double x) const {
    return with_shape([&](auto... s) { return F::energy(x, s...); });
  }
  double log_weight(double x) const { return field * x - energy(x); }

  template <class T>
  std::vector<double> draw() const {
    const Draws draws{.seed = checker.options.seed, .step = checker.step};
    std::vector<double> x(static_cast<std::size_t>(checker.options.draws));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto column = static_cast<std::uint32_t>(i);
      const auto one = [&](auto random) {
        return with_shape<T>([&](auto... s) { return F::sample(static_cast<T>(field), random, s...); });
      };
      if constexpr (F::one_uniform) {
        x[i] = static_cast<double>(one(OneUniform{draws.words_of_four_rows(0, column).word[0]}));
      } else {
        x[i] = static_cast<double>(one(Random{draws, 0, column}));
      }
    }
    return x;
  }

  WeighedStates states(const std::vector<double>& draws) const {
    if constexpr (FiniteUnit<U>) {
      std::array<double, static_cast<std::size_t>(U::states)> all;
      for (std::size_t k = 0; k < all.size(); ++k) all[k] = F::template state<double>(static_cast<int>(k));
      std::sort(all.begin(), all.end());
      WeighedStates result;
      result.whole = true;
      for (const double x : all) result.add(x, log_weight(x));
      result.normalize();
      return result;
    } else {
      Support support{[this](double x) { return log_weight(x); }, is_accepted<U, double>,
                      checker.options.lowest, checker.options.highest};
      if constexpr (requires { U::kink_at_zero; }) support.kink_at_zero = U::kink_at_zero;
      return support.weigh(draws);
    }
  }

  void check_moments(const WeighedStates& states) const {
    const double mean = states.expect([](double x) { return x; });
    const double variance = states.expect([&](double x) { return (x - mean) * (x - mean); });
    with_shape([&](auto... s) {
      checker.compare("log_partition", F::log_partition(field, s...), states.log_sum);
      checker.compare("slope of log_partition along the field",
                      slope([&](double f) { return F::log_partition(f, s...); }, field), mean);
      checker.compare("mean", F::mean(field, s...), mean);
      checker.compare("variance", F::variance(field, s...), variance);
      for (const double delta : {1.0, -2.5})
        checker.compare("backpropagate", F::backpropagate(field, delta, s...), delta * variance);
    });
    with_shape<float>([&](auto... s) {
      const auto f = static_cast<float>(field);
      checker.compare_single(F::log_partition(f, s...), states.log_sum);
      checker.compare_single(F::mean(f, s...), mean);
      checker.compare_single(F::variance(f, s...), variance);
      checker.compare_single(F::backpropagate(f, -2.5f, s...), -2.5 * variance);
    });
  }

  template <std::size_t which>
  void check_statistic(const WeighedStates& states) const {
    const std::string of = std::string(" of ") + U::shape[which];
    const auto along = [&](auto f) {
      return slope(
          [&](double number) {
            auto moved = shape;
            moved[which] = number;
            return std::apply(f, moved);
          },
          shape[which]);
    };
    const auto statistic = [&](double x) { return -along([&](auto... s) { return F::energy(x, s...); }); };
    const double expected = states.expect(statistic);
    constexpr int w = static_cast<int>(which);
    with_shape([&](auto... s) {
      for (std::size_t i = 0; i < states.x.size(); i += 1 + states.x.size() / 64)
        checker.compare("statistic" + of, F::template statistic<w>(states.x[i], s...),
                        statistic(states.x[i]));
      checker.compare("slope of log_partition along " + std::string(U::shape[which]),
                      along([&](auto... m) { return F::log_partition(field, m...); }), expected);
      checker.compare("mean_statistic" + of, F::template mean_statistic<w>(field, s...), expected);
    });
    with_shape<float>([&](auto... s) {
      checker.compare_single(F::template mean_statistic<w>(static_cast<float>(field), s...), expected);
    });
  }

  void check_mode(const WeighedStates& states) const {
    with_shape([&](auto... s) {
      if constexpr (FiniteUnit<U> || requires { U::mode(field, s...); }) {
        const double mode = F::mode(field, s...);
        const bool state = is_state(states, mode);
        checker.note("mode: is a state", state ? 0 : 1, 0);
        if (state)
          checker.note("mode: no state is more probable", states.log_highest - log_weight(mode),
                       checker.options.tolerance);
      }
    });
  }

  void check_draws(const WeighedStates& states, std::vector<double> draws, const std::string& sample) const {
    const double mean = states.expect([](double x) { return x; });
    const auto square = [&](double x) { return (x - mean) * (x - mean); };
    const double variance = states.expect(square);
    const double spread = states.expect([&](double x) { return std::pow(square(x) - variance, 2); });
    std::vector<double> squares(draws.size());
    std::transform(draws.begin(), draws.end(), squares.begin(), square);
    checker.note(sample + ": gives states",
                 static_cast<double>(std::count_if(draws.begin(), draws.end(),
                                                   [&](double x) { return !is_state(states, x); })),
                 0);
    checker.compare_mean(sample + ": mean", draws, mean, variance);
    checker.compare_mean(sample + ": variance", squares, variance, spread);
    // Kolmogorov-Smirnov: the distance of the distribution functions, evaluated between states
    std::replace_if(
        draws.begin(), draws.end(), [](double x) { return std::isnan(x); }, INFINITY);
    std::sort(draws.begin(), draws.end());
    double below = 0, distance = 0;
    for (std::size_t i = 0; i + 1 < states.x.size(); ++i) {
      below += states.p[i];
      const auto count =
          std::lower_bound(draws.begin(), draws.end(), (states.x[i] + states.x[i + 1]) / 2) - draws.begin();
      distance = std::fmax(distance,
                           std::abs(static_cast<double>(count) / static_cast<double>(draws.size()) - below));
    }
    const double chance = std::erfc(checker.options.sigmas / std::sqrt(2.0));
    checker.note(sample + ": distribution function", distance * std::sqrt(static_cast<double>(draws.size())),
                 std::sqrt(0.5 * std::log(2 / chance)));
  }
  /// Is x a state, up to the rounding of single precision?
  static bool is_state(const WeighedStates& states, double x) {
    if (!std::isfinite(x) || !is_accepted<U>(x)) return false;
    if (!states.whole) return true;
    const auto near = std::lower_bound(states.x.begin(), states.x.end(), x - 1e-6 * (1 + std::abs(x)));
    return near != states.x.end() && *near <= x + 1e-6 * (1 + std::abs(x));
  }
};

template <class U>
void check_element_unit(UnitChecker& checker) {
  constexpr std::size_t shapes = UnitAt<U>::shapes;
  const UnitCheckOptions& options = checker.options;
  std::array<std::size_t, shapes> digits{};
  for (;;) {  // all combinations of shape parameters
    for (const double field : options.fields) {
      UnitAt<U> unit{checker, field, {}};
      for (std::size_t i = 0; i < shapes; ++i) unit.shape[i] = options.shapes[digits[i]];
      checker.field = {field};
      checker.shape.assign(unit.shape.begin(), unit.shape.end());
      const std::vector<double> draws = unit.template draw<double>();
      const WeighedStates states = unit.states(draws);
      unit.check_moments(states);
      if constexpr (!has_fixed_shapes<U>) [&]<std::size_t... I>(std::index_sequence<I...>) {
          (unit.template check_statistic<I>(states), ...);
        }
      (std::make_index_sequence<shapes>{});
      unit.check_mode(states);
      unit.check_draws(states, draws, "sample");
      unit.check_draws(states, unit.template draw<float>(), "sample in single precision");
      if constexpr (FiniteUnit<U>) {
        for (int k = 0; k < U::states; ++k)
          checker.note("accepts: every state", is_accepted<U>(U::template state<double>(k)) ? 0 : 1, 0);
      }
      ++checker.step;
    }
    std::size_t i = 0;
    while (i < shapes && ++digits[i] == options.shapes.size()) digits[i++] = 0;
    if (i == shapes) return;
  }
}

}  // namespace harmonium::detail
