/// \file
/// What `check_unit` is asked and what it answers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "../../core/error.hpp"
#include "../../core/view.hpp"

namespace harmonium {

/// Where and how strictly to check.
struct UnitCheckOptions {
  std::vector<double> fields = {-3, -1.2, -0.3, 0, 0.4, 1.5, 2.5};  ///< where the log-partition is finite
  std::vector<double> shapes = {-0.6, 0, 0.5};               ///< every shape parameter takes each of them
  Index rows = 4;                                            ///< of a grouped unit
  double lowest = -std::numeric_limits<double>::infinity();  ///< no state of an infinite unit is below
  double highest = std::numeric_limits<double>::infinity();  ///< or above
  std::uint64_t seed = 1;                                    ///< of the draws
  Index draws = 20'000;                                      ///< at each field and shape
  double tolerance = 1e-6;         ///< in double precision: absolute below 1, relative above
  double single_tolerance = 1e-4;  ///< in single precision
  double sigmas = 5;               ///< standard errors that chance is granted
};

/// One function of a unit type, held against what it should be.
struct UnitCheck {
  std::string what;           ///< the function, and what of it
  double deviation = 0;       ///< the largest; infinite at a NaN
  double tolerance = 0;       ///< the largest that passes
  std::vector<double> field;  ///< where the largest deviation is
  std::vector<double> shape;  ///< and at which shape parameters
  /// Is the deviation tolerated?
  bool passed() const { return deviation <= tolerance; }
};

/// What `check_unit` found.
struct UnitReport {
  std::string unit;               ///< name of the unit type
  std::vector<UnitCheck> checks;  ///< in the order of the text

  /// Did every check pass?
  bool ok() const {
    return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](auto& c) { return c.passed(); });
  }
  /// A line for each check.
  std::string text() const {
    std::ostringstream out;
    out << unit << ": " << (ok() ? "all checks passed" : "some checks FAILED") << '\n';
    const auto list = [&](const char* name, const std::vector<double>& numbers) {
      for (std::size_t i = 0; i < numbers.size(); ++i) out << (i == 0 ? name : " ") << numbers[i];
    };
    for (const UnitCheck& check : checks) {
      out << (check.passed() ? "  passed  " : "  FAILED  ") << check.what << ": off by " << check.deviation
          << ", tolerance " << check.tolerance;
      list(", field ", check.field);
      list(", shape ", check.shape);
      out << '\n';
    }
    return out.str();
  }
};

namespace detail {

/// Collects deviations; each check keeps its largest.
class UnitChecker {
 public:
  UnitChecker(const char* unit, const UnitCheckOptions& given) : options(given), report{unit, {}} {
    check<ValueError>(
        !options.fields.empty() && !options.shapes.empty() && options.rows >= 1 && options.draws >= 2,
        "check_unit: expected at least one field, one shape, one row and two draws");
  }
  void note(const std::string& what, double deviation, double tolerance) {
    if (std::isnan(deviation)) deviation = std::numeric_limits<double>::infinity();
    auto found = std::find_if(report.checks.begin(), report.checks.end(),
                              [&](const UnitCheck& check) { return check.what == what; });
    if (found == report.checks.end()) found = report.checks.insert(found, {what, -1, tolerance, {}, {}});
    if (deviation > found->deviation) *found = {what, deviation, tolerance, field, shape};
  }
  /// The same number, as far as double precision goes?
  void compare(const std::string& what, double value, double expected) {
    note(what, off(value, expected), options.tolerance);
  }
  void compare_single(float value, double expected) {
    note("single precision", off(static_cast<double>(value), expected), options.single_tolerance);
  }
  /// Is the mean of numbers what it should be, as far as chance goes? Rare numbers come in units of one.
  void compare_mean(const std::string& what, const std::vector<double>& numbers, double mean,
                    double variance) {
    const auto n = static_cast<double>(numbers.size());
    double sum = 0, furthest = 1e-6 * (1 + std::abs(mean)) * std::sqrt(n);
    for (const double x : numbers) {
      sum += x - mean;
      furthest = std::fmax(furthest, std::abs(x - mean));
    }
    note(what, std::abs(sum / n) / (std::sqrt(std::fmax(variance, 0) / n) + furthest / n), options.sigmas);
  }

  const UnitCheckOptions& options;
  UnitReport report;
  std::vector<double> field, shape;  // at work on
  std::uint32_t step = 0;            // how many before

 private:
  static double off(double value, double expected) {
    return value == expected ? 0 : std::abs(value - expected) / std::fmax(1, std::abs(expected));
  }
};

}  // namespace detail

}  // namespace harmonium
