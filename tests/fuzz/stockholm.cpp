// Stockholm's format: what is read is an alignment, and the same one in other words.
#include <harmonium/io/formats/alignment_file.hpp>

#include "target.hpp"

namespace fuzz::stockholm {
namespace {

using namespace harmonium;

void attack(Bytes input) {
  const AlignmentOptions options{.unknown = UnknownLetters::missing, .limits = limits};
  const Alignment family = read_stockholm(file_with(input), options);
  require(family.size() >= 1 && family.sites() >= 1, "it is empty");
  check_alignment("fuzz", family);
  std::string text = "# STOCKHOLM 1.0\n";
  for (Index c = 0; c < family.size(); ++c) text += 's' + std::to_string(c) + ' ' + family.text(c) + '\n';
  const Alignment again = read_alignment(file_with(text + "//\n"),
                                         {.alphabet = family.alphabet, .unknown = UnknownLetters::missing});
  require(again.letters == family.letters, "written and read again it has other letters");
}

std::vector<std::string> seeds() {
  return {
      "# STOCKHOLM 1.0\n#=GF ID toy\n#=GS a/1-4 DE first\n\na/1-4 AC.G\nb A-gG\n#=GC SS <..>\n\na/1-4 "
      "UU\nb -U\n//\n",
      "# STOCKHOLM 1.0\r\nx MKLV\r\ny MK-X\r\n//\r\n"};
}

const Registered target({"stockholm",
                         attack,
                         seeds,
                         {"# STOCKHOLM 1.0", "//", "#=GS ", " DE ", "#=GC ", "\n", "\t", "-", ".", "a"}});

}  // namespace
}  // namespace fuzz::stockholm
