#include <harmonium/io/report/html_report.hpp>
#include <harmonium/models/rbm.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/categorical.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/xml.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::between;
using test::count;
using test::xml_error;

namespace {

const std::string hostile = "<script>alert('1')</script> & \"\xff\x01";

Image picture(Index width, Index height) {
  Image image(width, height, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(37 * i);
  return image;
}

History run() {
  History history;
  for (int epoch = 1; epoch <= 3; ++epoch)
    history.epochs.push_back({.phase = hostile,
                              .epoch = epoch,
                              .epochs = 3,
                              .seconds = 1.5,
                              .rate = 0.1,
                              .metrics = {{"error", 1.0 / epoch}, {hostile, epoch}, {"constant", 7}},
                              .warnings = {hostile}});
  return history;
}

}  // namespace

TEST_CASE("a report is well-formed, whatever it is given", "[io][html_report]") {
  const Eigen::MatrixXf weights = Eigen::MatrixXf::Random(3, 5);
  HtmlReport report(hostile, hostile);
  report.add_section(hostile)
      .add_text(hostile)
      .add_key_values({{hostile, hostile}})
      .add_values({{hostile, hostile}, {"", ""}})
      .add_table({hostile, "n"}, {{hostile, 1}})
      .add_code(hostile)
      .add_picture(picture(3, 2), hostile)
      .add_curves({{.name = hostile, .y = {1, 2}}}, {.title = hostile})
      .add_heat_map(weights, {.title = hostile, .row_names = {hostile, "b", "c"}, .x_title = hostile})
      .add_warnings(std::vector<std::string>{hostile})
      .add_history(run());
  const std::string html = report.text();
  CHECK(xml_error(html) == "");
  CHECK(count(html, "<script") == 0);
  CHECK(count(html, "alert(&#39;1&#39;)") > 10);
  CHECK(xml_error(HtmlReport("").text()) == "");
  CHECK(html == report.text());
}

TEST_CASE("a report makes no requests", "[io][html_report]") {
  HtmlReport report("Run");
  report.add_history(run())
      .add_picture(picture(40, 30), "A picture")
      .add_heat_map(Eigen::MatrixXf::Ones(2, 2).eval());
  const std::string html = report.text();
  for (const char* what :
       {"<link", "<script", "<iframe", "@import", "url(", "<base", "srcset", "<object", "onload"}) {
    CAPTURE(what);
    CHECK(count(html, what) == 0);
  }
  CHECK(count(html, "://") == count(html, "xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(count(html, "src=\"") == count(html, "src=\"data:image/png;base64,"));
  CHECK(count(html, "href=\"") == count(html, "href=\"data:image/png;base64,"));
  CHECK_THAT(html, ContainsSubstring("default-src 'none'"));
}

TEST_CASE("pictures are embedded in a report unchanged, small ones enlarged", "[io][html_report]") {
  const Image image = picture(30, 20);
  const std::string html = HtmlReport("Run").add_picture(image, "Filters").text();
  CHECK(between(html, "base64,", "\"") == base64(encode_png(image)));
  CHECK_THAT(html, ContainsSubstring("alt=\"Filters\" width=\"390\" height=\"260\""));
  CHECK_THAT(html, ContainsSubstring("<figcaption>Filters</figcaption>"));
  CHECK_THAT(HtmlReport("Run").add_picture(picture(602, 20), "").text(),
             ContainsSubstring("<figure class=\"wide\"><img"));
  CHECK_THROWS_AS(HtmlReport("Run").add_picture(Image{}, "none"), ValueError);
}

TEST_CASE("sections appear in order, figures share a row", "[io][html_report]") {
  HtmlReport report("Run");
  report.add_section("One")
      .add_picture(picture(9, 9), "a")
      .add_curves({{.y = {1, 2}}})
      .add_section("Two")
      .add_picture(picture(9, 9), "b");
  const std::string html = report.text();
  CHECK(html.find("<h2>One") < html.find("<h2>Two"));
  CHECK(html.find("<h2>Two") < html.find("<figcaption>b"));
  CHECK(count(html, "<div class=\"figures\">") == 2);
}

TEST_CASE("cells are texts, numbers or yes and no", "[io][html_report]") {
  const std::string html = HtmlReport("Run")
                               .add_table({"name", "number"}, {{"a", 0.05}, {std::string("b"), 12345678L}})
                               .add_values({{"centered", true}, {"threads", 2}, {"rate", 1e-3f}})
                               .text();
  CHECK_THAT(html, ContainsSubstring("<th>name</th><th class=\"n\">number</th>"));
  CHECK_THAT(html, ContainsSubstring("<td>a</td><td class=\"n\">0.05</td>"));
  CHECK_THAT(html, ContainsSubstring("<td>b</td><td class=\"n\">12345678</td>"));
  CHECK_THAT(html, ContainsSubstring("centered</th><td>yes</td>"));
  CHECK_THAT(html, ContainsSubstring("rate</th><td>0.001</td>"));
  CHECK_THROWS_WITH(HtmlReport("Run").add_table({"a", "b"}, {{1, 2}, {3}}),
                    "add_table: row 2 has 1 cells, and there are 2 headings");
  CHECK_THROWS_AS(HtmlReport("Run").add_table({}, {}), ValueError);
}

TEST_CASE("histories become charts, warnings and a table", "[io][html_report]") {
  const std::string html = HtmlReport("Run").add_history(run()).text();
  CHECK(count(html, "<svg") == 2);  // the constant metric and the rate have no chart
  CHECK(count(html, "<li>") == 1);  // the same warning three times
  CHECK(count(html, "<tr>") == 1 + 3 + 2);
  CHECK_THAT(html, ContainsSubstring("Constant</th><td>7</td>"));
  History diverged = run();
  for (EpochReport& report : diverged.epochs)
    report.metrics = {{"error", std::numeric_limits<double>::quiet_NaN()}};
  CHECK_THAT(HtmlReport("Run").add_history(diverged).text(),
             ContainsSubstring("Error</th><td>not a number</td>"));
  CHECK_THAT(HtmlReport("Run").add_history(History{}).text(), ContainsSubstring("No epoch was reported."));
}

TEST_CASE("a model is described by its layers", "[io][html_report]") {
  const Rbm<Categorical, Bernoulli> rbm{{.visible = {.units = 5, .states = 3}, .hidden = 1}};
  const std::string html = HtmlReport("Run").add_model(rbm).text();
  CHECK_THAT(html, ContainsSubstring("kind</th><td>rbm</td>"));
  CHECK_THAT(html, ContainsSubstring("visible</th><td>5 categorical units of 3 states</td>"));
  CHECK_THAT(html, ContainsSubstring("hidden</th><td>1 bernoulli unit</td>"));
  CHECK_THAT(html, ContainsSubstring("parameters</th><td>31</td>"));
  CHECK(html.find("visible</th>") < html.find("hidden</th>"));
}

TEST_CASE("a heat map has one name per row, and all numbers in colour", "[io][html_report]") {
  Eigen::MatrixXd m(2, 3);
  m << -2, 0, 2, 1, std::numeric_limits<double>::quiet_NaN(), 0.5;
  const std::string svg = draw_heat_map(m, {.title = "Weights", .row_names = {"age", "<height>"}});
  CHECK(xml_error(svg) == "");
  CHECK_THAT(svg, ContainsSubstring(">age</text>"));
  CHECK_THAT(svg, ContainsSubstring(">&lt;height&gt;</text>"));
  CHECK_THAT(svg, ContainsSubstring("\xe2\x88\x92"
                                    "2</text>"));
  Image expected(3, 2, 3, 112);
  const std::vector<int> pixels = {33,  102, 172, 255, 255, 255, 178, 24,  43,
                                   217, 140, 149, 112, 112, 112, 236, 197, 202};
  for (std::size_t i = 0; i < pixels.size(); ++i) expected.pixels[i] = static_cast<std::uint8_t>(pixels[i]);
  CHECK(between(svg, "base64,", "\"") == base64(encode_png(expected)));
  CHECK(xml_error(draw_heat_map(Eigen::MatrixXf::Zero(300, 1).eval())) == "");
  CHECK_THROWS_WITH(draw_heat_map(m, {.row_names = {"a"}}),
                    "draw_heat_map: there are 1 row_names, the matrix has 2 rows");
  CHECK_THROWS_AS(draw_heat_map(Eigen::MatrixXd(0, 3)), ValueError);
  CHECK_THROWS_AS(draw_heat_map(m, {.width = 1}), ValueError);
}

TEST_CASE("a report is written completely, or the old one stays", "[io][html_report]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "report.html";
  write(path, HtmlReport("One"));
  write(path, HtmlReport("Two"));
  CHECK(test::get(path) == HtmlReport("Two").text());
  CHECK(folder.entries() == 1);
  CHECK_THROWS_AS(write(folder / "none/report.html", HtmlReport("Three")), FileError);
}
