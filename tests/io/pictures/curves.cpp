#include <harmonium/io/pictures/curves.hpp>

#include <cstdlib>
#include <random>
#include <set>

#include "support/catch.hpp"
#include "support/xml.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::between;
using test::count;
using test::xml_error;

namespace test::io_pictures_curves {

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Point {
  double x, y;
};

// The points of a path, all pieces together.
std::vector<Point> points(const std::string& path) {
  std::vector<Point> all;
  for (const char* p = path.c_str(); *p != '\0';) {
    if (*p == 'M' || *p == 'L' || *p == 'Z') {
      ++p;
      continue;
    }
    char* end = nullptr;
    const double x = std::strtod(p, &end), y = std::strtod(end, &end);
    all.push_back({x, y});
    p = end;
  }
  return all;
}

// The path of a curve, found by its colour.
std::string path(const std::string& svg, int colour) {
  return between(svg, "<path class=\"hc-line hc-" + std::to_string(colour) + "\" d=\"", "\"");
}

std::vector<double> ticks(double low, double high, const detail::AxisStyle& style) {
  return detail::make_axis(low, high, style).ticks;
}
std::vector<std::string> labels(double low, double high, const detail::AxisStyle& style) {
  return detail::make_axis(low, high, style).labels;
}

// Contrast of two colours like #0069b4 (WCAG 2).
double contrast(const std::string& a, const std::string& b) {
  const auto luminance = [](const std::string& colour) {
    static constexpr double share[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double c = static_cast<double>(std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16)) / 255;
      sum += share[i] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
  };
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace

TEST_CASE("a chart is one complete SVG file that loads nothing from elsewhere", "[io][curves]") {
  const std::string svg =
      draw_curves({{.name = "a <b> & \"c\"", .y = {3, 1, 2}}, {.name = "d\x01\xff", .y = {1, 2}}},
                  {.title = "</svg><script>", .x_title = "a&b", .y_title = "'\"<"});
  CHECK(xml_error(svg) == "");
  CHECK_THAT(svg, ContainsSubstring("a &lt;b&gt; &amp; &quot;c&quot;"));
  CHECK(count(svg, "<script") == 0);
  CHECK(count(svg, "://") == 1);  // the namespace of SVG, which is not loaded
  CHECK(count(svg, "url(") == 0);
  CHECK(svg == draw_curves({{.name = "a <b> & \"c\"", .y = {3, 1, 2}}, {.name = "d\x01\xff", .y = {1, 2}}},
                           {.title = "</svg><script>", .x_title = "a&b", .y_title = "'\"<"}));
}

TEST_CASE("points lie where they belong", "[io][curves]") {
  const std::string svg = draw_curves({{.y = {0, 10, 5, 2.5}}});
  const std::vector<Point> p = points(path(svg, 0));
  REQUIRE(p.size() == 4);
  CHECK(p[1].x - p[0].x == Catch::Approx(p[2].x - p[1].x).margin(0.02));
  CHECK(p[0].y - p[2].y == Catch::Approx((p[0].y - p[1].y) / 2).margin(0.02));
  CHECK(p[0].y - p[3].y == Catch::Approx((p[0].y - p[1].y) / 4).margin(0.02));
  CHECK(p[0].y > p[1].y);  // up is less
  // Its own x, not in steps of one.
  const std::vector<Point> q = points(path(draw_curves({{.x = {0, 1, 10}, .y = {1, 2, 3}}}), 0));
  CHECK(q[1].x - q[0].x == Catch::Approx((q[2].x - q[0].x) / 10).margin(0.02));
  // On logarithmic axes powers are straight lines.
  const std::vector<Point> r =
      points(path(draw_curves({{.x = {1, 10, 100}, .y = {1e-3, 1, 1e3}}},
                              {.x_scale = AxisScale::logarithmic, .y_scale = AxisScale::logarithmic}),
                  0));
  CHECK(r[1].x - r[0].x == Catch::Approx(r[2].x - r[1].x).margin(0.02));
  CHECK(r[0].y - r[1].y == Catch::Approx(r[1].y - r[2].y).margin(0.02));
}

TEST_CASE("numbers that are not finite are gaps, and an isolated point is a dot", "[io][curves]") {
  std::vector<double> y(20, 1.0);
  y[3] = no_number;
  y[7] = infinity;
  y[9] = -infinity;
  y[8] = 2;
  const std::string svg = draw_curves({{.y = y}});
  CHECK(count(svg, "nan") + count(svg, "inf") == 0);
  CHECK(count(path(svg, 0), "M") == 4);  // 0-2, 4-6, 8, 10-19
  CHECK(points(path(svg, 0)).size() == 17);
  CHECK(count(svg, "<circle") == 1);
  CHECK(count(draw_curves({{.y = {5}}}), "<circle") == 1);
  // Zero cannot be shown on a logarithmic axis, and an x that is not a number nowhere.
  CHECK(
      count(path(draw_curves({{.y = {1, 0.1, 0, 0.01, -1, 0.001}}}, {.y_scale = AxisScale::logarithmic}), 0),
            "M") == 3);
  CHECK(points(path(draw_curves({{.x = {1, no_number, 3}, .y = {1, 2, 3}}}), 0)).size() == 2);
}

TEST_CASE("bands surround their curves and have their gaps", "[io][curves]") {
  const std::string svg =
      draw_curves({{.y = {1, 2, no_number, 4, 5}, .spread = {0.5, 0.5, 0.5, -0.5, no_number}}});
  const std::string band = between(svg, "<path class=\"hc-band hc-0\" d=\"", "\"");
  CHECK(count(band, "Z") == 2);
  CHECK(points(band).size() == 6);  // two points there and back, and one
  const std::vector<Point> line = points(path(svg, 0)), around = points(band);
  CHECK(around[0].y + around[3].y == Catch::Approx(2 * line[0].y).margin(0.03));
  // On a logarithmic axis a band that goes below zero ends at the bottom.
  const std::string log =
      draw_curves({{.y = {1, 10}, .spread = {2, 2}}}, {.y_scale = AxisScale::logarithmic});
  CHECK(xml_error(log) == "");
  CHECK(count(log, "nan") + count(log, "inf") == 0);
}

TEST_CASE("curves that cannot be drawn are errors", "[io][curves]") {
  const auto error = [](const std::vector<Curve>& curves, const CurvesOptions& options = {}) -> std::string {
    try {
      draw_curves(curves, options);
    } catch (const Error& e) {
      return e.what();
    }
    return "none";
  };
  CHECK(error({}) == "draw_curves: there are no curves");
  CHECK(error({{.y = {1}}, {.name = "b"}}) == "draw_curves: curve 2 'b' is empty");
  CHECK(error({{.x = {1}, .y = {1, 2}}}) == "draw_curves: curve 1 has 1 numbers in x and 2 in y");
  CHECK(error({{.y = {1, 2}, .spread = {1}}}) == "draw_curves: curve 1 has 1 numbers in spread and 2 in y");
  CHECK(error({{.y = {no_number, infinity}}}) ==
        "draw_curves: curve 1 has no point that can be shown: no number is finite");
  CHECK_THAT(error({{.y = {0, -1}}}, {.y_scale = AxisScale::logarithmic}),
             ContainsSubstring("positive where the axis is logarithmic"));
  CHECK(error({{.y = {1}, .colour = -2}}) == "draw_curves: curve 1 has colour -2, expected at least -1");
  CHECK(error({{.y = {1}}}, {.width = 10}) == "draw_curves: width is 10, expected 200 to 10000");
  CHECK(error({{.y = {1}}}, {.height = 0}) == "draw_curves: height is 0, expected 120 to 10000");
  CHECK(error({{.y = {1}}}) == "none");
  CHECK_THROWS_AS(draw_curves({{.y = {no_number}}}), DataError);
  CHECK_THROWS_AS(draw_curves({{.x = {1}, .y = {1, 2}}}), ShapeError);
}

TEST_CASE("a legend has an entry for each curve, in as many rows as needed", "[io][curves]") {
  std::vector<Curve> curves;
  for (int i = 0; i < 8; ++i) curves.push_back({.name = "variant " + std::to_string(i), .y = {1.0 * i, 2}});
  const std::string svg = draw_curves(curves);
  for (int i = 0; i < 8; ++i) CHECK(count(svg, ">variant " + std::to_string(i) + "</text>") == 1);
  CHECK(count(svg, "hc-dash hc-0") == 2);  // repeated colours are dashed: the curve and its entry
  const auto height = [](const std::string& text) { return std::stoi(between(text, " height=\"", "\"")); };
  CHECK(height(svg) > height(draw_curves({{.name = "a", .y = {1}}})));
  CHECK(height(draw_curves({{.name = "a", .y = {1}}})) > height(draw_curves({{.y = {1}}})));
  // A name that is too long is cut between characters.
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\xc3\xa4";
  const std::string cut = between(draw_curves({{.name = name, .y = {1, 2}}}), "text-anchor=\"start\">", "<");
  CHECK(cut.ends_with("\xc3\xa4\xe2\x80\xa6"));
  CHECK(cut.size() < 150);
}

TEST_CASE("ticks are round numbers, and labelled as such", "[io][curves]") {
  CHECK(labels(0, 1, {.most = 5}) == std::vector<std::string>{"0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(labels(1, 30, {.most = 5, .whole = true}) == std::vector<std::string>{"10", "20", "30"});
  CHECK(labels(1, 3, {.most = 8, .whole = true}) == std::vector<std::string>{"1", "2", "3"});
  CHECK(labels(-3, 1, {.most = 4}) == std::vector<std::string>{"\xe2\x88\x92"
                                                               "3",
                                                               "\xe2\x88\x92"
                                                               "2",
                                                               "\xe2\x88\x92"
                                                               "1",
                                                               "0", "1"});
  CHECK(labels(0, 2.5e-7, {.most = 5}) ==
        std::vector<std::string>{"0", "5e-8", "1e-7", "1.5e-7", "2e-7", "2.5e-7"});
  CHECK(labels(0, 4e7, {.most = 4}) ==
        std::vector<std::string>{"0", "10000000", "20000000", "30000000", "40000000"});
  CHECK(labels(0.013, 0.11, {.most = 5, .margins = true}).front() == "0");
  CHECK(labels(5, 5, {.most = 5, .margins = true}).size() >= 2);
  CHECK(labels(0, 0, {.most = 5, .margins = true}).size() >= 2);
  const detail::AxisStyle log{.scale = AxisScale::logarithmic, .most = 5, .margins = true};
  CHECK(labels(0.001, 1000, log) == std::vector<std::string>{"0.01", "1", "100"});
  CHECK(labels(1, 50, log) == std::vector<std::string>{"1", "2", "5", "10", "20", "50"});
  CHECK(ticks(3, 4, log).size() >= 2);
  CHECK(ticks(7, 7, log).size() >= 2);
}

TEST_CASE("axes of any range have ticks in it, not too many, all labelled differently", "[io][curves]") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponent(-299, 299), share(-1, 1);
  for (int i = 0; i < 4000; ++i) {
    double low = share(random) * std::pow(10.0, exponent(random)),
           high = share(random) * std::pow(10.0, exponent(random));
    if (i % 3 == 1) high = low + std::abs(low) * std::abs(share(random)) * 1e-3;
    if (i % 7 == 1) high = low * 100 * std::abs(share(random));
    if (i % 100 == 0) low = -1e300, high = 1e300;
    detail::AxisStyle style{.most = 2 + i % 9, .margins = i % 2 == 0, .whole = false};
    if (i % 5 == 0)
      style.scale = AxisScale::logarithmic, low = std::abs(low) + 1e-300, high = std::abs(high) + 1e-300;
    if (low > high) std::swap(low, high);
    const detail::ChartAxis axis = detail::make_axis(low, high, style);
    CAPTURE(i, low, high, axis.low, axis.high, style.most, axis.labels);
    REQUIRE(axis.ticks.size() >= 2);
    REQUIRE(axis.ticks.size() <= static_cast<std::size_t>(3 * style.most + 4));
    REQUIRE(std::set<std::string>(axis.labels.begin(), axis.labels.end()).size() == axis.labels.size());
    for (const double tick : axis.ticks) {
      REQUIRE(axis.position(tick) > -0.001);
      REQUIRE(axis.position(tick) < 1.001);
    }
    REQUIRE(axis.position(low) > -0.001);
    REQUIRE(axis.position(high) < 1.001);
  }
}

TEST_CASE("all colours stand out from light and dark backgrounds", "[io][curves]") {
  const std::string style(detail::chart_style());
  const std::size_t dark = style.find("prefers-color-scheme:dark");
  REQUIRE(dark != std::string::npos);
  for (const std::size_t from : {std::size_t{0}, dark}) {
    const std::string ground = between(style, ".hc-ground{fill:", "}", from);
    for (int i = 0; i < detail::chart_colours; ++i) {
      const std::string colour = between(style, ".hc-" + std::to_string(i) + "{color:", "}", from);
      CAPTURE(colour, ground);
      CHECK(contrast(colour, ground) >= 3);
    }
    CHECK(contrast(between(style, ".hc text{fill:", "}", from), ground) >= 4.5);
    CHECK(contrast(between(style, ".hc-axis{stroke:", "}", from), ground) >= 3);
  }
  CHECK(contrast("#ffffff", "#000000") == Catch::Approx(21));
}

}  // namespace test::io_pictures_curves
