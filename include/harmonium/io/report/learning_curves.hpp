/// \file
/// What training runs reported, prepared for display: a chart per metric with a curve per phase, and the
/// warnings.
#pragma once

#include <map>
#include <optional>

#include "../../training/run/report.hpp"
#include "../pictures/curves.hpp"

namespace harmonium {

/// A chart that is not drawn yet.
struct LearningChart {
  std::vector<Curve> curves = {};  ///< one per run and metric
  CurvesOptions options = {};      ///< title, axes
};

/// Charts of runs, and the metrics without anything to draw.
struct LearningCurves {
  std::vector<LearningChart> charts = {};  ///< in the order in which metrics appeared
  /// Metrics that did not change, and their values.
  std::vector<std::pair<std::string, std::string>> constant = {};
};

namespace detail {

/// A title for a metric's name: "Reconstruction error" for `reconstruction_error`.
inline std::string metric_title(const std::string& name) {
  std::string title = name;
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z')
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

/// The epochs of one phase of one run, side by side.
struct PhaseEpochs {
  std::string name;
  std::vector<const EpochReport*> epochs;
};

inline std::vector<PhaseEpochs> phases_of(std::span<const History> histories) {
  std::vector<PhaseEpochs> phases;
  for (const History& history : histories)
    for (std::size_t i = 0; i < history.epochs.size(); ++i) {
      if (i == 0 || history.epochs[i].phase != history.epochs[i - 1].phase)
        phases.push_back({history.epochs[i].phase, {}});
      phases.back().epochs.push_back(&history.epochs[i]);
    }
  for (std::size_t i = 0; i < phases.size(); ++i)
    if (phases[i].name.empty()) phases[i].name = "run " + std::to_string(i + 1);
  return phases;
}

/// A metric of an epoch, if it was measured.
inline std::optional<double> metric_of(const EpochReport& report, const std::string& name) {
  if (name == "rate") return report.rate;
  for (const auto& [key, value] : report.metrics)
    if (key == name) return value;
  return std::nullopt;
}

/// The names of all metrics in order of appearance, the rate last.
inline std::vector<std::string> metrics_of(std::span<const PhaseEpochs> phases) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const PhaseEpochs& phase : phases)
    for (const EpochReport* report : phase.epochs)
      for (const auto& metric : report->metrics) add(metric.first);
  add("rate");
  return names;
}

/// One metric of one phase; its x are the epochs.
inline Curve metric_curve(const PhaseEpochs& phase, const std::string& name) {
  Curve curve;
  for (const EpochReport* report : phase.epochs)
    if (const auto value = metric_of(*report, name)) {
      curve.x.push_back(report->epoch);
      curve.y.push_back(*value);
    }
  return curve;
}

}  // namespace detail

/// Charts of all metrics, with all phases in one chart; `held_out_<name>` is dashed in the chart of `<name>`.
/// A positive metric that spans more than a factor of 50 gets a logarithmic axis. A metric that is constant,
/// or never a number, gets no chart but is listed.
inline LearningCurves learning_curves(std::span<const History> histories) {
  static const std::string prefix = "held_out_";
  const std::vector<detail::PhaseEpochs> phases = detail::phases_of(histories);
  const std::vector<std::string> names = detail::metrics_of(phases);
  LearningCurves all;
  for (const std::string& name : names) {
    const bool known = std::find(names.begin(), names.end(),
                                 name.substr(std::min(name.size(), prefix.size()))) != names.end();
    if (name.starts_with(prefix) && known) continue;  // shares the chart of the other
    LearningChart chart{.curves = {},
                        .options = {.title = name == "rate" ? "Learning rate" : detail::metric_title(name)}};
    double low = std::numeric_limits<double>::infinity(), high = -low;
    int colour = -1;
    for (const detail::PhaseEpochs& phase : phases) {
      Curve plain = detail::metric_curve(phase, name), held_out = detail::metric_curve(phase, prefix + name);
      if (!plain.y.empty()) ++colour;
      for (Curve* curve : {&plain, &held_out}) {
        bool any = false;
        for (const double y : curve->y) {
          if (!detail::ChartAxis{}.shows(y)) continue;
          any = true;
          low = std::min(low, y);
          high = std::max(high, y);
        }
        if (!any) continue;
        curve->name = phases.size() == 1 ? "training" : phase.name;
        if (curve == &held_out) curve->name = phases.size() == 1 ? "held out" : phase.name + ", held out";
        curve->dashed = curve == &held_out;
        curve->colour = std::max(colour, 0);
        chart.curves.push_back(std::move(*curve));
      }
    }
    if (!(low < high)) {
      all.constant.emplace_back(name, chart.curves.empty() ? "not a number" : number_text(low));
      continue;
    }
    if (low >= 1e-300 && high / low > 50) chart.options.y_scale = AxisScale::logarithmic;
    if (chart.curves.size() == 1 && phases.size() == 1) chart.curves[0].name.clear();
    all.charts.push_back(std::move(chart));
  }
  return all;
}

/// The runs' warnings, each with its phase and epochs; warnings that differ only in numbers are merged into
/// the last one.
inline std::vector<std::string> warnings_of(std::span<const History> histories) {
  struct Entry {
    std::string phase, kind, text;
    int first, last;
  };
  std::vector<Entry> entries;
  for (const detail::PhaseEpochs& phase : detail::phases_of(histories))
    for (const EpochReport* report : phase.epochs)
      for (const std::string& text : report->warnings) {
        std::string kind;
        for (const char c : text)
          if (std::string_view("0123456789.+-e").find(c) == std::string_view::npos) kind += c;
        const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
          return entry.phase == phase.name && entry.kind == kind && entry.last >= report->epoch - 1;
        });
        if (same == entries.end()) {
          entries.push_back({phase.name, kind, text, report->epoch, report->epoch});
        } else {
          same->text = text;
          same->last = report->epoch;
        }
      }
  std::vector<std::string> warnings;
  for (const Entry& entry : entries)
    warnings.push_back(
        entry.phase + (entry.first == entry.last ? ", epoch " : ", epochs ") + std::to_string(entry.first) +
        (entry.first == entry.last ? "" : " to " + std::to_string(entry.last)) + ": " + entry.text);
  return warnings;
}

}  // namespace harmonium
