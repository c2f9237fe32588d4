// NPY and IDX files that are mapped: they are accepted if the readers into memory accept them and their
// numbers can stay where they are, and have the same numbers.
#include <harmonium/backend/cpu.hpp>
#include <harmonium/io/formats/mapped_samples.hpp>
#include <harmonium/io/formats/npy.hpp>

#include "npy_words.hpp"
#include "target.hpp"

namespace fuzz::mapped {
namespace {

using namespace harmonium;

Eigen::MatrixXd numbers_of(const MappedSamples& samples) {
  Eigen::MatrixXd numbers(samples.rows(), samples.size());
  std::vector<Index> all;
  detail::set_consecutive(all, 0, samples.size());
  samples.fill(Cpu<double>(), std::span<const Index>(all), View<double>(numbers));
  return numbers;
}
bool same(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.array() == b.array() || (a.array().isNaN() && b.array().isNaN())).all();
}

void attack_array(Bytes input) {
  const std::string path = file_with(input);
  const MappedSamples samples = map_npy(path);
  require(same(numbers_of(samples), samples_from<double>(read_npy(path, limits))),
          "its numbers are not those in memory");
}
void attack_pictures(Bytes input) {
  const std::string path = file_with(input);
  const MappedSamples samples = map_idx_images(path, {.scale = 1});
  require(same(numbers_of(samples), read_idx_images(path, limits).cast<double>()),
          "its numbers are not those in memory");
}

template <class T>
std::string array(const char* type, const std::string& shape, const std::vector<T>& numbers) {
  return detail::pack_npy_header(type, shape) +
         std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}
std::vector<std::string> array_seeds() {
  return {array<std::uint8_t>("|u1", "(2, 3)", {1, 2, 3, 4, 5, 6}), array<float>("<f4", "(2,)", {1, 2}),
          array<double>("<f8", "(1, 2, 1)", {0.5, 1})};
}
std::vector<std::string> picture_seeds() {
  return {
      std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03"
                  "abcdefghijkl",
                  28)};
}

const std::vector<std::string> words = npy_words({"\x1f\x8b", std::string("\0\0\x08\x03", 4)});
const Registered arrays({"mapped_npy", attack_array, array_seeds, words});
const Registered pictures({"mapped_idx", attack_pictures, picture_seeds, words});

}  // namespace
}  // namespace fuzz::mapped
