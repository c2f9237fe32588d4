// FASTA and Stockholm files that are not valid, and alignments that cannot be used.
#include <harmonium/io/formats/alignment_file.hpp>
#include <harmonium/io/formats/site_distances.hpp>
#include <harmonium/io/report/peak_memory.hpp>

#include "bad_input/refusals.hpp"
#include "temporary_folder.hpp"

using namespace harmonium;
using namespace test;

namespace test::io_bad_alignments {

TEST_CASE("hostile FASTA and Stockholm files are refused with record and line",
          "[bad_input][files][sequences]") {
  const TemporaryFolder folder;
  const auto path = folder / "family";
  const auto reading = [=](const std::string& text, const AlignmentOptions& options = {}) {
    return [=] {
      put(path, text);
      return read_alignment(path, options);
    };
  };
  const double before = peak_memory_mb();
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += ">\n";
  check_refusals({
      refused<FileError>("nothing", "FASTA file '.*': it has no sequences", reading("")),
      refused<FileError>("letters without a name", "FASTA file '.*', line 1: there are letters before .*",
                         reading("MKV\n>a\nMKV\n")),
      refused<FileError>("a record without letters",
                         "FASTA file '.*', record 2 \\('b', line 3\\): it has no letters",
                         reading(">a\nMKV\n>b\n>c\nMKV\n")),
      refused<FileError>("other lengths",
                         "FASTA file '.*', record 2 \\('b c', line 3\\): it has 2 sites, expected 3, as "
                         "record 1 has; are the sequences aligned\\?",
                         reading(">a\nMKV\n>b c\nMK\n")),
      refused<FileError>("other lengths of what is left",
                         ".*record 2 .*: it has 2 sites, expected 3, as record 1 has \\(lower case and '.' "
                         "are left out\\); .*",
                         reading(">a\nMKV\n>b c\nMKv\n", {.insertions = Insertions::dropped})),
      refused<FileError>("numbers", ".*record 1 .*: it has '1', expected letters of -ACDEFGHIKLMNPQRSTVWY",
                         reading(">a\n1,2\n")),
      refused<FileError>("bytes", ".*record 1 .*: it has a byte 200, expected .*", reading(">a\nMK\xc8V\n")),
      refused<FileError>("a name of a million letters",
                         ".*record 1 \\('x{40}\\.\\.\\.', line 1\\): it has no letters",
                         reading('>' + std::string(1'000'000, 'x'))),
      refused<FileError>("a name that clears the screen",
                         ".*record 1 \\('a\\?\\[2J\\?\\?', line 1\\): it has no letters",
                         reading(">a\x1b[2J\xc2\x9b")),
      refused<FileError>("a hundred thousand records", ".*record 1 .*: it has no letters", reading(many)),
      refused<FileError>("a longer file than the limit", "cannot read .*expected at most 4 \\(ReadLimits\\)",
                         reading(">a\nMKV\n", {.limits = {.bytes = 4}})),
      refused<ValueError>("gaps that there are not",
                          "read_alignment: unknown letters are read as gaps, but the alphabet 01 has no .*",
                          reading(">a\n0110\n", {.alphabet = Alphabet("01")})),
      refused<FileError>("no end", "Stockholm file '.*': it ends without //",
                         reading("# STOCKHOLM 1.0\na MK\n")),
      refused<FileError>("a name alone", "Stockholm file '.*', line 2: expected a name and letters",
                         reading("# STOCKHOLM 1.0\na\n//\n")),
      refused<FileError>("two alignments", "Stockholm file '.*', line 4: there is more after the // .*",
                         reading("# STOCKHOLM 1.0\na MK\n//\n# STOCKHOLM 1.0\n")),
      refused<FileError>("an alignment of nothing", "Stockholm file '.*': it has no sequences",
                         reading("# STOCKHOLM 1.0\n//\n")),
      refused<FileError>("a block that lacks a sequence",
                         "Stockholm file '.*', record 2 \\('b', line 3\\):.*",
                         reading("# STOCKHOLM 1.0\na MK\nb MV\n\na V\n//\n")),
      refused<FileError>("FASTA as Stockholm", "Stockholm file '.*', line 1: expected # STOCKHOLM 1.0",
                         [=] {
                           put(path, ">a\nMK\n");
                           return read_stockholm(path);
                         }),
      refused<FileError>("nothing as Stockholm", "Stockholm file '.*': it is empty, expected # STOCKHOLM .*",
                         [=] {
                           put(path, "");
                           return read_stockholm(path);
                         }),
      refused<FileError>("no file", "cannot read '.*nowhere': No such file or directory",
                         [nowhere = folder / "nowhere"] { return read_alignment(nowhere); }),
  });
  CHECK(peak_memory_mb() - before < 60);

  Alignment odd = alignment_from(std::vector<std::string>{"AC"}, protein_alphabet());
  odd.letters(1, 0) = 77;
  Alignment named = alignment_from(std::vector<std::string>{"AC"}, protein_alphabet());
  const Alignment good = named;
  named.names = {"a\nb"};
  check_refusals({
      refused<DataError>("a name of two lines", "write_fasta: name 0 begins with > or has a line break",
                         [=] { write_fasta(path, named); }),
      refused<DataError>("a letter that is none", "one_hot: site 2 of sequence 0 is 77, expected 0 to 20",
                         [=] { return one_hot(odd); }),
      refused<DataError>("weights of others", "with_weights: 2 weights for 1 samples",
                         [=] {
                           return one_hot(good, {1, 1});
                         }),
      refused<ValueError>("no such sequence", "Alignment: there is no sequence 1, it has 1",
                          [=] { return good.text(1); }),
      refused<ShapeError>("rows that are no sites",
                          "alignment_of: there are 5 rows, expected a multiple of the 21 letters",
                          [] { return alignment_of(Eigen::MatrixXf(5, 1), protein_alphabet()); }),
      refused<ShapeError>("texts of other lengths",
                          "alignment_from: sequence 1 has 1 letters, the first has 2",
                          [] {
                            return alignment_from(std::vector<std::string>{"AC", "A"}, protein_alphabet());
                          }),
      refused<DataError>("a letter of nobody", "alignment_from: site 1 of sequence 0 is 'B', expected one .*",
                         [] { return alignment_from(std::vector<std::string>{"B"}, protein_alphabet()); }),
      refused<ValueError>("a letter twice", "Alphabet: 'A' is there twice", [] { return Alphabet("AA"); }),
      refused<ValueError>("one letter", "Alphabet: there are 1 letters, expected 2 to 64",
                          [] { return Alphabet("A"); }),
      refused<ValueError>("a blank", "Alphabet: letter 1 has code 32, .*", [] { return Alphabet("A B"); }),
      refused<ValueError>("an unknown letter that is known", "Alphabet: what is unknown is 'A', .*",
                          [] { return Alphabet("AB", 'A'); }),
      refused<ValueError>("a letter read as none", "Alphabet: 'X' is read as 'C', .*",
                          [] { return Alphabet("AB", '?', "XC"); }),
  });
}

TEST_CASE("bad distances of sites are refused with their line", "[bad_input][files][sequences]") {
  const TemporaryFolder folder;
  const auto path = folder / "pairs";
  const auto reading = [=](const std::string& text) {
    return [=] {
      put(path, text);
      return read_site_distances(path, 3);
    };
  };
  check_refusals({
      refused<FileError>("nothing", "distances in '.*': it has no pairs", reading("\n")),
      refused<FileError>("a pair without distance", ".*, line 2: it has 2 words, expected site, site and .*",
                         reading("1 2 3\n1 2\n")),
      refused<FileError>("site 0", ".*, line 1: '0' is not a site, expected 1 to 3", reading("0 2 3\n")),
      refused<FileError>("half a site", ".*, line 1: '1.5' is not a site, .*", reading("1.5 2 3\n")),
      refused<FileError>("a site beyond", ".*, line 1: '4' is not a site, .*", reading("1 4 3\n")),
      refused<FileError>("a word", ".*, line 1: 'far' is not a distance, .*", reading("1 2 far\n")),
      refused<FileError>("less than nothing", ".*, line 1: '-1' is not a distance, .*", reading("1 2 -1\n")),
      refused<ValueError>("no sites", "read_site_distances: sites is 0, expected 1 to 20000",
                          [=] { return read_site_distances(path, 0); }),
  });
}

}  // namespace test::io_bad_alignments
