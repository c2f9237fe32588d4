#include <harmonium/backend/cpu.hpp>
#include <harmonium/data/alignment.hpp>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::Message;

namespace test::data_alignment {

TEST_CASE("letters are states and one-hot rows, and come back", "[data][sequences]") {
  const std::vector<std::string> texts{"AC-", "Y-W"};
  const Alignment two = alignment_from(texts, protein_alphabet());
  CHECK(two.sites() == 3);
  CHECK(two.size() == 2);
  CHECK(two.rows() == 63);
  CHECK(two.letters(0, 0) == 1);
  CHECK(two.letters(2, 0) == 0);
  CHECK(two.letters(0, 1) == 20);
  const Dataset rows = one_hot(two, {0.5, 2});
  const Eigen::MatrixXf x = rows.to_matrix<float>();
  CHECK(x.rows() == 63);
  CHECK(x.sum() == 6);
  CHECK(x(1, 0) == 1);
  CHECK(x(21 + 2, 0) == 1);
  CHECK(x(42, 0) == 1);
  CHECK(x(20, 1) == 1);
  CHECK(rows.weights()[1] == 2);
  const Alignment again = alignment_of(x, protein_alphabet());
  CHECK(again.letters == two.letters);
  CHECK(again.text(1) == "Y-W");
  const std::vector<Index> last{1};
  CHECK(two.subset(last).text(0) == "Y-W");
}

TEST_CASE("what is missing is missing in all rows of a site", "[data][sequences]") {
  const std::vector<std::string> texts{"ANG", "ACG"};
  const Alignment two = alignment_from(texts, rna_alphabet());
  CHECK(two.any_missing());
  CHECK(two.text(0) == "ANG");
  CHECK_THROWS_MATCHES(one_hot(two), DataError,
                       Message("one_hot: letters are missing; one_hot_with_missing keeps them, and unknown "
                               "letters are read as gaps with UnknownLetters::gap"));
  const MissingData rows = one_hot_with_missing(two);
  const std::vector<Index> first{0};
  Eigen::MatrixXf known(15, 1), x(15, 1);
  rows.fill_known(Cpu<float>(), first, known);
  rows.fill(Cpu<float>(), first, x);
  CHECK(known.col(0).segment(5, 5).isZero());
  CHECK(known.sum() == 10);
  CHECK(x(1, 0) == 1);
  CHECK(x(5 + 2, 0) == 1);  // the mean of what is known
}

TEST_CASE("nucleic acids are read as each other's", "[data][sequences]") {
  CHECK(rna_alphabet().state('T') == rna_alphabet().state('U'));
  CHECK(dna_alphabet().state('U') == 4);
  CHECK(Alphabet("01").gap() == -1);
  CHECK(protein_alphabet().gap() == 0);
  CHECK(protein_alphabet().states() == 21);
  CHECK_FALSE(rna_alphabet() == dna_alphabet());
}

}  // namespace test::data_alignment
