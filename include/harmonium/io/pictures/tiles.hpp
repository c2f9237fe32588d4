/// \file
/// Columns of a matrix as small pictures side by side: samples, filters, preferred stimuli of units.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include "image.hpp"

namespace harmonium {

/// Which numbers are the darkest and the brightest.
enum class TileRange {
  each,    ///< a tile's own smallest and largest number
  common,  ///< those of all tiles
  unit     ///< 0 and 1 (for signed colours -1 and 1)
};

/// How numbers become colours.
enum class TileColours {
  grey,           ///< from black to white
  signed_grey,    ///< 0 is middle grey, and the range is symmetric
  blue_white_red  ///< likewise, with 0 white, negative numbers blue, positive ones red
};

/// How tiles are drawn.
struct TileOptions {
  Index width = 0;                          ///< of a tile; a column has width * height numbers
  Index height = 0;                         ///< the rows of a tile follow one another in the column
  Index per_row = 10;                       ///< tiles side by side
  Index gap = 1;                            ///< pixels between tiles and around them
  Index scale = 1;                          ///< side of the square that shows a number
  TileRange range = TileRange::each;        ///< which numbers are darkest and brightest
  TileColours colours = TileColours::grey;  ///< how numbers become colours
  std::uint8_t background = 112;            ///< grey level of gaps, of missing tiles and of NaN
};

namespace detail {

template <class M>
concept MatrixOnHost = ViewableAs<const M, const typename M::Scalar, HostMemory>;

/// The range of numbers to draw.
struct TileScale {
  double low, high;
  double flat;  ///< position of all numbers if the range is empty
  /// Position of a number in it, from 0 to 1.
  double position(double value) const {
    if (!(low < high)) return flat;
    if (value <= low || value >= high) return value >= high ? 1 : 0;
    return (value / 2 - low / 2) / (high / 2 - low / 2);  // halved first, so that no difference overflows
  }
};

template <class T>
TileScale scale_of(View<const T> numbers, const TileOptions& options) {
  const bool centered = options.colours != TileColours::grey;
  if (options.range == TileRange::unit) return {centered ? -1.0 : 0.0, 1.0, 0.0};
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (Index c = 0; c < numbers.cols; ++c)
    for (Index r = 0; r < numbers.rows; ++r) {
      const auto x = static_cast<double>(numbers(r, c));
      if (!std::isfinite(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
    }
  if (!centered) return {low, high, 0.0};
  const double most = std::max(std::abs(low), std::abs(high));
  return {-most, most, 0.5};
}

inline void paint(std::uint8_t* pixel, double position, TileColours colours) {
  const auto level = [](double x) { return static_cast<std::uint8_t>(std::lround(x)); };
  if (colours != TileColours::blue_white_red) {
    pixel[0] = level(255 * position);
  } else {
    static constexpr double ends[2][3] = {{33, 102, 172}, {178, 24, 43}};  // ColorBrewer's blue and red
    const double amount = std::abs(2 * position - 1);
    for (int i = 0; i < 3; ++i) pixel[i] = level(255 + amount * (ends[position > 0.5][i] - 255));
  }
}

/// Draws a column as a tile with its upper left corner at (left, top).
template <class T>
void draw_tile(Image& image, Index left, Index top, View<const T> column, const TileScale& scale,
               const TileOptions& options) {
  for (Index y = 0; y < options.height * options.scale; ++y)
    for (Index x = 0; x < options.width * options.scale; ++x) {
      const auto value =
          static_cast<double>(column(y / options.scale * options.width + x / options.scale, 0));
      if (!std::isnan(value)) paint(image.at(left + x, top + y), scale.position(value), options.colours);
    }
}

}  // namespace detail

/// One tile per column, from left to right and then downwards.
/// \throws ShapeError unless the columns have width * height rows
/// \throws ValueError if an option is out of range, or there are no columns or too many for a picture
template <class T>
Image tiles(View<T> columns, const TileOptions& options) {
  check<ShapeError>(options.width >= 1 && options.width <= columns.rows &&
                        columns.rows % options.width == 0 && columns.rows / options.width == options.height,
                    "tiles: columns have ", columns.rows, " rows, tiles ", options.width, " x ",
                    options.height, " pixels");
  check<ValueError>(columns.cols >= 1, "tiles: there are no columns");
  check<ValueError>(options.per_row >= 1, "tiles: per_row is ", options.per_row, ", expected at least 1");
  check<ValueError>(options.gap >= 0 && options.gap <= 1000, "tiles: gap is ", options.gap,
                    ", expected 0 to 1000");
  check<ValueError>(options.scale >= 1 && options.scale <= 1000, "tiles: scale is ", options.scale,
                    ", expected 1 to 1000");
  const Index per_row = std::min(options.per_row, columns.cols);
  const Index down = (columns.cols - 1) / per_row + 1;
  const Index step_x = options.width * options.scale + options.gap,
              step_y = options.height * options.scale + options.gap;
  Image image(per_row * step_x + options.gap, down * step_y + options.gap,
              options.colours == TileColours::blue_white_red ? 3 : 1, options.background);
  const View<const T> numbers = columns;
  detail::TileScale scale = detail::scale_of(numbers, options);
  for (Index c = 0; c < columns.cols; ++c) {
    if (options.range == TileRange::each) scale = detail::scale_of(numbers.columns(c, 1), options);
    detail::draw_tile(image, options.gap + c % per_row * step_x, options.gap + c / per_row * step_y,
                      numbers.columns(c, 1), scale, options);
  }
  return image;
}
/// As above, for a matrix.
template <detail::MatrixOnHost M>
Image tiles(const M& columns, const TileOptions& options) {
  return tiles(View<const typename M::Scalar>(columns), options);
}

/// How to stack pictures.
struct StackOptions {
  Index gap = 4;                  ///< pixels between them
  bool centered = false;          ///< narrower ones are centered, not flush left
  std::uint8_t background = 112;  ///< grey level of the area they leave free
};

/// Stacks pictures vertically: originals, hidden units, reconstructions. Grey ones stay grey among coloured
/// ones. \throws ValueError if there are no pictures, or the gap is out of range
inline Image stack(std::span<const Image> images, const StackOptions& options = {}) {
  check<ValueError>(!images.empty(), "stack: there are no pictures");
  check<ValueError>(options.gap >= 0 && options.gap <= 1000, "stack: gap is ", options.gap,
                    ", expected 0 to 1000");
  Index width = 0, height = -options.gap;
  int channels = 1;
  for (const Image& image : images) {
    detail::check_image("stack", image);
    width = std::max(width, image.width);
    height += image.height + options.gap;
    channels = std::max(channels, image.channels);
  }
  Image all(width, height, channels, options.background);
  Index top = 0;
  for (const Image& image : images) {
    const Index left = options.centered ? (width - image.width) / 2 : 0;
    for (Index y = 0; y < image.height; ++y)
      for (Index x = 0; x < image.width; ++x)
        for (int i = 0; i < channels; ++i)
          all.at(left + x, top + y)[i] = image.at(x, y)[image.channels == 1 ? 0 : i];
    top += image.height + options.gap;
  }
  return all;
}
/// As above, for pictures in braces.
inline Image stack(std::initializer_list<Image> images, const StackOptions& options = {}) {
  return stack(std::span<const Image>(images.begin(), images.size()), options);
}

}  // namespace harmonium
