// NPY files, and NPZ archives of them.
#include <harmonium/io/formats/npz.hpp>

#include "archives.hpp"
#include "npy_words.hpp"

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
    seeds.push_back(contents(path));
  }
  return seeds;
}

const std::vector<std::string> words = npy_words({"'<i8'", "'|b1'", "'<f2'", "PK\x01\x02", "PK\x03\x04",
                                                  "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", ".npy"});
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
