#include <harmonium/io/report/coverage_section.hpp>

#include "support/catch.hpp"
#include "support/xml.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::count;

namespace test::io_coverage_section {

namespace {

// By hand, so that every number is known.
Coverage compared(bool held_out) {
  Coverage c;
  c.nearest = {.of_data = 0.7, .of_samples = 0.5, .error = 0.03};
  c.pairs = 0.987;
  c.triples = 0.876;
  c.nearest_datum = 2.5;
  c.variances = Eigen::Vector2d(4, 3);
  c.sample_variances = Eigen::Vector2d(1, 2);
  c.codes = Eigen::MatrixXd::Random(2, 100);
  c.sample_codes = Eigen::MatrixXd::Random(2, 100);
  c.shares = Eigen::Vector2d(0.6, 0.4);
  c.sample_shares = Eigen::Vector2d(1, 0);
  if (held_out) {
    c.held_out = {.of_data = 0.5, .of_samples = 0.52, .error = 0.04};
    c.held_out_pairs = 0.995;
    c.held_out_triples = 0.991;
    c.held_out_nearest_datum = 2.25;
    c.held_out_shares = Eigen::Vector2d(0.55, 0.45);
  }
  return c;
}

std::string page(const Coverage& c) {
  HtmlReport report("Samples");
  return add_coverage(report, c).text();
}

}  // namespace

TEST_CASE("a report compares samples with the data in words, numbers and a picture", "[io][html_report]") {
  const std::string html = page(compared(false));
  CHECK(xml_error(html) == "");
  for (const char* words : {"Do samples cover the data?", "0.600 ± 0.030", "0.987", "0.876", "2.5",
                            "first component", ">samples</text>"})
    CHECK_THAT(html, ContainsSubstring(words));
  CHECK(count(html, "held-out") == 0);
  CHECK(count(html, "rivacy") == 0);
  // (1 - 0.6) / sqrt(2 * 0.8 * 0.2 / 100)
  CHECK_THAT(html, ContainsSubstring("<td class=\"n\">1</td><td class=\"n\">60</td><td class=\"n\">100</td>"
                                     "<td class=\"n\">7.071</td>"));
}

TEST_CASE("beside held-out data a report says what can be expected", "[io][html_report]") {
  const std::string html = page(compared(true));
  CHECK(xml_error(html) == "");
  for (const char* words : {"-0.090 ± 0.050", "0.995", "0.991", "2.25", "% of held-out data"})
    CHECK_THAT(html, ContainsSubstring(words));
  CHECK_THAT(html, ContainsSubstring("<td class=\"n\">60</td><td class=\"n\">55</td>"));
}

TEST_CASE("a report of one component has no picture of two", "[io][html_report]") {
  Coverage c = compared(false);
  c.codes.conservativeResize(1, 100);
  c.sample_codes.conservativeResize(1, 100);
  const std::string html = page(c);
  CHECK(xml_error(html) == "");
  CHECK(count(html, "<svg") == 0);
}

}  // namespace test::io_coverage_section
