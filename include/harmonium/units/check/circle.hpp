/// \file
/// The checks of a unit on the circle, by sums over evenly spaced angles. For a smooth periodic function
/// these are integrals up to rounding.
#pragma once

#include "../family.hpp"
#include "report.hpp"
#include "states.hpp"

namespace harmonium::detail {

template <class U>
void check_circle_unit(UnitChecker& checker) {
  using F = Family<U>;
  const UnitCheckOptions& options = checker.options;
  constexpr int angles = 4096;
  const double full = 6.283185307179586476925;
  for (std::size_t point = 0; point < options.fields.size(); ++point, ++checker.step) {
    const double x = options.fields[point],
                 y = options.fields[(3 * point + 1) % options.fields.size()];  // at its own pace
    checker.field = {x, y};
    WeighedStates weights;
    for (int i = 0; i < angles; ++i) {
      const double angle = full * (i + 0.5) / angles;
      weights.add(angle, x * std::cos(angle) + y * std::sin(angle), std::log(full / angles));
    }
    weights.normalize();
    const double cosine = weights.expect([](double angle) { return std::cos(angle); }),
                 sine = weights.expect([](double angle) { return std::sin(angle); });
    const double delta[] = {0.7, -1.3};
    const auto pulled = [&](double angle) {
      return delta[0] * (std::cos(angle) - cosine) + delta[1] * (std::sin(angle) - sine);
    };
    const double expected[] = {weights.expect([&](double angle) { return std::cos(angle) * pulled(angle); }),
                               weights.expect([&](double angle) { return std::sin(angle) * pulled(angle); })};

    const auto functions = [&]<class T>(T, auto compare, const std::string& sample) {
      const T bias[] = {static_cast<T>(x), static_cast<T>(y)}, input[] = {T(0), T(0)},
              change[] = {static_cast<T>(delta[0]), static_cast<T>(delta[1])};
      T out[2];
      const GroupField<T> field{input, bias, 2};
      const Group<T> result{out, 2};
      compare("log_partition", F::log_partition(field), weights.log_sum);
      F::mean(field, result);
      compare("mean", out[0], cosine), compare("mean", out[1], sine);
      F::backpropagate(field, Group<const T>{change, 2}, result);
      compare("backpropagate", out[0], expected[0]), compare("backpropagate", out[1], expected[1]);
      F::mode(field, result);
      const double mode[] = {static_cast<double>(out[0]), static_cast<double>(out[1])};
      checker.note("mode: no state is more probable", std::hypot(x, y) - (x * mode[0] + y * mode[1]),
                   options.single_tolerance);
      checker.note("mode: is a state", std::abs(std::hypot(mode[0], mode[1]) - 1), 1e-6);

      std::vector<double> drawn, cosines, sines;
      double off = 0;
      for (Index i = 0; i < options.draws; ++i) {
        Random random{{.seed = options.seed, .step = checker.step}, 0, static_cast<std::uint32_t>(i)};
        F::sample(field, random, result);
        const double a = static_cast<double>(out[0]), b = static_cast<double>(out[1]);
        cosines.push_back(a), sines.push_back(b);
        off = std::isfinite(a + b) ? std::fmax(off, std::abs(std::hypot(a, b) - 1)) : INFINITY;
        const double angle = std::atan2(b, a);
        drawn.push_back(angle < 0 ? angle + full : angle);
      }
      checker.note(sample + ": gives states", off, 1e-6);
      checker.compare_mean(sample + ": mean", cosines, cosine, weights.expect([&](double angle) {
        return std::pow(std::cos(angle) - cosine, 2);
      }));
      checker.compare_mean(sample + ": mean", sines, sine,
                           weights.expect([&](double angle) { return std::pow(std::sin(angle) - sine, 2); }));
      std::sort(drawn.begin(), drawn.end());
      double below = 0, distance = 0;
      for (std::size_t i = 0; i + 1 < weights.x.size(); ++i) {
        below += weights.p[i];
        const auto count =
            std::lower_bound(drawn.begin(), drawn.end(), (weights.x[i] + weights.x[i + 1]) / 2) -
            drawn.begin();
        distance = std::fmax(
            distance, std::abs(static_cast<double>(count) / static_cast<double>(drawn.size()) - below));
      }
      const double chance = std::erfc(options.sigmas / std::sqrt(2.0));
      checker.note(sample + ": distribution function",
                   distance * std::sqrt(static_cast<double>(drawn.size())),
                   std::sqrt(0.5 * std::log(2 / chance)));
    };
    functions(
        double{}, [&](auto what, double value, double sum) { checker.compare(what, value, sum); }, "sample");
    functions(
        float{}, [&](auto, float value, double sum) { checker.compare_single(value, sum); },
        "sample in single precision");
  }
}

}  // namespace harmonium::detail
