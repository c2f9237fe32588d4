/// \file
/// A matrix as a picture with names, e.g. how hidden units weight a table's columns. Negative numbers are
/// blue, positive ones red, 0 white. The text is a complete SVG file and can also be embedded in a page.
///
///     write_file("weights.svg", draw_heat_map(rbm.weights, {.title = "Weights", .row_names = columns}));
#pragma once

#include <Eigen/Core>

#include "chart_axis.hpp"
#include "svg.hpp"
#include "tiles.hpp"

namespace harmonium {

/// How a heat map looks.
struct HeatMapOptions {
  std::string title = {};                   ///< above the picture
  std::vector<std::string> row_names = {};  ///< at the left, one per row; empty: rows are numbered from 1
  std::string x_title = "hidden unit";      ///< below the picture; columns are numbered from 1
  Index width = 380;                        ///< in pixels of 1/96 inch, unless the page scales it
};

namespace detail {

/// A picture as a self-contained address.
inline std::string data_address(const Image& image) {
  return "data:image/png;base64," + base64(encode_png(image));
}

inline std::string svg_image(double x, double y, double width, double height, const Image& image) {
  return "<image x=\"" + length_text(x) + "\" y=\"" + length_text(y) + "\" width=\"" + length_text(width) +
         "\" height=\"" + length_text(height) +
         "\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"" + data_address(image) +
         "\"/>";
}

/// The text of the heat map; `numbers` is rows x columns, at least one of each.
inline std::string heat_map_text(View<const double> numbers, const HeatMapOptions& options, bool with_style) {
  const Index rows = numbers.rows, cols = numbers.cols;
  const auto width = static_cast<double>(options.width);
  const double row_height =
      options.row_names.empty() ? std::clamp(300.0 / static_cast<double>(rows), 1.0, 16.0) : 16;
  double widest = options.row_names.empty() ? 30 : 0;
  for (const std::string& name : options.row_names) widest = std::max(widest, text_width(name, 12));
  const double left = 18 + std::min(widest, 0.4 * width), top = options.title.empty() ? 12 : 36;
  const double cell = std::min((width - left - 14) / static_cast<double>(cols), 32.0);
  const double right = left + cell * static_cast<double>(cols);
  const double bottom = top + row_height * static_cast<double>(rows);

  const TileOptions colours{.range = TileRange::common, .colours = TileColours::blue_white_red};
  const TileScale scale = scale_of(numbers, colours);
  Image cells(cols, rows, 3, colours.background), bar(65, 1, 3);
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < cols; ++x)
      if (!std::isnan(numbers(y, x))) paint(cells.at(x, y), scale.position(numbers(y, x)), colours.colours);
  for (Index x = 0; x < bar.width; ++x) paint(bar.at(x, 0), static_cast<double>(x) / 64, colours.colours);

  std::string out =
      svg_start(width, bottom + 72, options.title.empty() ? "Heat map" : options.title, with_style);
  if (!options.title.empty())
    out += svg_text(10, 22, "start", fitted(options.title, 14, width - 20), " class=\"hc-title\"");
  out += svg_image(left, top, right - left, bottom - top, cells);
  for (std::size_t i = 0; i < options.row_names.size(); ++i)
    out += svg_text(left - 8, top + 16 * static_cast<double>(i) + 12, "end",
                    fitted(options.row_names[i], 12, left - 18));
  if (options.row_names.empty()) {
    const ChartAxis axis = make_axis(1, static_cast<double>(rows), {.most = 10, .whole = true});
    for (std::size_t i = 0; i < axis.ticks.size(); ++i)
      if (axis.ticks[i] >= 1)
        out += svg_text(left - 8, top + row_height * (axis.ticks[i] - 0.5) + 4, "end", axis.labels[i]);
  }
  const ChartAxis axis =
      make_axis(1, static_cast<double>(cols),
                {.most = std::max(2, static_cast<int>((right - left) / 40)), .whole = true});
  for (std::size_t i = 0; i < axis.ticks.size(); ++i)
    if (axis.ticks[i] >= 1)
      out += svg_text(left + cell * (axis.ticks[i] - 0.5), bottom + 17, "middle", axis.labels[i]);
  out += svg_text(left, bottom + 35, "start", options.x_title);
  const double most = std::isfinite(scale.high) ? scale.high : 0;
  const std::string largest = number_text(most, 3);
  const double bar_left = left + 16 + text_width(largest, 12);
  out += svg_text(bar_left - 6, bottom + 59, "end", (most > 0 ? "\xe2\x88\x92" : "") + largest) +
         svg_image(bar_left, bottom + 50, 90, 10, bar) +
         svg_text(bar_left + 96, bottom + 59, "start", largest);
  return out + "</svg>\n";
}

/// \throws ShapeError, ValueError
inline void check_heat_map(const char* function, Index rows, Index cols, const HeatMapOptions& options) {
  check<ValueError>(rows >= 1 && cols >= 1, function, ": the matrix is ", rows, " x ", cols,
                    ", expected at least 1 x 1");
  check<ShapeError>(options.row_names.empty() || static_cast<Index>(options.row_names.size()) == rows,
                    function, ": there are ", options.row_names.size(), " row_names, the matrix has ", rows,
                    " rows");
  check<ValueError>(options.width >= 200 && options.width <= 10000, function, ": width is ", options.width,
                    ", expected 200 to 10000");
}

}  // namespace detail

/// A matrix as a heat map, in SVG; NaN is grey.
/// \throws ValueError if the matrix is empty or too large for a picture, or the width out of range
/// \throws ShapeError if there are names, but not one per row
template <detail::MatrixOnHost M>
std::string draw_heat_map(const M& matrix, const HeatMapOptions& options = {}) {
  detail::check_heat_map("draw_heat_map", matrix.rows(), matrix.cols(), options);
  const Eigen::MatrixXd numbers = matrix.template cast<double>();
  return detail::heat_map_text(View<const double>(numbers), options, true);
}

}  // namespace harmonium
