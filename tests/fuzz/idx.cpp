// IDX files, plain as they come, and packed here, since a fuzzer hardly finds checksums.
#include <harmonium/io/formats/idx.hpp>

#include "target.hpp"

namespace fuzz::idx {
namespace {

using namespace harmonium;

void attack_path(const std::string& path, Bytes plain) {
  const bool packed = plain.size() >= 2 && plain[0] == 0x1f && plain[1] == 0x8b;
  const auto same = [&](const auto& numbers, std::size_t header) {
    require(plain.size() == header + numbers.size(), "it has other numbers than the file");
    require(std::equal(numbers.begin(), numbers.end(), plain.begin() + static_cast<std::ptrdiff_t>(header)),
            "its numbers are not those of the file");
  };
  try {
    const Dataset::Bytes images = read_idx_images(path, limits);
    require(images.size() > 0, "it is empty");
    if (!packed) same(std::span(images.data(), static_cast<std::size_t>(images.size())), 16);
  } catch (const FileError&) {
  }
  const std::vector<int> labels = read_idx_labels(path, limits);
  require(!labels.empty(), "it is empty");
  if (!packed) same(labels, 8);
}

std::string packed(Bytes bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::vector<std::string> plain_seeds() {
  return {std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03"
                      "abcdefghijkl",
                      28),
          std::string("\0\0\x08\x01\0\0\0\x04"
                      "\x01\x02\x03\x04",
                      12)};
}
std::vector<std::string> all_seeds() {
  std::vector<std::string> all = plain_seeds();
  for (const std::string& seed : plain_seeds())
    all.push_back(packed({reinterpret_cast<const std::uint8_t*>(seed.data()), seed.size()}));
  return all;
}

const std::vector<std::string> words = {std::string("\0\0\x08\x03", 4), std::string("\0\0\x08\x01", 4),
                                        std::string("\0\0\0\x01", 4), "\xff\xff\xff\xff", "\x1f\x8b\x08"};
const Registered plain({"idx", [](Bytes input) { attack_path(file_with(input), input); }, all_seeds, words});
const Registered zipped({"idx_packed",
                         [](Bytes input) {
                           if (input.size() < 2 || input[0] != 0x1f)
                             attack_path(file_with(packed(input)), input);
                         },
                         plain_seeds, words});

}  // namespace
}  // namespace fuzz::idx
