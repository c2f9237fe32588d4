#include <harmonium/io/formats/alignment_file.hpp>
#include <harmonium/io/formats/site_distances.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using test::TemporaryFolder;

namespace test::io_formats_alignments {

namespace {

Alignment read(const std::string& text, const AlignmentOptions& options = {}) {
  const TemporaryFolder folder;
  test::put(folder / "family", text);
  return read_alignment(folder / "family", options);
}
std::vector<std::string> texts_of(const Alignment& alignment) {
  std::vector<std::string> texts;
  for (Index c = 0; c < alignment.size(); ++c) texts.push_back(alignment.text(c));
  return texts;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a record of FASTA is a column", "[io][sequences]") {
  const Alignment family = read(
      "; made by hand\r\n"
      ">one of them\r\n"
      "MK-L\r\n"
      "V\r\n"
      "\r\n"
      ">>two\n"
      " MKALV \n"
      "> \n"
      "M\tK--V");
  CHECK(family.names == Texts{"one of them", "two", ""});
  CHECK(texts_of(family) == Texts{"MK-LV", "MKALV", "MK--V"});
  CHECK(family.alphabet == protein_alphabet());
}

TEST_CASE("insertions of A2M are dropped, and gaps as points are kept where nothing else fits",
          "[io][sequences]") {
  const std::string a2m = ">a\nMK..LV\n>b\nMKacLV\n>c\nM-.tLV\n";
  CHECK(texts_of(read(a2m)) == Texts{"MKLV", "MKLV", "M-LV"});
  CHECK(texts_of(read(a2m, {.insertions = Insertions::kept})) == Texts{"MK--LV", "MKACLV", "M--TLV"});
  CHECK(texts_of(read(">a\nMK.LV\n>b\nMKALV\n")) == Texts{"MK-LV", "MKALV"});
  CHECK(texts_of(read(">a\nacgg\n>b\nag-g\n")) == Texts{"ACGG", "AG-G"});
  CHECK(texts_of(read(">a\nac-g\n>b\na-gg\n")) == Texts{"AC-G", "A-GG"});  // not two sites of gaps
  // Without points, as in A3M, lengths differ.
  CHECK(texts_of(read(">a\nMKLV\n>b\nMKacLV\n")) == Texts{"MKLV", "MKLV"});
}

TEST_CASE("the alphabet is found out, or told", "[io][sequences]") {
  CHECK(read(">a\nACGU\n").alphabet == rna_alphabet());
  CHECK(read(">a\nACGT\n>b\nAC-N\n").alphabet == dna_alphabet());
  CHECK(read(">a\nACGTLW\n").alphabet == protein_alphabet());
  CHECK(texts_of(read(">a\nACGT\n", {.alphabet = rna_alphabet()})) == Texts{"ACGU"});
  const Alphabet two("ab.", '?');
  CHECK(texts_of(read(">1\nab.b\n", {.alphabet = two, .unknown = UnknownLetters::missing})) == Texts{"ab.b"});
}

TEST_CASE("unknown letters are gaps or missing", "[io][sequences]") {
  CHECK(texts_of(read(">a\nMXBZ*\n")) == Texts{"M----"});
  const Alignment missing = read(">a\nMXBZ*L\n", {.unknown = UnknownLetters::missing});
  CHECK(texts_of(missing) == Texts{"MXXXXL"});
  CHECK(missing.any_missing());
}

TEST_CASE("Stockholm's blocks are put together", "[io][sequences]") {
  const Alignment family = read(
      "# STOCKHOLM 1.0\n"
      "#=GF ID  toy\n"
      "#=GS a/1-4 DE the first\n"
      "#=GS a/1-4 OS nobody\n"
      "\n"
      "a/1-4      AC.G\n"
      "b/7-9\tA-gG\n"
      "#=GC SS_cons <..>\n"
      "\n"
      "a/1-4      UU\n"
      "#=GR a/1-4 SS ..\n"
      "b/7-9      -U\n"
      "//\n\n");
  CHECK(family.names == Texts{"a/1-4 the first", "b/7-9"});
  CHECK(texts_of(family) == Texts{"ACGUU", "A-G-U"});
  CHECK(family.alphabet == rna_alphabet());
}

TEST_CASE("what is written as FASTA is read again, packed or not", "[io][sequences]") {
  const TemporaryFolder folder;
  Alignment family = read(">a b\nMX-L\n>c\nMKVL\n", {.unknown = UnknownLetters::missing});
  for (const char* name : {"family.fasta", "family.fasta.gz"}) {
    write_fasta(folder / name, family);
    const Alignment again = read_fasta(folder / name, {.unknown = UnknownLetters::missing});
    CHECK(again.names == family.names);
    CHECK(again.letters == family.letters);
  }
  CHECK(test::get(folder / "family.fasta") == ">a b\nMX-L\n>c\nMKVL\n");
  CHECK(test::get(folder / "family.fasta.gz").starts_with("\x1f\x8b"));
  family.names.clear();
  write_fasta(folder / "family.fasta", family);
  CHECK(read_fasta(folder / "family.fasta").names == Texts{"1", "2"});
}

TEST_CASE("alignments are told from tables by their contents", "[io][sequences]") {
  CHECK(looks_like_alignment(">a\nACD-e.f\n"));
  CHECK(looks_like_alignment("\xEF\xBB\xBF>>a b c, 1\r\n;\r\nACD\r\n"));
  CHECK(looks_like_alignment("# STOCKHOLM 1.0\n"));
  CHECK_FALSE(looks_like_alignment("ACD\n>a\n"));
  CHECK_FALSE(looks_like_alignment(">a,b\n1,2\n"));
  CHECK_FALSE(looks_like_alignment(""));
  CHECK_FALSE(looks_like_alignment("# STOCK\na,b\n"));
}

TEST_CASE("distances between sites are read by pairs", "[io][sequences]") {
  const TemporaryFolder folder;
  test::put(folder / "pairs", "# site site score distance\n1 3 0.5 4.25\n\n 2\t1 12\r\n");
  const Eigen::MatrixXd distances = read_site_distances(folder / "pairs", 3);
  CHECK(distances(0, 2) == 4.25);
  CHECK(distances(2, 0) == 4.25);
  CHECK(distances(0, 1) == 12);
  CHECK(std::isnan(distances(1, 2)));
  CHECK(std::isnan(distances(0, 0)));
}

}  // namespace test::io_formats_alignments
