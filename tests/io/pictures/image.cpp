// stb before and after: a program may have its own copy, even in the same file.
#include <stb_image_write.h>

#include <harmonium/io/pictures/image.hpp>

#include <zlib.h>

#include <cstdlib>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t x = 0;
  for (std::size_t i = 0; i < 4; ++i) x = x << 8 | static_cast<std::uint8_t>(bytes.at(at + i));
  return x;
}

std::uint8_t paeth(int left, int up, int corner) {
  const int p = left + up - corner, a = std::abs(p - left), b = std::abs(p - up), c = std::abs(p - corner);
  return static_cast<std::uint8_t>(a <= b && a <= c ? left : b <= c ? up : corner);
}

// Reads a PNG file according to its specification (W3C, 2003): chunks with their checksums, one zlib stream,
// one filter per row.
Image decode_png(const std::string& bytes) {
  REQUIRE(bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  std::string packed;
  Image image;
  for (std::size_t at = 8; at < bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    const std::string type = bytes.substr(at + 4, 4);
    const auto* checked = reinterpret_cast<const Bytef*>(bytes.data() + at + 4);
    REQUIRE(crc32(0, checked, static_cast<uInt>(length + 4)) == big_endian(bytes, at + 8 + length));
    if (type == "IHDR") {
      REQUIRE(length == 13);
      image.width = big_endian(bytes, at + 8);
      image.height = big_endian(bytes, at + 12);
      REQUIRE(bytes.at(at + 16) == 8);  // bits
      REQUIRE((bytes.at(at + 17) == 0 || bytes.at(at + 17) == 2));
      image.channels = bytes.at(at + 17) == 0 ? 1 : 3;
    }
    if (type == "IDAT") packed += bytes.substr(at + 8, length);
    at += length + 12;
    if (type == "IEND") REQUIRE(at == bytes.size());
  }
  const std::size_t row = static_cast<std::size_t>(image.width * image.channels),
                    n = static_cast<std::size_t>(image.channels);
  std::vector<std::uint8_t> lines((row + 1) * static_cast<std::size_t>(image.height));
  uLongf size = lines.size();
  REQUIRE(uncompress(lines.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()) ==
          Z_OK);
  REQUIRE(size == lines.size());
  std::vector<std::uint8_t> above(row, 0);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    const int filter = lines[y * (row + 1)];
    std::vector<std::uint8_t> line(lines.begin() + static_cast<long>(y * (row + 1) + 1),
                                   lines.begin() + static_cast<long>((y + 1) * (row + 1)));
    for (std::size_t i = 0; i < row; ++i) {
      const int left = i < n ? 0 : line[i - n], up = above[i], corner = i < n ? 0 : above[i - n];
      const int expected[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
      REQUIRE(filter < 5);
      line[i] = static_cast<std::uint8_t>(line[i] + expected[filter]);
    }
    image.pixels.insert(image.pixels.end(), line.begin(), line.end());
    above = line;
  }
  return image;
}

Image noise(Index width, Index height, int channels) {
  Image image(width, height, channels);
  unsigned state = 1;
  for (auto& pixel : image.pixels) {
    state = state * 1103515245u + 12345u;  // half of it smooth, so that rows choose different filters
    pixel = static_cast<std::uint8_t>((&pixel - image.pixels.data()) / 7 + (state >> 16) % 3);
  }
  return image;
}

}  // namespace

TEST_CASE("a PNG file holds exactly the pixels", "[io][image]") {
  const TemporaryFolder folder;
  const int channels = GENERATE(1, 3);
  const Index width = GENERATE(1, 2, 31, 32, 200), height = GENERATE(1, 2, 97);
  const Image image = noise(width, height, channels);
  write_png(folder / "picture.png", image);
  const Image read = decode_png(test::get(folder / "picture.png"));
  CHECK(read.width == width);
  CHECK(read.height == height);
  CHECK(read.channels == channels);
  CHECK(read.pixels == image.pixels);
  CHECK(folder.entries() == 1);
}

TEST_CASE("pixels are found row by row from the top", "[io][image]") {
  Image image(3, 2, 3, 9);
  CHECK(image.pixels == std::vector<std::uint8_t>(18, 9));
  image.at(2, 1)[1] = 200;
  CHECK(image.pixels[(1 * 3 + 2) * 3 + 1] == 200);
}

TEST_CASE("a picture of wrong sizes is refused", "[io][image]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(Image(0, 5, 1), ContainsSubstring("0 x 5 pixels"));
  CHECK_THROWS_WITH(Image(5, -1, 1), ContainsSubstring("5 x -1 pixels"));
  CHECK_THROWS_WITH(Image(5, 5, 2), ContainsSubstring("2 channels, expected 1 or 3"));
  CHECK_THROWS_AS(Image(1 << 20, 1 << 20, 3), ValueError);
  CHECK_THROWS_AS(Image(std::numeric_limits<Index>::max(), std::numeric_limits<Index>::max(), 1), ValueError);
  CHECK_THROWS_AS(write_png(folder / "picture.png", Image{}), ValueError);
  Image damaged(4, 4, 1);
  damaged.pixels.pop_back();
  CHECK_THROWS_WITH(write_png(folder / "picture.png", damaged), ContainsSubstring("has 15 numbers"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("a program's own stb is independent of ours", "[io][image]") {
  const Image image = noise(8, 8, 1);
  stbi_flip_vertically_on_write(1);  // a global of the program's copy, which ours does not see
  const auto bytes = encode_png(image);
  stbi_flip_vertically_on_write(0);
  CHECK(decode_png({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) == image);
}
