/// \file
/// A chart axis: its range, its ticks and their labels.
#pragma once

#include <vector>

#include "../../core/error.hpp"
#include "markup.hpp"

namespace harmonium {

/// How an axis maps numbers to lengths.
enum class AxisScale {
  linear,      ///< equal differences have equal lengths
  logarithmic  ///< equal ratios have equal lengths; only positive numbers can be shown
};

namespace detail {

/// The range that an axis shows, with ticks at round numbers.
struct ChartAxis {
  AxisScale scale = AxisScale::linear;
  double low = 0, high = 1;
  std::vector<double> ticks = {};
  std::vector<std::string> labels = {};

  /// Can the number be shown? Those near the limits of `double` cannot, so that nothing overflows.
  bool shows(double value) const {
    return std::abs(value) <= 1e300 && (scale == AxisScale::linear || value >= 1e-300);
  }
  /// Position of a number: 0 at the low end, 1 at the high one.
  double position(double value) const {
    if (scale == AxisScale::logarithmic)
      return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return (value - low) / (high - low);
  }
};

/// The smallest of 1, 2 and 5 times a power of ten that splits the range into at most `most` steps.
inline double tick_step(double low, double high, int most) {
  const double raw = (high - low) / most;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/// A tick's label, with enough digits to tell it from its neighbours.
inline std::string tick_text(double value, double step, double largest) {
  const auto power = [](double x) { return static_cast<int>(std::floor(std::log10(x) + 1e-9)); };
  if (std::abs(value) < step / 2) return "0";
  std::string text;
  if (largest >= 1e6 || largest < 1e-3) {
    text = number_text(value, std::max(1, power(largest) - power(step) + 1));
  } else {
    text = fixed_text(value, std::max(0, -power(step)));
  }
  return text[0] == '-' ? "\xe2\x88\x92" + text.substr(1) : text;  // a true minus sign
}

/// Ticks at multiples of a round step, at whole numbers if `whole`; denser if fewer than two are in the
/// range.
inline void add_linear_ticks(ChartAxis& axis, int most, bool whole) {
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  for (int steps = most; steps <= 4 * most && axis.ticks.size() < 2; steps *= 2) {
    axis.ticks.clear();
    axis.labels.clear();
    double step = tick_step(axis.low, axis.high, steps);
    if (whole) step = std::max(step, 1.0);
    for (double k = std::ceil(axis.low / step - 1e-6); k <= axis.high / step + 1e-6; ++k) {
      axis.ticks.push_back(k * step);
      axis.labels.push_back(tick_text(k * step, step, largest));
    }
  }
}

/// Ticks at powers of ten, or at 1, 2 and 5 times them, or as on a linear axis: whatever suits the range.
inline void add_logarithmic_ticks(ChartAxis& axis, int most) {
  const double first = std::floor(std::log10(axis.low)), last = std::ceil(std::log10(axis.high));
  const bool between = std::log10(axis.high) - std::log10(axis.low) < 2;
  const auto add = [&](double tick, std::string label) {
    if (tick < axis.low * (1 - 1e-9) || tick > axis.high * (1 + 1e-9)) return;
    axis.ticks.push_back(tick);
    axis.labels.push_back(std::move(label));
  };
  // Every k-th power of ten, and more of them if fewer than two are in the range.
  for (double every = std::ceil((last - first) / most); every >= 1 && axis.ticks.size() < 2;
       every = std::floor(every / 2)) {
    axis.ticks.clear();
    axis.labels.clear();
    for (double p = first; p <= last; ++p)
      for (const double factor : {1.0, 2.0, 5.0})
        if (std::fmod(p, every) == 0 && (factor == 1 || between))
          add(factor * std::pow(10.0, p), number_text(factor * std::pow(10.0, p), 1));
  }
  if (axis.ticks.size() >= 2) return;
  ChartAxis linear{.low = axis.low, .high = axis.high};
  add_linear_ticks(linear, most, false);
  axis.ticks.clear();
  axis.labels.clear();
  for (std::size_t i = 0; i < linear.ticks.size(); ++i) add(linear.ticks[i], linear.labels[i]);
}

/// How an axis is made.
struct AxisStyle {
  AxisScale scale = AxisScale::linear;
  int most = 5;          ///< approximate number of steps between ticks
  bool margins = false;  ///< extend the range to ticks, and to 0 if that is near
  bool whole = false;    ///< ticks at whole numbers
};

/// An axis that shows `low` to `high`, which it must be able to show.
inline ChartAxis make_axis(double low, double high, const AxisStyle& style) {
  ChartAxis axis{.scale = style.scale, .low = low, .high = high};
  const double size = std::max(std::abs(low), std::abs(high));
  // An empty range, or one that is mere rounding noise, is widened.
  const bool flat = size < 1e-300 || !(high - low > 1e-9 * size);
  if (style.scale == AxisScale::logarithmic) {
    const double more = flat            ? 2
                        : style.margins ? std::min(std::exp(0.05 * (std::log(high) - std::log(low))), 1e6)
                                        : 1;
    axis.low = low / more;
    axis.high = high * more;
    add_logarithmic_ticks(axis, style.most);
    return axis;
  }
  if (flat) {
    const double more = size < 1e-300 ? 1 : 0.1 * size;
    axis.low = low - more;
    axis.high = high + more;
  } else if (style.margins) {
    if (low > 0 && low < 0.4 * high) axis.low = 0;
    for (int i = 0; i < 2; ++i) {  // twice, because extending may make the step larger
      const double step = tick_step(axis.low, axis.high, style.most);
      axis.low = std::floor(axis.low / step + 1e-6) * step;
      axis.high = std::ceil(axis.high / step - 1e-6) * step;
    }
  }
  add_linear_ticks(axis, style.most, style.whole);
  return axis;
}

}  // namespace detail
}  // namespace harmonium
