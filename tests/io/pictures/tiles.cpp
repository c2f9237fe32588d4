#include <harmonium/io/pictures/tiles.hpp>

#include <Eigen/Core>
#include <limits>
#include <set>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace {

using Rows = std::vector<std::vector<int>>;

// The first channel of a picture, row by row.
Rows rows_of(const Image& image) {
  Rows rows;
  for (Index y = 0; y < image.height; ++y) {
    rows.emplace_back();
    for (Index x = 0; x < image.width; ++x) rows.back().push_back(*image.at(x, y));
  }
  return rows;
}

Eigen::MatrixXf column(std::initializer_list<float> numbers) {
  Eigen::MatrixXf m(static_cast<Index>(numbers.size()), 1);
  std::copy(numbers.begin(), numbers.end(), m.data());
  return m;
}

TileOptions row_of(Index width, TileRange range = TileRange::each, TileColours colours = TileColours::grey) {
  return {.width = width, .height = 1, .gap = 0, .range = range, .colours = colours};
}

std::vector<int> rgb(const Image& image, Index x) {
  return {image.at(x, 0)[0], image.at(x, 0)[1], image.at(x, 0)[2]};
}

}  // namespace

TEST_CASE("tiles fill rows from the left, with gaps, and missing ones are background", "[io][tiles]") {
  Eigen::MatrixXd m(4, 3);  // 2 x 2 pixels each
  m << 0, 0, 1,             //
      1, 0, 1,              //
      0, 1, 0,              //
      1, 1, 0;
  const Image image = tiles(m, {.width = 2, .height = 2, .per_row = 2, .background = 7});
  CHECK(image.channels == 1);
  CHECK(rows_of(image) == Rows{{7, 7, 7, 7, 7, 7, 7},
                               {7, 0, 255, 7, 0, 0, 7},
                               {7, 0, 255, 7, 255, 255, 7},
                               {7, 7, 7, 7, 7, 7, 7},
                               {7, 255, 255, 7, 7, 7, 7},
                               {7, 0, 0, 7, 7, 7, 7},
                               {7, 7, 7, 7, 7, 7, 7}});
}

TEST_CASE("a tile's pixels are its numbers row by row, even if it is not square", "[io][tiles]") {
  const auto m = column({0, 51, 102, 153, 204, 255});
  CHECK(rows_of(tiles(m, {.width = 3, .height = 2, .gap = 0})) == Rows{{0, 51, 102}, {153, 204, 255}});
  CHECK(rows_of(tiles(m, {.width = 2, .height = 3, .gap = 0})) == Rows{{0, 51}, {102, 153}, {204, 255}});
}

TEST_CASE("a scale makes every number a square", "[io][tiles]") {
  const Image image = tiles(column({0, 1}), {.width = 2, .height = 1, .gap = 1, .scale = 2, .background = 9});
  CHECK(rows_of(image) ==
        Rows{{9, 9, 9, 9, 9, 9}, {9, 0, 0, 255, 255, 9}, {9, 0, 0, 255, 255, 9}, {9, 9, 9, 9, 9, 9}});
}

TEST_CASE("fewer tiles than a row holds make a narrower picture", "[io][tiles]") {
  CHECK(tiles(column({0, 1}), {.width = 2, .height = 1, .per_row = 10, .gap = 1}).width == 4);
}

TEST_CASE("the range of grey is that of each tile, that of all, or from 0 to 1", "[io][tiles]") {
  Eigen::MatrixXf m(2, 2);
  m << 0.2f, -1, 0.6f, 3;
  CHECK(rows_of(tiles(m, row_of(2, TileRange::each))) == Rows{{0, 255, 0, 255}});
  CHECK(rows_of(tiles(m, row_of(2, TileRange::common))) ==
        Rows{{77, 102, 0, 255}});  // 255 * 1.2 / 4, 255 * 1.6 / 4
  CHECK(rows_of(tiles(m, row_of(2, TileRange::unit))) == Rows{{51, 153, 0, 255}});
}

TEST_CASE("signed colours have 0 in the middle and the same range on both sides", "[io][tiles]") {
  const auto m = column({-2, -1, 0, 1});
  CHECK(rows_of(tiles(m, row_of(4, TileRange::each, TileColours::signed_grey))) == Rows{{0, 64, 128, 191}});
  CHECK(rows_of(tiles(m, row_of(4, TileRange::unit, TileColours::signed_grey))) == Rows{{0, 0, 128, 255}});

  const Image image = tiles(m, row_of(4, TileRange::common, TileColours::blue_white_red));
  CHECK(image.channels == 3);
  CHECK(rgb(image, 0) == std::vector<int>{33, 102, 172});
  CHECK(rgb(image, 2) == std::vector<int>{255, 255, 255});
  CHECK(rgb(image, 3) == std::vector<int>{217, 140, 149});  // half-way from white to (178, 24, 43)
}

TEST_CASE("a tile of equal numbers is black, and white if they are signed zeros", "[io][tiles]") {
  CHECK(rows_of(tiles(column({3, 3}), row_of(2))) == Rows{{0, 0}});
  const Image image = tiles(column({0, 0}), row_of(2, TileRange::each, TileColours::blue_white_red));
  CHECK(rgb(image, 1) == std::vector<int>{255, 255, 255});
}

TEST_CASE("NaN is background, and infinities do not spoil the range", "[io][tiles]") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto m = column({nan, infinity, -infinity, 1, 2, 3});
  CHECK(rows_of(tiles(m, row_of(6))) == Rows{{112, 255, 0, 0, 128, 255}});
  CHECK(rows_of(tiles(column({nan, nan}), row_of(2))) == Rows{{112, 112}});
  CHECK(rows_of(tiles(column({infinity, -infinity}), row_of(2, TileRange::each, TileColours::signed_grey))) ==
        Rows{{255, 0}});
}

TEST_CASE("numbers of the largest size are drawn in order", "[io][tiles]") {
  const double most = std::numeric_limits<double>::max();
  Eigen::MatrixXd m(3, 1);
  m << -most, 0, most;
  CHECK(rows_of(tiles(m, row_of(3))) == Rows{{0, 128, 255}});
  const double least = std::numeric_limits<double>::denorm_min();
  m << 0, 3 * least, 4 * least;
  CHECK(rows_of(tiles(m, row_of(3)))[0][2] == 255);
}

TEST_CASE("tiles are drawn from matrices and views, of any number type", "[io][tiles]") {
  Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> bytes(2, 3);
  bytes << 9, 0, 3, 9, 255, 4;
  const Image all = tiles(bytes, row_of(2));
  const View<std::uint8_t> view = bytes;
  CHECK(tiles(view, row_of(2)) == all);
  CHECK(tiles(view.columns(1, 2), row_of(2)).width == 4);
  CHECK(rows_of(tiles(View<const std::uint8_t>(view).columns(1, 2), row_of(2))) == Rows{{0, 255, 0, 255}});
  // One row of a larger block: the numbers between the columns are not drawn.
  CHECK(rows_of(tiles(view.rows_from(1, 1), row_of(1, TileRange::common))) ==
        Rows{{5, 255, 0}});  // 255 * 5 / 251
}

TEST_CASE("options that do not fit are refused", "[io][tiles]") {
  const Eigen::MatrixXf m = Eigen::MatrixXf::Zero(6, 2);
  CHECK_THROWS_WITH(tiles(m, {.width = 2, .height = 2}),
                    ContainsSubstring("columns have 6 rows, tiles 2 x 2 pixels"));
  CHECK_THROWS_AS(tiles(m, {.width = 4, .height = 1}), ShapeError);
  CHECK_THROWS_AS(tiles(m, {}), ShapeError);
  CHECK_THROWS_AS(tiles(m, {.width = -2, .height = -3}), ShapeError);
  CHECK_THROWS_AS(tiles(m, {.width = Index{1} << 62, .height = 8}), ShapeError);
  CHECK_THROWS_WITH(tiles(m, {.width = 2, .height = 3, .per_row = 0}), ContainsSubstring("per_row is 0"));
  CHECK_THROWS_WITH(tiles(m, {.width = 2, .height = 3, .gap = -1}), ContainsSubstring("gap is -1"));
  CHECK_THROWS_WITH(tiles(m, {.width = 2, .height = 3, .scale = 0}), ContainsSubstring("scale is 0"));
  CHECK_THROWS_WITH(tiles(m, {.width = 2, .height = 3, .scale = 1001}), ContainsSubstring("scale is 1001"));
  CHECK_THROWS_WITH(tiles(Eigen::MatrixXf(6, 0), {.width = 2, .height = 3}), ContainsSubstring("no columns"));
  const Eigen::MatrixXf many = Eigen::MatrixXf::Zero(1, 1000);
  CHECK_THROWS_AS(tiles(many, {.width = 1, .height = 1, .per_row = 1000, .gap = 0, .scale = 1000}),
                  ValueError);
}

TEST_CASE("pictures are stacked on the left or in the middle", "[io][tiles]") {
  const Image wide = tiles(column({0, 1, 2}), row_of(3)), narrow = tiles(column({5}), row_of(1));
  CHECK(rows_of(stack({wide, narrow}, {.gap = 2, .background = 8})) ==
        Rows{{0, 128, 255}, {8, 8, 8}, {8, 8, 8}, {0, 8, 8}});
  CHECK(rows_of(stack({wide, narrow}, {.gap = 0, .centered = true, .background = 8})) ==
        Rows{{0, 128, 255}, {8, 0, 8}});
  CHECK(stack({narrow}) == narrow);
}

TEST_CASE("a grey picture above a coloured one stays grey", "[io][tiles]") {
  const Image grey = tiles(column({0, 2, 3}), row_of(3));
  const Image coloured = tiles(column({-1, 0, 1}), row_of(3, TileRange::each, TileColours::blue_white_red));
  const Image both = stack({grey, coloured}, {.gap = 0});
  REQUIRE(both.channels == 3);
  CHECK(rgb(both, 1) == std::vector<int>{170, 170, 170});
  CHECK(both.at(0, 1)[2] == 172);
}

TEST_CASE("a stack of nothing, or of invalid pictures, is refused", "[io][tiles]") {
  CHECK_THROWS_WITH(stack(std::vector<Image>{}), ContainsSubstring("there are no pictures"));
  CHECK_THROWS_AS(stack({Image{}}), ValueError);
  CHECK_THROWS_WITH(stack({Image(1, 1, 1)}, {.gap = -1}), ContainsSubstring("gap is -1"));
}
