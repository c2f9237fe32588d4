/// \file
/// Sequence logos: the letters of each site stacked, as high as numbers say. Of data and samples by their
/// information, of a hidden unit's weights by their sign. The text is a complete SVG file and can also be
/// embedded in a page.
///
///     const Eigen::MatrixXd heights = information_heights(letter_frequencies(family, weights), 0);
///     write_file("logo.svg", draw_logo(heights, family.alphabet));
#pragma once

#include <Eigen/Core>
#include <numeric>

#include "chart_axis.hpp"
#include "letter_shapes.hpp"
#include "svg.hpp"

namespace harmonium {

/// How a logo looks.
struct LogoOptions {
  std::string title = {};        ///< above the picture
  std::string y_title = "bits";  ///< what heights are
  Index per_row = 60;            ///< sites side by side; further ones are below
  Index site_width = 15;         ///< in pixels of 1/96 inch, unless the page scales it
  Index height = 110;            ///< of a row of sites, in pixels
};

namespace detail {

/// A letter in a box.
inline std::string logo_letter(const Alphabet& alphabet, char letter, double x, double y, double width,
                               double height) {
  const std::string_view path = letter_path(letter);
  const int colour = letter_colour(alphabet, letter);
  const std::string place = "transform=\"translate(" + length_text(x) + ' ' + length_text(y) + ") scale(" +
                            length_text(width) + ' ' + without_zeros(fixed_text(height, 3)) + ")\"";
  const std::string classes = colour < 0 ? "" : " class=\"hc-" + std::to_string(colour) + '"';
  if (!path.empty()) return "<path" + classes + ' ' + place + " d=\"" + std::string(path) + "\"/>";
  return "<g" + classes + ' ' + place +
         "><text x=\".5\" y=\"1\" text-anchor=\"middle\" stroke=\"none\" "
         "style=\"font-size:1.38px;fill:currentColor\">" +
         escape_markup(std::string(1, letter)) + "</text></g>";
}

/// The letters of a site: positive numbers from 0 upwards, negative ones downwards, the largest outermost.
inline std::string logo_stack(const Alphabet& alphabet, View<const double> heights, Index site, double left,
                              double width, const ChartAxis& axis, double top, double pixels) {
  std::vector<Index> order(static_cast<std::size_t>(heights.rows));
  std::iota(order.begin(), order.end(), Index(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return std::abs(heights(a, site)) < std::abs(heights(b, site)); });
  const double unit = pixels / (axis.high - axis.low), zero = top + unit * axis.high;
  double up = zero, down = zero;
  std::string out;
  for (const Index k : order) {
    const double size = unit * std::abs(heights(k, site));
    if (heights(k, site) > 0) {
      up -= size;
    } else {
      down += size;
    }
    if (size >= 0.3)
      out += logo_letter(alphabet, alphabet.letter(k), left + 0.04 * width,
                         heights(k, site) > 0 ? up : down - size, 0.92 * width, size);
  }
  return out;
}

inline std::string logo_text(View<const double> heights, const Alphabet& alphabet, const LogoOptions& options,
                             bool with_style) {
  double high = 0, low = 0;
  for (Index i = 0; i < heights.cols; ++i) {
    double up = 0, down = 0;
    for (Index k = 0; k < heights.rows; ++k) (heights(k, i) > 0 ? up : down) += heights(k, i);
    high = std::max(high, up);
    low = std::min(low, down);
  }
  const ChartAxis axis = make_axis(low, high, {.most = 4, .margins = true});
  const auto pixels = static_cast<double>(options.height), site = static_cast<double>(options.site_width);
  const Index columns = std::min(options.per_row, heights.cols),
              rows = (heights.cols + columns - 1) / columns;
  const double left = 52, top = options.title.empty() ? 14 : 38, row_height = pixels + 30;
  const double width = std::max(left + site * static_cast<double>(columns) + 12, 200.0);
  std::string out = svg_start(width, top + row_height * static_cast<double>(rows),
                              options.title.empty() ? "Sequence logo" : options.title, with_style);
  if (!options.title.empty())
    out += svg_text(10, 22, "start", fitted(options.title, 14, width - 20), " class=\"hc-title\"");
  for (Index row = 0; row < rows; ++row) {
    const double y = top + row_height * static_cast<double>(row);
    const Index first = row * columns, count = std::min(columns, heights.cols - first);
    for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
      const double at = y + pixels * (1 - axis.position(axis.ticks[i]));
      out += svg_line(left, at, left + site * static_cast<double>(count), at,
                      axis.ticks[i] == 0 ? "hc-axis" : "hc-grid");
      out += svg_text(left - 6, at + 4, "end", axis.labels[i]);
    }
    const double middle = y + pixels / 2;
    out += "<text x=\"12\" y=\"" + length_text(middle) +
           "\" text-anchor=\"middle\" transform=\"rotate(-90 12 " + length_text(middle) + ")\">" +
           escape_markup(options.y_title) + "</text>";
    out += "<g style=\"fill:none;stroke:currentColor;stroke-width:.16\">";
    for (Index i = first; i < first + count; ++i)
      out += logo_stack(alphabet, heights, i, left + site * static_cast<double>(i - first), site, axis, y,
                        pixels);
    out += "</g>";
    for (Index i = first; i < first + count; ++i)
      if (i == 0 || (i + 1) % 5 == 0)
        out += svg_text(left + site * (static_cast<double>(i - first) + 0.5), y + pixels + 16, "middle",
                        std::to_string(i + 1));
  }
  return out + "</svg>\n";
}

/// \throws ShapeError, ValueError
inline void check_logo(const char* caller, const Eigen::MatrixXd& heights, const Alphabet& alphabet,
                       const LogoOptions& options) {
  check<ShapeError>(heights.rows() == alphabet.states() && heights.cols() >= 1, caller, ": the heights are ",
                    heights.rows(), " x ", heights.cols(), ", expected ", alphabet.states(),
                    " letters and at least one site");
  check<ValueError>(heights.allFinite(), caller, ": a height is not finite");
  const auto in_range = [&](const char* name, Index value, Index least, Index most) {
    check<ValueError>(value >= least && value <= most, caller, ": ", name, " is ", value, ", expected ",
                      least, " to ", most);
  };
  in_range("per_row", options.per_row, 1, 10'000);
  in_range("site_width", options.site_width, 4, 200);
  in_range("height", options.height, 20, 2000);
}

}  // namespace detail

/// A logo in SVG. \param heights states x sites: `information_heights`, or any numbers, such as
/// `letter_weights` of a hidden unit; those below 0 are stacked downwards \throws ShapeError if rows are not
/// the alphabet's letters, or there are no sites \throws ValueError if a height is not finite or an option
/// out of range
inline std::string draw_logo(const Eigen::MatrixXd& heights, const Alphabet& alphabet,
                             const LogoOptions& options = {}) {
  detail::check_logo("draw_logo", heights, alphabet, options);
  return detail::logo_text(View<const double>(heights), alphabet, options, true);
}

}  // namespace harmonium
