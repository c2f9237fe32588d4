/// \file
/// Pictures of 8-bit pixels, and PNG files.
#pragma once

#include <cstdint>
#include <vector>

#include "../../core/view.hpp"
#include "../formats/atomic_file.hpp"
#include "stb_png.hpp"

namespace harmonium {

/// A picture: rows from top to bottom, pixels from left to right, and for each its channels.
struct Image {
  Index width = 0;                   ///< pixels in a row
  Index height = 0;                  ///< rows
  int channels = 1;                  ///< 1: grey, 3: red, green and blue
  std::vector<std::uint8_t> pixels;  ///< width * height * channels numbers

  /// Upper limit, so that code that counts in `int` does not overflow.
  static constexpr Index most_numbers = Index{1} << 28;

  Image() = default;
  /// A picture filled with `background`.
  /// \throws ValueError if a size is not positive or the picture too large, or unless it has 1 or 3 channels
  Image(Index w, Index h, int channel_count, std::uint8_t background = 0)
      : width(w), height(h), channels(channel_count) {
    check<ValueError>(channels == 1 || channels == 3, "Image: ", channels, " channels, expected 1 or 3");
    check<ValueError>(w >= 1 && h >= 1 && w <= most_numbers / 3 / h, "Image: ", w, " x ", h,
                      " pixels, expected at least 1 x 1 and at most ", most_numbers / 3, " in all");
    pixels.assign(static_cast<std::size_t>(w * h * channels), background);
  }

  /// The first channel of a pixel.
  std::uint8_t* at(Index x, Index y) { return pixels.data() + (y * width + x) * channels; }
  /// As above, read-only.
  const std::uint8_t* at(Index x, Index y) const { return pixels.data() + (y * width + x) * channels; }
  /// Are the sizes and all pixels equal?
  bool operator==(const Image&) const = default;
};

namespace detail {
/// \throws ValueError unless a picture has as many pixels as its sizes say
inline void check_image(const char* function, const Image& image) {
  check<ValueError>(
      image.width >= 1 && image.height >= 1 && (image.channels == 1 || image.channels == 3) &&
          image.width <= Image::most_numbers / 3 / image.height &&
          static_cast<Index>(image.pixels.size()) == image.width * image.height * image.channels,
      function, ": a picture of ", image.width, " x ", image.height, " pixels with ", image.channels,
      " channels has ", image.pixels.size(), " numbers");
}
}  // namespace detail

/// A picture as the bytes of a PNG file.
/// \throws ValueError if the picture has no pixels, or not as many as its sizes say
inline std::vector<std::byte> encode_png(const Image& image) {
  detail::check_image("encode_png", image);
  std::vector<std::byte> bytes;
  const auto append = [](void* to, void* data, int size) {
    const auto* first = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(to)->assign(first, first + size);
  };
  const int written = detail::stb::stbi_write_png_to_func(append, &bytes, static_cast<int>(image.width),
                                                          static_cast<int>(image.height), image.channels,
                                                          image.pixels.data(), 0);
  check<ValueError>(written != 0, "encode_png: there is no memory for ", image.pixels.size(), " numbers");
  return bytes;
}

/// Writes a PNG file, completely or not at all.
/// \throws ValueError if the picture is not a valid one \throws FileError if it cannot be written
inline void write_png(const std::filesystem::path& path, const Image& image) {
  write_file(path, encode_png(image));
}

}  // namespace harmonium
