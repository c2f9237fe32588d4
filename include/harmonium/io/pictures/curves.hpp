/// \file
/// Curves as a chart in SVG: the course of a metric over epochs, comparisons of variants. The text is a
/// complete file and can also be embedded in a page. It loads nothing from elsewhere, adapts to the reader's
/// light or dark theme, and uses colours that can be told apart with colour-vision deficiency.
///
///     write_file("error.svg",
///                draw_curves({{.name = "training", .y = train}, {.name = "held out", .y = test}},
///                            {.title = "Error", .y_scale = AxisScale::logarithmic}));
#pragma once

#include <limits>

#include "../../core/view.hpp"
#include "chart_axis.hpp"
#include "svg.hpp"

namespace harmonium {

/// One line of a chart.
struct Curve {
  std::string name = {};       ///< text of the legend, which is omitted without names
  std::vector<double> x = {};  ///< empty: 1, 2, 3, ...; usually ascending
  /// Numbers that are not finite, beyond 1e300 or not positive on a logarithmic axis are gaps.
  std::vector<double> y = {};
  /// Half-width of a band around y, such as a standard error; or empty.
  std::vector<double> spread = {};
  bool dashed = false;  ///< for a curve derived from another: same colour, dashed
  int colour = -1;      ///< index into the chart's colours; -1: the curve's own index
};

/// How a chart looks.
struct CurvesOptions {
  std::string title = {};                 ///< above the chart
  std::string x_title = "epoch";          ///< below it
  std::string y_title = {};               ///< below the title
  AxisScale x_scale = AxisScale::linear;  ///< of the horizontal axis
  AxisScale y_scale = AxisScale::linear;  ///< of the vertical axis
  Index width = 380;                      ///< in pixels of 1/96 inch, unless the page scales it
  Index height = 240;                     ///< without the legend, which goes below
};

namespace detail {

/// One chart under construction.
class CurvesDrawing {
 public:
  CurvesDrawing(std::span<const Curve> curves, const CurvesOptions& options)
      : curves_(curves), options_(options) {
    check_arguments();
    make_axes();
    const bool named =
        std::any_of(curves.begin(), curves.end(), [](const Curve& c) { return !c.name.empty(); });
    const auto width = static_cast<double>(options.width), height = static_cast<double>(options.height);
    top_ = 16 + (options.title.empty() ? 0 : 26) + (options.y_title.empty() ? 0 : 18);
    bottom_ = height - 26 - (options.x_title.empty() ? 0 : 17);
    double widest = 0;
    for (const std::string& label : y_.labels) widest = std::max(widest, text_width(label, 12));
    left_ = std::min(18 + widest, width / 2);
    right_ = width - 18;
    if (named) place_legend();
  }

  std::string text(bool with_style) const {
    const auto width = static_cast<double>(options_.width), height = static_cast<double>(options_.height);
    std::string out = svg_start(width, height + (rows_ == 0 ? 0 : 20.0 * rows_ + 2), label(), with_style);
    double y = 22;
    if (!options_.title.empty()) {
      out += svg_text(10, y, "start", fitted(options_.title, 14, width - 20), " class=\"hc-title\"");
      y += 18;
    }
    if (!options_.y_title.empty()) out += svg_text(10, y, "start", fitted(options_.y_title, 12, width - 20));
    if (!options_.x_title.empty())
      out += svg_text((left_ + right_) / 2, bottom_ + 37, "middle", options_.x_title);
    draw_axes(out);
    for (std::size_t i = 0; i < curves_.size(); ++i) draw_curve(out, i);
    for (const LegendEntry& entry : legend_) draw_entry(out, entry);
    return out + "</svg>\n";
  }

 private:
  struct LegendEntry {
    std::size_t curve;
    double x, y;
    std::string name;
  };

  void check_arguments() const {
    check<ValueError>(!curves_.empty(), "draw_curves: there are no curves");
    check<ValueError>(options_.width >= 200 && options_.width <= 10000, "draw_curves: width is ",
                      options_.width, ", expected 200 to 10000");
    check<ValueError>(options_.height >= 120 && options_.height <= 10000, "draw_curves: height is ",
                      options_.height, ", expected 120 to 10000");
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      const Curve& c = curves_[i];
      const std::string name = "curve " + std::to_string(i + 1) + (c.name.empty() ? "" : " '" + c.name + "'");
      check<ValueError>(!c.y.empty(), "draw_curves: ", name, " is empty");
      check<ShapeError>(c.x.empty() || c.x.size() == c.y.size(), "draw_curves: ", name, " has ", c.x.size(),
                        " numbers in x and ", c.y.size(), " in y");
      check<ShapeError>(c.spread.empty() || c.spread.size() == c.y.size(), "draw_curves: ", name, " has ",
                        c.spread.size(), " numbers in spread and ", c.y.size(), " in y");
      check<ValueError>(c.colour >= -1, "draw_curves: ", name, " has colour ", c.colour,
                        ", expected at least -1");
      const ChartAxis x{.scale = options_.x_scale}, y{.scale = options_.y_scale};
      bool any = false;
      for (std::size_t k = 0; k < c.y.size() && !any; ++k) any = x.shows(x_of(c, k)) && y.shows(c.y[k]);
      check<DataError>(any, "draw_curves: ", name, " has no point that can be shown: ",
                       options_.x_scale == AxisScale::linear && options_.y_scale == AxisScale::linear
                           ? "no number is finite"
                           : "no number is finite, and positive where the axis is logarithmic");
    }
  }

  void make_axes() {
    const ChartAxis x{.scale = options_.x_scale}, y{.scale = options_.y_scale};
    double low_x = std::numeric_limits<double>::infinity(), high_x = -low_x, low_y = low_x, high_y = -low_x;
    bool whole = true;
    for (const Curve& c : curves_)
      for (std::size_t k = 0; k < c.y.size(); ++k) {
        if (!x.shows(x_of(c, k)) || !y.shows(c.y[k])) continue;
        low_x = std::min(low_x, x_of(c, k));
        high_x = std::max(high_x, x_of(c, k));
        whole = whole && std::floor(x_of(c, k)) == x_of(c, k);
        const double spread = c.spread.empty() || !std::isfinite(c.spread[k]) ? 0 : std::abs(c.spread[k]);
        for (const double at : {c.y[k], c.y[k] - spread, c.y[k] + spread}) {
          if (!y.shows(at)) continue;
          low_y = std::min(low_y, at);
          high_y = std::max(high_y, at);
        }
      }
    x_ = make_axis(low_x, high_x,
                   {.scale = options_.x_scale,
                    .most = std::max(2, static_cast<int>(options_.width / 75)),
                    .whole = whole});
    y_ = make_axis(low_y, high_y,
                   {.scale = options_.y_scale,
                    .most = std::max(2, static_cast<int>(options_.height / 50)),
                    .margins = true});
  }

  // Entries from left to right, then downwards.
  void place_legend() {
    const auto width = static_cast<double>(options_.width);
    double x = left_;
    rows_ = 1;
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      const std::string name = fitted(curves_[i].name, 12, width - left_ - 50);
      const double needed = 28 + text_width(name, 12) + 16;
      if (x > left_ && x + needed - 16 > width - 8) {
        x = left_;
        ++rows_;
      }
      legend_.push_back({i, x, static_cast<double>(options_.height) + 20.0 * rows_ - 6, name});
      x += needed;
    }
  }

  static double x_of(const Curve& curve, std::size_t k) {
    return curve.x.empty() ? static_cast<double>(k + 1) : curve.x[k];
  }
  double across(double x) const { return left_ + (right_ - left_) * x_.position(x); }
  double down(double y) const { return bottom_ - (bottom_ - top_) * std::clamp(y_.position(y), 0.0, 1.0); }
  std::string colour(std::size_t i) const {
    const auto number = curves_[i].colour < 0 ? i : static_cast<std::size_t>(curves_[i].colour);
    return "hc-" + std::to_string(number % chart_colours);
  }
  // Colours that repeat are dashed.
  std::string line_classes(std::size_t i) const {
    const bool again = curves_[i].colour < 0 && i / chart_colours % 2 == 1;
    return (curves_[i].dashed != again ? "hc-line hc-dash " : "hc-line ") + colour(i);
  }

  void draw_axes(std::string& out) const {
    for (std::size_t i = 0; i < y_.ticks.size(); ++i) {
      const double y = down(y_.ticks[i]);
      out += svg_line(left_, y, right_, y, "hc-grid") + svg_text(left_ - 8, y + 4, "end", y_.labels[i]);
    }
    out += svg_line(left_, bottom_, right_, bottom_, "hc-axis");
    for (std::size_t i = 0; i < x_.ticks.size(); ++i) {
      const double x = across(x_.ticks[i]);
      out +=
          svg_line(x, bottom_, x, bottom_ + 4, "hc-axis") + svg_text(x, bottom_ + 19, "middle", x_.labels[i]);
    }
  }

  void draw_curve(std::string& out, std::size_t i) const {
    const Curve& c = curves_[i];
    const auto shown = [&](std::size_t k) { return x_.shows(x_of(c, k)) && y_.shows(c.y[k]); };
    std::string line, band, dots;
    const bool few = c.y.size() <= 12;
    std::size_t last = 0;
    for (std::size_t k = 0; k < c.y.size(); ++k) {
      if (!shown(k)) continue;
      const std::string place = length_text(across(x_of(c, k))) + ' ' + length_text(down(c.y[k]));
      const bool begins = k == 0 || !shown(k - 1), ends = k + 1 == c.y.size() || !shown(k + 1);
      line += (begins ? 'M' : 'L') + place;
      last = k;
      if (few || (begins && ends))
        dots += "<circle class=\"hc-dot " + colour(i) + "\" cx=\"" + length_text(across(x_of(c, k))) +
                "\" cy=\"" + length_text(down(c.y[k])) + "\" r=\"2.5\"/>";
    }
    for (std::size_t k = 0; k < c.spread.size();) {
      const auto banded = [&](std::size_t j) { return shown(j) && std::isfinite(c.spread[j]); };
      std::string above, below;
      for (; k < c.spread.size() && banded(k); ++k) {
        const std::string x = length_text(across(x_of(c, k))) + ' ';
        const double spread = std::abs(c.spread[k]), low = c.y[k] - spread;
        above += (above.empty() ? 'M' : 'L') + x + length_text(down(c.y[k] + spread));
        below = 'L' + x + length_text(y_.shows(low) ? down(low) : bottom_) + below;
      }
      if (!above.empty()) band += above + below + 'Z';
      ++k;
    }
    if (!band.empty()) out += "<path class=\"hc-band " + colour(i) + "\" d=\"" + band + "\"/>";
    out += "<path class=\"" + line_classes(i) + "\" d=\"" + line + "\"><title>" +
           escape_markup((c.name.empty() ? "" : c.name + ": ") + "at the end " + number_text(c.y[last])) +
           "</title></path>" + dots;
  }

  void draw_entry(std::string& out, const LegendEntry& entry) const {
    out += svg_line(entry.x + 1, entry.y - 4, entry.x + 21, entry.y - 4, line_classes(entry.curve)) +
           svg_text(entry.x + 28, entry.y, "start", entry.name);
  }

  std::string label() const {
    std::string text;
    for (const Curve& c : curves_) text += (text.empty() || c.name.empty() ? "" : ", ") + c.name;
    const std::string title = options_.title.empty() ? "Curves" : options_.title;
    return title + (text.empty() ? "" : ": ") + text;
  }

  std::span<const Curve> curves_;
  const CurvesOptions& options_;
  ChartAxis x_, y_;
  double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  int rows_ = 0;
  std::vector<LegendEntry> legend_;
};

}  // namespace detail

/// Curves in one chart, as the text of an SVG file.
/// \throws ValueError if there are no curves, one is empty or a size is out of range
/// \throws ShapeError if a curve's x or spread does not have as many numbers as its y
/// \throws DataError if nothing of a curve can be shown
inline std::string draw_curves(std::span<const Curve> curves, const CurvesOptions& options = {}) {
  return detail::CurvesDrawing(curves, options).text(true);
}
/// As above, for curves in braces.
inline std::string draw_curves(std::initializer_list<Curve> curves, const CurvesOptions& options = {}) {
  return draw_curves(std::span<const Curve>(curves.begin(), curves.size()), options);
}

}  // namespace harmonium
