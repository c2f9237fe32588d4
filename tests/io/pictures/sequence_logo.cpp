#include <harmonium/data/letter_frequencies.hpp>
#include <harmonium/io/pictures/sequence_logo.hpp>

#include "bad_input/refusals.hpp"
#include "support/xml.hpp"

using namespace harmonium;

namespace test::io_pictures_sequence_logo {

namespace {

// The heights of all letters drawn, in pixels, in their order.
std::vector<double> drawn_heights(const std::string& svg) {
  std::vector<double> heights;
  for (std::size_t at = svg.find("scale("); at != svg.npos; at = svg.find("scale(", at + 1))
    heights.push_back(std::stod(svg.substr(svg.find(' ', at))));
  return heights;
}

}  // namespace

TEST_CASE("logos are as high as Shannon's formula", "[io][sequences]") {
  // A site that is always A, one of two letters, one that is half gaps.
  const std::vector<std::string> texts{"AA-", "AAC", "AC-", "ACC"};
  const Alignment family = alignment_from(texts, rna_alphabet());
  const Eigen::MatrixXd f = letter_frequencies(family);
  CHECK(f(1, 0) == 1);
  CHECK(f(2, 1) == 0.5);
  CHECK(f(0, 2) == 0.5);
  const Eigen::MatrixXd without = information_heights(f, 0), with = information_heights(f);
  CHECK(without(1, 0) == 2);    // log2 4
  CHECK(without(1, 1) == 0.5);  // half of 2 - 1 bits
  CHECK(without(2, 2) == 1);    // 2 bits, where there is a letter at all
  CHECK(without.row(0).isZero());
  CHECK(std::abs(with(0, 2) - 0.5 * (std::log2(5.0) - 1)) < 1e-12);
  const Eigen::MatrixXd mixed = letter_frequencies(family, {}, {.pseudo_count = 0.5});
  double information = std::log2(5.0);
  for (Index k = 0; k < 5; ++k) information += mixed(k, 1) * std::log2(mixed(k, 1));
  CHECK(std::abs(information_heights(mixed)(1, 1) - mixed(1, 1) * information) < 1e-12);
  CHECK(std::abs(mixed(1, 1) - (0.25 + 0.1)) < 1e-12);
  const std::vector<double> weights{1, 1, 0, 2};
  CHECK(letter_frequencies(family, weights)(1, 1) == 0.5);
  CHECK(letter_frequencies(family, weights)(0, 2) == 0.25);

  const std::string svg = draw_logo(without, family.alphabet, {.title = "a & b", .height = 100});
  CHECK(test::xml_error(svg).empty());
  // 2 bits are the height of the axis; smaller letters come first.
  CHECK(drawn_heights(svg) == std::vector<double>{100, 25, 25, 50});
}

TEST_CASE("letters of weights are stacked by their sign, in rows", "[io][sequences]") {
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(3, 70);
  weights.col(0) << 1, -1, 0.5;
  weights(2, 69) = -1;
  const std::string svg = draw_logo(weights, Alphabet("AB%", '?'), {.y_title = "weight", .height = 60});
  CHECK(test::xml_error(svg).empty());
  // From -1 to 1.5: the axis has 2.5 of them.
  const std::vector<double> heights = drawn_heights(svg);
  REQUIRE(heights.size() == 4);
  CHECK(heights[0] == Catch::Detail::Approx(60 / 3.0 * 0.5).epsilon(0.3));
  CHECK(heights[1] == Catch::Detail::Approx(2 * heights[0]).margin(0.002));
  CHECK(heights[3] == heights[1]);
  CHECK(svg.find(">70</text>") != svg.npos);
  CHECK(svg.find(">%</text>") != svg.npos);  // no shape of its own
}

TEST_CASE("bad logos and frequencies are refused", "[bad_input][sequences]") {
  const Alignment family = alignment_from(std::vector<std::string>{"AC"}, rna_alphabet());
  const Alignment missing = alignment_from(std::vector<std::string>{"AN"}, rna_alphabet());
  const Eigen::MatrixXd f = letter_frequencies(family);
  Eigen::MatrixXd nan = f, negative = f;
  nan(0, 0) = std::nan("");
  negative(0, 0) = -1;
  check_refusals({
      refused<ShapeError>("heights of other letters", "draw_logo: the heights are 5 x 2, expected 21 .*",
                          [=] { return draw_logo(f, protein_alphabet()); }),
      refused<ValueError>("a height that is no number", "draw_logo: a height is not finite",
                          [=] { return draw_logo(nan, rna_alphabet()); }),
      refused<ValueError>("rows of nothing", "draw_logo: per_row is 0, expected 1 to 10000",
                          [=] { return draw_logo(f, rna_alphabet(), {.per_row = 0}); }),
      refused<DataError>("a negative frequency", "information_heights: frequency 0 of site 1 is -1, .*",
                         [=] { return information_heights(negative); }),
      refused<DataError>("no frequency", "information_heights: all frequencies of site 1 are 0",
                         [] { return information_heights(Eigen::MatrixXd::Zero(5, 1)); }),
      refused<ValueError>("a gap that is none", "information_heights: the gap is 5, expected -1 to 4",
                          [=] { return information_heights(f, 5); }),
      refused<ShapeError>("one letter", "information_heights: there are 1 letters, expected at least 2",
                          [] { return information_heights(Eigen::MatrixXd::Ones(2, 1), 0); }),
      refused<DataError>("a site without letters", "letter_frequencies: site 2 has no letter in any sequence",
                         [=] { return letter_frequencies(missing); }),
      refused<DataError>("no sequences", "letter_frequencies: the alignment has no sequences",
                         [=] { return letter_frequencies(family.subset({})); }),
      refused<ValueError>("a pseudo-count above 1", "letter_frequencies: pseudo_count is 2, expected 0 to 1",
                          [=] { return letter_frequencies(family, {}, {.pseudo_count = 2}); }),
      refused<DataError>("weights of others", "letter_frequencies: 2 weights for 1 samples",
                         [=] {
                           return letter_frequencies(family, std::vector<double>{1, 1});
                         }),
  });
}

}  // namespace test::io_pictures_sequence_logo
