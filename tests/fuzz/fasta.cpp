// FASTA and A2M: what is read is written, and read again as the same.
#include <harmonium/io/formats/alignment_file.hpp>

#include "target.hpp"

namespace fuzz::fasta {
namespace {

using namespace harmonium;

Alignment read(const std::string& path, const AlignmentOptions& options) {
  const Alignment family = read_fasta(path, options);
  require(family.size() >= 1 && family.sites() >= 1, "it is empty");
  require(static_cast<Index>(family.names.size()) == family.size(), "names are missing");
  check_alignment("fuzz", family);
  return family;
}

void attack(Bytes input) {
  for (const Insertions how : {Insertions::dropped, Insertions::kept}) try {
      static_cast<void>(read(file_with(input), {.insertions = how, .limits = limits}));
    } catch (const FileError&) {
    }
  const Alignment family = read(file_with(input), {.unknown = UnknownLetters::missing, .limits = limits});
  std::string text;
  for (Index c = 0; c < family.size(); ++c)
    text += '>' + family.names[static_cast<std::size_t>(c)] + '\n' + family.text(c) + '\n';
  const Alignment again =
      read(file_with(text), {.alphabet = family.alphabet, .unknown = UnknownLetters::missing});
  require(again.letters == family.letters, "written and read again it has other letters");
  require(again.names == family.names, "written and read again it has other names");
  if (family.any_missing() || family.rows() * family.size() > 1'000'000) return;
  require(alignment_of(one_hot(family).to_matrix<float>(), family.alphabet).letters == family.letters,
          "its rows are other letters");
}

std::vector<std::string> seeds() {
  return {">a\nMKLV-\n>>b c\nMK\nLVX\n", ";\n>1\nMK..LV\r\n>2\r\nMKacLV\r\n", ">r\nACGU\n>s\nA-NU",
          ">a\nacg\n>b\na.g\n"};
}

const Registered target(
    {"fasta", attack, seeds, {">", ">>", "\n>", "\r\n", ";", "-", ".", "*", "\xEF\xBB\xBF"}});

}  // namespace
}  // namespace fuzz::fasta
