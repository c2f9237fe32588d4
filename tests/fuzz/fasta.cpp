// FASTA and A2M: what is read is written, and read again as the same.
#include <filesystem>
#include <fstream>
#include <harmonium/io/formats/alignment_file.hpp>
#include <iterator>

#include "target.hpp"

namespace fuzz::fasta {
namespace {

using namespace harmonium;

void check_alike(const std::string& path, const AlignmentOptions& options) {
  const Alignment family = read_fasta(path, options);
  require(family.size() >= 1 && family.sites() >= 1, "it is empty");
  require(static_cast<Index>(family.names.size()) == family.size(), "names are missing");
  check_alignment("fuzz", family);
  const std::string written = folder() + "/family.fasta";
  write_fasta(written, family);
  const Alignment again = read_fasta(written, {.alphabet = family.alphabet, .unknown = options.unknown});
  require(again.letters == family.letters, "written and read again it has other letters");
  if (family.rows() * family.size() > 1'000'000) return;
  const Eigen::MatrixXf rows = detail::one_hot_bytes(family).cast<float>();
  if (!family.any_missing())
    require(alignment_of(rows, family.alphabet).letters == family.letters, "its rows are other letters");
}

void attack(Bytes input) {
  for (const Insertions how : {Insertions::automatic, Insertions::dropped, Insertions::kept}) try {
      check_alike(file_with(input),
                  {.unknown = UnknownLetters::missing, .insertions = how, .limits = limits});
    } catch (const FileError&) {
    }
  try {
    check_alike(file_with(input), {.limits = limits});
  } catch (const DataError& error) {  // a name with a line break within, which FASTA cannot have
    require(false, error.what());
  }
}

std::vector<std::string> seeds() {
  return {">a\nMKLV-\n>>b c\nMK\nLVX\n", ";\n>1\nMK..LV\r\n>2\r\nMKacLV\r\n", ">r\nACGU\n>s\nA-NU",
          ">a\nacg\n>b\na.g\n"};
}

const Registered target(
    {"fasta", attack, seeds, {">", ">>", "\n>", "\r\n", ";", "-", ".", "*", "\xEF\xBB\xBF"}});

}  // namespace
}  // namespace fuzz::fasta
