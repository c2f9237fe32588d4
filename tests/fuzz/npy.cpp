// NPY files, and NPZ archives of them.
#include <harmonium/io/formats/npz.hpp>

#include <fstream>
#include <iterator>

#include "target.hpp"

namespace fuzz::npy {
namespace {

using namespace harmonium;

std::string bytes_of(const Tensor& tensor) {
  return detail::make_npy_header(tensor) +
         std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
}

// An array that was read is written and read again, and is samples if it has any.
void check_array(const Tensor& tensor) {
  const std::string bytes = bytes_of(tensor);
  const Tensor again = read_npy(file_with(bytes), limits);
  require(again.shape == tensor.shape && again.dtype == tensor.dtype && again.bytes == tensor.bytes,
          "written and read again it is another array");
  if (tensor.shape.empty() || tensor.bytes.empty()) return;
  const auto samples = samples_from(tensor);
  require(samples.cols() == static_cast<Index>(tensor.shape[0]), "it has another number of samples");
}

std::vector<Tensor> arrays() {
  const std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  const std::vector<double> one = {0.5};
  return {make_tensor("a", {2, 3}, std::span(numbers)), make_tensor("b", {3}, std::span(bytes)),
          make_tensor("c", {}, std::span(one)), make_tensor("d", {3, 2, 1}, std::span(numbers))};
}
std::vector<std::string> array_seeds() {
  std::vector<std::string> seeds;
  for (const Tensor& tensor : arrays()) {
    seeds.push_back(bytes_of(tensor));
    seeds.push_back(seeds.back());
    if (const auto at = seeds.back().find("'<"); at != std::string::npos) seeds.back()[at + 1] = '>';
    if (const auto at = seeds.back().find("False"); at != std::string::npos)
      seeds.back().replace(at, 5, "True ");
  }
  return seeds;
}
std::vector<std::string> archive_seeds() {
  std::vector<std::string> seeds;
  for (const bool deflated : {false, true}) {
    const std::string path = folder() + "/seed.npz";
    write_npz(path, arrays(), deflated);
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// A fuzzer hardly finds checksums: those of the directory are set to what its files have.
std::vector<std::uint8_t> with_checksums(Bytes input) {
  std::vector<std::uint8_t> bytes(input.begin(), input.end());
  try {
    const auto view = std::as_bytes(std::span(bytes));
    const detail::ZipDirectory directory = detail::find_zip_directory(view);
    std::uint64_t at = directory.begin;
    for (const detail::ZipPlace& place : detail::read_zip_directory(view)) {
      const auto packed = view.subspan(place.begin, place.packed);
      if (place.size <= limits.bytes) {
        const std::uint32_t crc = detail::crc_of(
            place.method == 8 ? std::span<const std::byte>(detail::Inflater().unpack(packed, place.size))
                              : packed);
        std::memcpy(bytes.data() + at + 16, &crc, 4);
      }
      at += std::uint64_t{46} + detail::zip_number<std::uint16_t>(view, at + 28) +
            detail::zip_number<std::uint16_t>(view, at + 30) +
            detail::zip_number<std::uint16_t>(view, at + 32);
    }
  } catch (const Error&) {
  }
  return bytes;
}

const std::vector<std::string> words = {"\x93NUMPY",
                                        "'descr': ",
                                        "'fortran_order': ",
                                        "'shape': ",
                                        "True",
                                        "False",
                                        "'<f4'",
                                        "'>f8'",
                                        "'|u1'",
                                        "'<i8'",
                                        "'|b1'",
                                        "'<f2'",
                                        "(",
                                        ",)",
                                        "(3, 4)",
                                        "4294967296",
                                        "9223372036854775808",
                                        "PK\x01\x02",
                                        "PK\x03\x04",
                                        "PK\x05\x06",
                                        "PK\x06\x06",
                                        "PK\x06\x07",
                                        "\xff\xff\xff\xff",
                                        ".npy"};
const Registered one({"npy", [](Bytes input) { check_array(read_npy(file_with(input), limits)); },
                      array_seeds, words});
const Registered many({"npz",
                       [](Bytes input) {
                         for (const Tensor& tensor : read_npz(file_with(with_checksums(input)), limits))
                           check_array(tensor);
                       },
                       archive_seeds, words});

}  // namespace
}  // namespace fuzz::npy
