/// \file
/// Points in a plane, coloured by class: two-dimensional codes, or two principal components of larger ones.
/// The text is a complete SVG file and can also be embedded in a page.
///
///     write_file("codes.svg", draw_scatter(codes, digits.labels(), {.title = "Codes"}));
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "../../core/view.hpp"
#include "chart_axis.hpp"
#include "svg.hpp"

namespace harmonium {

/// How a scatter picture looks.
struct ScatterOptions {
  std::string title = {};                     ///< above the picture
  std::vector<std::string> class_names = {};  ///< empty: classes are numbered from 0
  std::string x_title = {};                   ///< below the picture
  std::string y_title = {};                   ///< below the title
  Index width = 640;                          ///< in pixels of 1/96 inch, unless the page scales it
  Index height = 600;                         ///< without the legend, which goes below
};

namespace detail {

/// Ten distinguishable colours, which then repeat. After Okabe and Ito (2008) and Tol (2021), of medium
/// lightness, for light and dark backgrounds.
inline constexpr std::array<const char*, 10> scatter_colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                                "#b8960a", "#56b4e9", "#8a2be2", "#7f7f7f",
                                                                "#e31a1c", "#6b8e23"};

/// \throws ShapeError, ValueError, DataError
inline void check_scatter(const char* function, View<const double> points, std::span<const int> labels,
                          const ScatterOptions& options) {
  check<ShapeError>(points.rows == 2, function, ": points have ", points.rows, " rows, expected 2");
  check<ValueError>(points.cols >= 1, function, ": there are no points");
  check<ShapeError>(labels.empty() || static_cast<Index>(labels.size()) == points.cols, function,
                    ": there are ", labels.size(), " labels for ", points.cols, " points");
  for (const int label : labels)
    check<DataError>(label >= 0 && (options.class_names.empty() ||
                                    static_cast<std::size_t>(label) < options.class_names.size()),
                     function, ": a label is ", label, ", expected at least 0",
                     options.class_names.empty() ? "" : " and below the number of class_names");
  const ChartAxis axis{.scale = AxisScale::linear};
  for (Index i = 0; i < points.cols; ++i)
    check<DataError>(axis.shows(points(0, i)) && axis.shows(points(1, i)), function, ": point ", i,
                     " cannot be shown, expected finite numbers");
  check<ValueError>(options.width >= 200 && options.width <= 10000, function, ": width is ", options.width,
                    ", expected 200 to 10000");
  check<ValueError>(options.height >= 120 && options.height <= 10000, function, ": height is ",
                    options.height, ", expected 120 to 10000");
}

/// The text of the picture. A class is one path of strokes of length zero, whose round caps are the points.
inline std::string scatter_text(View<const double> points, std::span<const int> labels,
                                const ScatterOptions& options, bool with_style) {
  double low[2], high[2];
  for (Index r = 0; r < 2; ++r) {
    low[r] = high[r] = points(r, 0);
    for (Index i = 1; i < points.cols; ++i) {
      low[r] = std::min(low[r], points(r, i));
      high[r] = std::max(high[r], points(r, i));
    }
  }
  const auto width = static_cast<double>(options.width), height = static_cast<double>(options.height);
  const ChartAxis x = make_axis(low[0], high[0],
                                {.most = std::max(2, static_cast<int>(options.width / 75)), .margins = true}),
                  y = make_axis(
                      low[1], high[1],
                      {.most = std::max(2, static_cast<int>(options.height / 50)), .margins = true});
  const double top = 16 + (options.title.empty() ? 0 : 26) + (options.y_title.empty() ? 0 : 18);
  const double bottom = height - 26 - (options.x_title.empty() ? 0 : 17), right = width - 18;
  double left = 18;
  for (const std::string& label : y.labels) left = std::max(left, 18 + text_width(label, 12));
  left = std::min(left, width / 2);

  std::vector<std::string> paths;  // one per class
  for (Index i = 0; i < points.cols; ++i) {
    const auto label =
        labels.empty() ? std::size_t{0} : static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
    if (paths.size() <= label) paths.resize(label + 1);
    paths[label] += 'M' + without_zeros(fixed_text(left + (right - left) * x.position(points(0, i)), 1)) +
                    ' ' + without_zeros(fixed_text(bottom - (bottom - top) * y.position(points(1, i)), 1)) +
                    "h0";
  }
  const auto colour = [](std::size_t label) {
    return std::string(scatter_colours[label % scatter_colours.size()]);
  };

  // The legend: from left to right, then downwards.
  std::string legend;
  double next = left, line = height + 14;
  for (std::size_t c = 0; !labels.empty() && c < paths.size(); ++c) {
    if (paths[c].empty()) continue;
    const std::string name = fitted(options.class_names.empty() ? std::to_string(c) : options.class_names[c],
                                    12, width - left - 34);
    const double needed = 14 + text_width(name, 12);
    if (next > left && next + needed > width - 8) {
      next = left;
      line += 20;
    }
    legend += "<circle cx=\"" + length_text(next + 5) + "\" cy=\"" + length_text(line - 4) +
              "\" r=\"4\" fill=\"" + colour(c) + "\"/>" + svg_text(next + 14, line, "start", name);
    next += needed + 16;
  }

  const std::string title = options.title.empty() ? "Points" : options.title;
  std::string out = svg_start(width, legend.empty() ? height : line + 8, title, with_style);
  double above = 22;
  if (!options.title.empty()) {
    out += svg_text(10, above, "start", fitted(options.title, 14, width - 20), " class=\"hc-title\"");
    above += 18;
  }
  if (!options.y_title.empty()) out += svg_text(10, above, "start", fitted(options.y_title, 12, width - 20));
  if (!options.x_title.empty()) out += svg_text((left + right) / 2, bottom + 37, "middle", options.x_title);
  for (std::size_t i = 0; i < y.ticks.size(); ++i) {
    const double at = bottom - (bottom - top) * y.position(y.ticks[i]);
    out += svg_line(left, at, right, at, "hc-grid") + svg_text(left - 8, at + 4, "end", y.labels[i]);
  }
  for (std::size_t i = 0; i < x.ticks.size(); ++i) {
    const double at = left + (right - left) * x.position(x.ticks[i]);
    out += svg_line(at, top, at, bottom, "hc-grid") + svg_text(at, bottom + 19, "middle", x.labels[i]);
  }
  for (std::size_t c = 0; c < paths.size(); ++c)
    if (!paths[c].empty())
      out +=
          "<path fill=\"none\" stroke-width=\"3\" stroke-opacity=\"0.6\" stroke-linecap=\"round\" stroke=\"" +
          colour(c) + "\" d=\"" + paths[c] + "\"/>";
  return out + legend + "</svg>\n";
}

}  // namespace detail

/// Points (2 x n) as a picture in SVG, coloured by class; without labels all in one colour.
/// \throws ShapeError unless points have two rows, and labels are absent or one per point
/// \throws ValueError if there are no points or a size is out of range
/// \throws DataError if a point is not finite, or a label is negative or has no name in `class_names`
template <class Points>
std::string draw_scatter(const Eigen::MatrixBase<Points>& points, std::span<const int> labels = {},
                         const ScatterOptions& options = {}) {
  const Eigen::MatrixXd numbers = points.template cast<double>();
  detail::check_scatter("draw_scatter", View<const double>(numbers), labels, options);
  return detail::scatter_text(View<const double>(numbers), labels, options, true);
}

}  // namespace harmonium
