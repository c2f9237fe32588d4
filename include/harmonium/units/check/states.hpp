/// \file
/// The states of a unit and their weights: the sums and integrals that `check_unit` relies on.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace harmonium::detail {

/// States in ascending order with their probabilities, and the log of the sum of their weights.
struct WeighedStates {
  std::vector<double> x, p;
  double log_sum = 0, log_highest = 0;  // `log_highest`: of a weight, or of a density
  bool whole = false;                   // states, rather than nodes of an integral

  void add(double state, double log_weight, double log_width = 0) {
    x.push_back(state);
    p.push_back(log_weight + log_width);
    log_highest = x.size() == 1 ? log_weight : std::fmax(log_highest, log_weight);
  }
  /// Converts logarithms to probabilities; drops states without one.
  void normalize() {
    const double top = p.empty() ? 0 : *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& w : p) sum += w = std::exp(w - top);
    log_sum = top + std::log(sum);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (p[i] != 0) x[kept] = x[i], p[kept++] = p[i] / sum;
    x.resize(kept), p.resize(kept);
  }
  template <class F>
  double expect(F f) const {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += p[i] * f(x[i]);
    return sum;
  }
};

/// Whole or real numbers in one interval, with weights e^log_weight(x).
struct Support {
  std::function<double(double)> log_weight;
  std::function<bool(double)> accepts;
  double lowest, highest;
  bool kink_at_zero = false;  // integrate both sides of 0 by themselves

  /// The last accepted number from `inside` towards `limit`.
  double edge(double inside, double limit) const {
    if (!accepts(inside)) return limit;
    double outside = std::isinf(limit) ? inside : limit;
    for (double step = 1e-3; std::isinf(limit) && step < 1e100 && accepts(outside); step *= 2)
      outside = inside + std::copysign(step, limit);
    if (accepts(outside)) return limit;
    for (;;) {
      const double middle = inside + (outside - inside) / 2;
      if (middle == inside || middle == outside) return inside;
      (accepts(middle) ? inside : outside) = middle;
    }
  }

  /// The draws only determine whether states are whole numbers and where to start: a wrong sampler makes the
  /// sums longer, not wrong.
  WeighedStates weigh(const std::vector<double>& draws) {
    const auto n = static_cast<double>(draws.size());
    double center = 0, spread = 0;
    for (const double x : draws) center += x / n;
    for (const double x : draws) spread += std::abs(x - center) / n;
    if (!(std::isfinite(spread) && accepts(center))) center = 0;
    if (!(std::isfinite(spread) && spread > 0)) spread = 1;
    const double low = edge(center, lowest), high = edge(center, highest);
    lowest = low, highest = high;
    if (std::all_of(draws.begin(), draws.end(),
                    [](double x) { return std::abs(x) < 1e15 && std::floor(x) == x; })) {
      return whole_numbers(std::fmin(std::fmax(std::round(center), std::ceil(low)), std::floor(high)));
    }
    WeighedStates result;
    double before = 0;
    for (double h = 1.0 / 32; h > 1e-4; h /= 2, before = result.log_sum) {
      result = {};
      if (kink_at_zero && low < 0 && high > 0) {
        add_nodes(result, low, 0, center, spread, h);
        add_nodes(result, 0, high, center, spread, h);
      } else {
        add_nodes(result, low, high, center, spread, h);
      }
      result.normalize();
      if (std::abs(result.log_sum - before) < 1e-11) break;
    }
    return result;
  }

  /// In both directions from `start`, until weights decrease and are below e^-50 of the largest.
  WeighedStates whole_numbers(double start) const {
    WeighedStates result;
    result.whole = true;
    const auto walk = [&](double x, double direction) {
      double before = -std::numeric_limits<double>::infinity(), top = log_weight(start);
      for (int i = 0; i < 1'000'000 && x >= lowest && x <= highest; ++i, x += direction) {
        const double w = log_weight(x);
        if (std::isnan(w) || (w < before && w < top - 50)) break;
        result.add(x, w);
        top = std::fmax(top, w);
        before = w;
      }
    };
    walk(start - 1, -1);
    std::reverse(result.x.begin(), result.x.end());
    std::reverse(result.p.begin(), result.p.end());
    walk(start, 1);
    result.normalize();
    return result;
  }

  /// The double-exponential rule for [from, to]: x is an exponential function of q = pi / 2 sinh(tau), with
  /// steps h of tau.
  void add_nodes(WeighedStates& result, double from, double to, double center, double spread,
                 double h) const {
    const double half_pi = 1.57079632679489661923;
    const bool bottom = std::isfinite(from), top = std::isfinite(to);
    for (double tau = -4; tau <= 4; tau += h) {
      const double q = half_pi * std::sinh(tau), width = half_pi * std::cosh(tau) * h;
      double x = 0, slope = 0;  // dx / dq
      if (bottom && top) {
        x = from + (to - from) / (1 + std::exp(-2 * q));
        slope = (to - from) * 2 / ((1 + std::exp(-2 * q)) * (1 + std::exp(2 * q)));
      } else if (bottom) {
        slope = (center > from ? center - from : spread) * std::exp(q);
        x = from + slope;
      } else if (top) {
        slope = (center < to ? to - center : spread) * std::exp(-q);
        x = to - slope;
      } else {
        x = center + spread * std::sinh(q);
        slope = spread * std::cosh(q);
      }
      result.add(x, log_weight(x), std::log(width * slope));
    }
  }
};

}  // namespace harmonium::detail
