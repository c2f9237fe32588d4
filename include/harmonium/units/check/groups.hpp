/// \file
/// The checks of a grouped unit: its states are finitely many, so everything is a sum over them.
#pragma once

#include <map>

#include "../family.hpp"
#include "report.hpp"
#include "states.hpp"

namespace harmonium::detail {

template <class U>
bool is_accepted_group(Group<const double> x) {
  if constexpr (requires { U::accepts(x); }) {
    return U::accepts(x);
  } else {
    return true;
  }
}

template <class T>
std::vector<T> in_numbers_of(const std::vector<double>& numbers) {
  return std::vector<T>(numbers.begin(), numbers.end());
}

template <class U>
void check_grouped_unit(UnitChecker& checker) {
  using F = Family<U>;
  const UnitCheckOptions& options = checker.options;
  const Index rows = options.rows, count = F::states(rows);
  const auto size = static_cast<std::size_t>(rows);
  std::vector<std::vector<double>> states;
  for (Index k = 0; k < count; ++k) {
    states.emplace_back();
    for (Index r = 0; r < rows; ++r) states.back().push_back(F::template state<double>(k, r));
    checker.note("accepts: every state",
                 is_accepted_group<U>(Group<const double>{states.back().data(), rows}) ? 0 : 1, 0);
  }
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t r = 0; r < a.size(); ++r) sum += a[r] * b[r];
    return sum;
  };
  for (std::size_t point = 0; point < options.fields.size(); ++point, ++checker.step) {
    checker.field.clear();
    for (std::size_t r = 0; r < size; ++r)  // each row steps through the fields at its own pace
      checker.field.push_back(options.fields[(point * (r + 1) + r) % options.fields.size()]);
    WeighedStates weights;
    for (std::size_t k = 0; k < states.size(); ++k)
      weights.add(static_cast<double>(k), dot(checker.field, states[k]));
    weights.normalize();
    const auto expect = [&](auto f) {
      return weights.expect([&](double k) { return f(states[static_cast<std::size_t>(k)]); });
    };
    std::vector<double> delta(size), mean(size), covariance(size);
    for (std::size_t r = 0; r < size; ++r) delta[r] = std::cos(3 * static_cast<double>(r + point));
    const double mean_dot = expect([&](auto& x) { return dot(delta, x); });
    for (std::size_t r = 0; r < size; ++r) {
      mean[r] = expect([&](auto& x) { return x[r]; });
      covariance[r] = expect([&](auto& x) { return x[r] * (dot(delta, x) - mean_dot); });
    }

    const auto functions = [&]<class T>(T, auto compare) {
      const auto bias = in_numbers_of<T>(checker.field), input = std::vector<T>(size, T(0)),
                 change = in_numbers_of<T>(delta);
      const GroupField<T> field{input.data(), bias.data(), rows};
      std::vector<T> out(size);
      const Group<T> result{out.data(), rows};
      compare("log_partition", F::log_partition(field), weights.log_sum);
      F::mean(field, result);
      for (std::size_t r = 0; r < size; ++r) compare("mean", out[r], mean[r]);
      F::backpropagate(field, Group<const T>{change.data(), rows}, result);
      for (std::size_t r = 0; r < size; ++r) compare("backpropagate", out[r], covariance[r]);
      F::mode(field, result);
      const std::vector<double> mode(out.begin(), out.end());
      checker.note("mode: no state is more probable", weights.log_highest - dot(checker.field, mode),
                   options.single_tolerance);
      checker.note("mode: is a state", std::count(states.begin(), states.end(), mode) == 0 ? 1 : 0, 0);

      std::map<std::vector<double>, double> counts;
      const Draws draws{.seed = options.seed, .step = checker.step};
      for (Index i = 0; i < options.draws; ++i) {
        OneUniform random{draws.words_of_four_rows(0, static_cast<std::uint32_t>(i)).word[0]};
        F::sample(field, random, result);
        ++counts[std::vector<double>(out.begin(), out.end())];
      }
      const auto n = static_cast<double>(options.draws);
      double none = n;
      for (std::size_t i = 0; i < weights.x.size(); ++i) {
        const double p = weights.p[i], drawn = counts[states[static_cast<std::size_t>(weights.x[i])]];
        none -= drawn;
        checker.note("sample: probabilities", std::abs(drawn / n - p) / (std::sqrt(p * (1 - p) / n) + 1 / n),
                     options.sigmas);
      }
      checker.note("sample: gives states", none, 0);
    };
    functions(double{},
              [&](auto what, double value, double expected) { checker.compare(what, value, expected); });
    functions(float{}, [&](auto, float value, double expected) { checker.compare_single(value, expected); });
  }
}

}  // namespace harmonium::detail
