// Models in memory.
#pragma once

#include <harmonium/io/models/model_file.hpp>

#include "target.hpp"

namespace fuzz {

inline std::string bytes_of(const harmonium::TensorFile& file) {
  const std::string header = harmonium::detail::make_header(file);
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  bytes += header;
  for (const auto& tensor : file.tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  return bytes;
}

inline const std::vector<std::string> tensor_words = {"\"dtype\":",
                                                      "\"shape\":",
                                                      "\"data_offsets\":",
                                                      "\"__metadata__\":",
                                                      "\"F32\"",
                                                      "\"F64\"",
                                                      "\"U8\"",
                                                      "[0,0]",
                                                      "{}",
                                                      "[]",
                                                      "18446744073709551615",
                                                      "4294967296",
                                                      "\"\"",
                                                      "-1",
                                                      "1.5",
                                                      "null",
                                                      "\"kind\":",
                                                      "\"rbm\"",
                                                      "\"dbn\"",
                                                      "\"network\"",
                                                      "\"depth\"",
                                                      "\".units\"",
                                                      "\"unit\"",
                                                      "\"bernoulli\"",
                                                      "\"gaussian\"",
                                                      "\"categorical\"",
                                                      "\"mixed\"",
                                                      "\"visible.bias\"",
                                                      "\"weight\"",
                                                      std::string("\0\0\x80\x7f", 4),
                                                      std::string("\0\0\xc0\x7f", 4)};

/// These, and further words of one format.
inline std::vector<std::string> tensor_words_and(std::initializer_list<const char*> more) {
  std::vector<std::string> all = tensor_words;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace fuzz
