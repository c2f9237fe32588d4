// Files of tensors, whatever they hold.
#include "models.hpp"

namespace fuzz::safetensors {
namespace {

using namespace harmonium;

void attack(Bytes input) {
  const TensorFile file = read_safetensors(file_with(input), limits);
  const std::string bytes = bytes_of(file);
  const TensorFile again = read_safetensors(file_with(bytes), limits);
  require(bytes_of(again) == bytes, "written and read again it is another file");
  require(again.metadata == file.metadata && again.tensors.size() == file.tensors.size(),
          "it lost something");
}

std::vector<std::string> seeds() {
  const std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  const std::vector<std::uint64_t> one = {7}, none;
  return {bytes_of({}), bytes_of({{{"kind", "x"}, {"\xc3\xa4", "\n\""}}, {}}),
          bytes_of({{{"a", ""}},
                    {make_tensor("weight", {2, 3}, std::span(numbers)), make_tensor("n", {}, std::span(one)),
                     make_tensor("none", {0, 5}, std::span(none))}})};
}

const Registered target({"safetensors", attack, seeds, tensor_words});

}  // namespace
}  // namespace fuzz::safetensors
