/// \file
/// The options and the result of `check_unit`.
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
  std::vector<double> fields = {-3,  -1.2, -0.3, 0,
                                0.4, 1.5,  2.5};             ///< the log-partition must be finite there
  std::vector<double> shapes = {-0.6, 0, 0.5};               ///< values of every shape parameter
  Index rows = 4;                                            ///< rows of a grouped unit
  double lowest = -std::numeric_limits<double>::infinity();  ///< lower bound of an infinite unit's states
  double highest = std::numeric_limits<double>::infinity();  ///< upper bound
  std::uint64_t seed = 1;                                    ///< seed of the draws
  Index draws = 20'000;                                      ///< number of draws at each field and shape
  double tolerance = 1e-6;         ///< in double precision: absolute below 1, relative above
  double single_tolerance = 1e-4;  ///< in single precision
  double sigmas = 5;               ///< tolerance of random deviations, in standard errors
};

/// The comparison of one function of a unit type with what it should be.
struct UnitCheck {
  std::string what;           ///< the function, and which property of it
  double deviation = 0;       ///< the largest deviation; infinite for a NaN
  double tolerance = 0;       ///< the largest deviation that passes
  std::vector<double> field;  ///< where the largest deviation is
  std::vector<double> shape;  ///< and at which shape parameters
  /// Is the deviation within the tolerance?
  bool passed() const { return deviation <= tolerance; }
};

/// What `check_unit` found.
struct UnitReport {
  std::string unit;               ///< name of the unit type
  std::vector<UnitCheck> checks;  ///< in the order of `text`

  /// Did every check pass?
  bool ok() const {
    return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](auto& c) { return c.passed(); });
  }
  /// One line per check.
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

/// Collects deviations; each check keeps its largest one.
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
  /// Notes whether two numbers agree in double precision.
  void compare(const std::string& what, double value, double expected) {
    note(what, off(value, expected), options.tolerance);
  }
  void compare_single(float value, double expected) {
    note("single precision", off(static_cast<double>(value), expected), options.single_tolerance);
  }
  /// Notes by how many standard errors the mean of `numbers` differs from `mean`. The deviation of the
  /// furthest number is added to the error, since a rare number may occur once too often.
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
  std::vector<double> field, shape;  // being checked
  std::uint32_t step = 0;            // how many were checked before

 private:
  static double off(double value, double expected) {
    return value == expected ? 0 : std::abs(value - expected) / std::fmax(1, std::abs(expected));
  }
};

}  // namespace detail

}  // namespace harmonium
