// Tolerances for random results. Seeds are fixed, so a test that passes always passes; the bounds ensure that
// it would pass with nearly all seeds.
#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

#include "oracle.hpp"

namespace test {

/// Tolerance in standard deviations: 5 are exceeded by chance once in two million.
inline constexpr double sigmas = 5;

/// Pearson's statistic of counts and probabilities, and the limit that chance rarely exceeds.
struct ChiSquare {
  double value = 0, limit = 0;
  explicit operator bool() const { return value < limit; }
};

/// Cells with fewer than 5 expected counts are merged.
inline ChiSquare chi_square(const std::vector<double>& counts, const std::vector<double>& probabilities) {
  double total = 0;
  for (const double count : counts) total += count;
  ChiSquare result;
  double rest_count = 0, rest_expected = 0, cells = 0;
  const auto add = [&](double count, double expected) {
    result.value += (count - expected) * (count - expected) / expected;
    ++cells;
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = probabilities[i] * total;
    if (expected >= 5) {
      add(counts[i], expected);
    } else {
      rest_count += counts[i];
      rest_expected += expected;
    }
  }
  if (rest_expected >= 5) {
    add(rest_count, rest_expected);
  } else if (rest_count > rest_expected + sigmas * std::sqrt(rest_expected) + 5) {
    result.value = INFINITY;  // rare states occur too often
  }
  // Wilson and Hilferty (1931): the cube root of chi-square over its degrees of freedom is nearly normal.
  const double freedom = std::fmax(cells - 1, 1), spread = 2 / (9 * freedom);
  result.limit = freedom * std::pow(1 - spread + sigmas * std::sqrt(spread), 3);
  return result;
}

/// How often each state of a distribution occurs among the columns of a matrix; the extra last cell counts
/// columns that are not states.
template <class Matrix>
std::vector<double> count_states(const Matrix& x, const std::vector<oracle::Numbers>& states) {
  std::map<oracle::Numbers, std::size_t> places;
  for (std::size_t i = 0; i < states.size(); ++i) places[states[i]] = i;
  std::vector<double> counts(states.size() + 1, 0.0);
  for (std::ptrdiff_t c = 0; c < x.cols(); ++c) {
    oracle::Numbers column;
    for (std::ptrdiff_t r = 0; r < x.rows(); ++r) column.push_back(static_cast<double>(x(r, c)));
    const auto place = places.find(column);
    ++counts[place == places.end() ? states.size() : place->second];
  }
  return counts;
}

/// Are a matrix's columns draws from a distribution over finitely many states?
template <class Matrix>
ChiSquare chi_square(const Matrix& x, const oracle::Distribution& expected) {
  std::vector<double> probabilities = expected.probabilities;
  probabilities.push_back(0);
  return chi_square(count_states(x, expected.states), probabilities);
}

/// The deviation of a mean of `count` numbers with known mean and standard deviation, in standard errors.
inline double standard_errors(double mean, double expected, double deviation, double count) {
  return std::abs(mean - expected) / (deviation / std::sqrt(count));
}

}  // namespace test
