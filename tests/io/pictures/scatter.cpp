#include <harmonium/io/pictures/scatter.hpp>
#include <harmonium/io/report/html_report.hpp>
#include <limits>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;

namespace {

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Eigen::MatrixXf four_points() {
  Eigen::MatrixXf points(2, 4);
  points << 0, 10, 0, 10,  //
      0, 0, 5, 5;
  return points;
}

}  // namespace

TEST_CASE("a class of points is one path in its own colour, and has an entry in the legend",
          "[io][scatter]") {
  const std::vector<int> labels = {0, 2, 2, 0};
  const std::string text = draw_scatter(four_points(), labels, {.title = "Codes <of> digits"});
  CHECK(text.starts_with("<svg"));
  CHECK(text.ends_with("</svg>\n"));
  CHECK_THAT(text, ContainsSubstring("Codes &lt;of&gt; digits"));
  CHECK(count(text, "<path") == 2);  // class 1 has no points
  CHECK(count(text, "h0") == 4);
  CHECK(count(text, "<circle") == 2);
  CHECK(count(text, detail::scatter_colours[0]) == 2);
  CHECK(count(text, detail::scatter_colours[1]) == 0);
  CHECK(count(text, detail::scatter_colours[2]) == 2);
}

TEST_CASE("points keep their order from left to right and from bottom to top", "[io][scatter]") {
  const std::string text = draw_scatter(four_points());
  std::vector<double> x, y;
  for (auto at = text.find('M', text.find("<path")); at != std::string::npos; at = text.find('M', at + 1)) {
    std::size_t length = 0;
    x.push_back(std::stod(text.substr(at + 1), &length));
    y.push_back(std::stod(text.substr(at + 1 + length)));
  }
  REQUIRE(x.size() == 4);
  CHECK(x[0] < x[1]);
  CHECK(x[0] == x[2]);
  CHECK(y[0] > y[2]);  // SVG counts downwards
  CHECK(y[0] == y[1]);
  CHECK(count(text, "<circle") == 0);  // no labels, no legend
}

TEST_CASE("a single point, and more classes than colours, can be drawn", "[io][scatter]") {
  CHECK(count(draw_scatter(Eigen::Vector2d(3, 4)), "<path") == 1);
  std::vector<int> labels(25);
  for (int i = 0; i < 25; ++i) labels[static_cast<std::size_t>(i)] = i;
  const Eigen::MatrixXd points = Eigen::MatrixXd::Random(2, 25);
  CHECK(count(draw_scatter(points, labels), "<path") == 25);
}

TEST_CASE("a report shows points, with the style of its other charts", "[io][scatter]") {
  HtmlReport report("Codes");
  report.add_scatter(four_points(), std::vector<int>{0, 1, 0, 1}, {.class_names = {"a", "b"}});
  const std::string text = report.text();
  CHECK(count(text, "<path") == 2);
  CHECK_THAT(text, ContainsSubstring(">b</text>"));
}

TEST_CASE("points that cannot be drawn are refused", "[io][scatter]") {
  const Eigen::MatrixXf points = four_points();
  CHECK_THROWS_AS(draw_scatter(Eigen::MatrixXd::Zero(3, 4)), ShapeError);
  CHECK_THROWS_AS(draw_scatter(Eigen::MatrixXd::Zero(2, 0)), ValueError);
  CHECK_THROWS_AS(draw_scatter(points, std::vector<int>{0}), ShapeError);
  CHECK_THROWS_AS(draw_scatter(points, std::vector<int>{0, 0, -1, 0}), DataError);
  CHECK_THROWS_AS(draw_scatter(points, std::vector<int>{0, 0, 1, 0}, {.class_names = {"a"}}), DataError);
  CHECK_THROWS_AS(draw_scatter(points, {}, {.width = 100}), ValueError);
  CHECK_THROWS_AS(draw_scatter(points, {}, {.height = 100}), ValueError);
  Eigen::MatrixXf wrong = points;
  wrong(1, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(draw_scatter(wrong), DataError);
}
