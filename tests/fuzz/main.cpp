// The fuzzers' program, with libFuzzer's main function:
//   HARMONIUM_FUZZ=<target> harmonium_fuzz <corpus> [options of libFuzzer]
//   HARMONIUM_FUZZ_SEEDS=<folder> harmonium_fuzz        writes each target's corpus and dictionary there
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "target.hpp"

namespace fuzz {

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

namespace {

const Target* attacked = nullptr;

void write_seeds(const std::filesystem::path& folder) {
  for (const Target& target : targets()) {
    const std::filesystem::path corpus = folder / target.name;
    std::filesystem::create_directories(corpus);
    int number = 0;
    for (const std::string& seed : target.seeds())
      std::ofstream(corpus / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
    std::ofstream dictionary(corpus.string() + ".dict");
    for (const std::string& word : target.words) {
      dictionary << '"';
      for (const char c : word) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        dictionary << hex;
      }
      dictionary << "\"\n";
    }
    std::printf("%s\n", target.name);
  }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  if (const char* folder = std::getenv("HARMONIUM_FUZZ_SEEDS")) {
    fuzz::write_seeds(folder);
    std::exit(0);
  }
  const char* name = std::getenv("HARMONIUM_FUZZ");
  for (const fuzz::Target& target : fuzz::targets())
    if (name != nullptr && std::string(name) == target.name) fuzz::attacked = &target;
  if (fuzz::attacked == nullptr) {
    std::fprintf(stderr, "HARMONIUM_FUZZ names no target\n");
    std::exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    fuzz::attacked->attack({data, size});
  } catch (const harmonium::Error&) {  // refused; any other exception ends the program
  }
  return 0;
}
