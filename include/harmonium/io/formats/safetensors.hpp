/// \file
/// The safetensors format: named arrays of numbers and some text metadata, which programs in Python, Rust or
/// C++ can read without executing anything. A file is the header's length (8 bytes, little-endian), the
/// header in JSON, padded with spaces, and the numbers of all tensors one after another.
/// https://github.com/huggingface/safetensors
#pragma once

#include <bit>
#include <nlohmann/json.hpp>
#include <set>

#include "atomic_file.hpp"
#include "tensor.hpp"

namespace harmonium {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, like this code");

namespace detail {

/// The limit of other readers of the format.
inline constexpr std::uint64_t longest_header = 100'000'000;

/// JSON in which no name is repeated and nothing is nested deeper than a tensor's shape.
inline nlohmann::json parse_header(const std::string& text) {
  using Json = nlohmann::json;
  check<FileError>(
      text.starts_with('{') && text.find('\0') == std::string::npos,  // the parser would stop at a 0
      "its header is not a JSON object");
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      check<FileError>(names.back().insert(name).second, "its header names '", name, "' twice");
    }
    check<FileError>(depth <= 3, "its header is nested too deeply");
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    throw FileError(std::string("its header is not JSON: ") + error.what());
  }
}

inline Metadata parse_metadata(const nlohmann::json& json) {
  check<FileError>(json.is_object(), "__metadata__ is not an object");
  Metadata metadata;
  for (const auto& [name, value] : json.items()) {
    check<FileError>(value.is_string(), "__metadata__: '", name, "' is not a string");
    metadata[name] = value.get<std::string>();
  }
  return metadata;
}

inline std::vector<std::uint64_t> parse_sizes(const nlohmann::json& json, const std::string& name,
                                              const char* what) {
  check<FileError>(json.is_array(), "tensor '", name, "': ", what, " is not a list");
  std::vector<std::uint64_t> sizes;
  for (const auto& size : json) {
    check<FileError>(size.is_number_unsigned(), "tensor '", name, "': ", what, " has ", size.dump(),
                     ", expected a whole number");
    sizes.push_back(size.get<std::uint64_t>());
  }
  return sizes;
}

/// A tensor as described by the header, and the location of its numbers.
struct TensorEntry {
  Tensor tensor;
  std::uint64_t begin, end;
};

inline TensorEntry parse_tensor(const std::string& name, const nlohmann::json& json) {
  check<FileError>(json.is_object() && json.size() == 3 && json.contains("dtype") && json.contains("shape") &&
                       json.contains("data_offsets") && json["dtype"].is_string(),
                   "tensor '", name, "' is not described by dtype, shape and data_offsets");
  const auto& dtype = json["dtype"].get_ref<const std::string&>();
  const auto* known =
      std::find_if(std::begin(dtypes), std::end(dtypes), [&](auto& e) { return dtype == e.name; });
  check<FileError>(known != std::end(dtypes), "tensor '", name, "': dtype '", dtype, "' is unknown");
  const auto offsets = parse_sizes(json["data_offsets"], name, "data_offsets");
  check<FileError>(offsets.size() == 2 && offsets[0] <= offsets[1], "tensor '", name,
                   "': data_offsets are not a beginning and an end");
  TensorEntry entry{
      {name, known->dtype, parse_sizes(json["shape"], name, "shape"), {}}, offsets[0], offsets[1]};
  check<FileError>(size_in_bytes(entry.tensor.dtype, entry.tensor.shape) == entry.end - entry.begin,
                   "tensor '", name, "': its shape and dtype do not make ", entry.end - entry.begin,
                   " bytes");
  return entry;
}

/// The contents described by a header, with tensors in the order of the file, still without numbers. They
/// must fill `size` bytes without gaps or overlaps.
inline TensorFile parse_tensors(const std::string& header, std::uint64_t size) {
  TensorFile file;
  std::vector<TensorEntry> entries;
  const nlohmann::json json = parse_header(header);
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      file.metadata = parse_metadata(value);
    } else {
      entries.push_back(parse_tensor(name, value));
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t reached = 0;
  for (TensorEntry& entry : entries) {
    check<FileError>(entry.begin == reached, "tensor '", entry.tensor.name, "' begins at ", entry.begin,
                     ", expected ", reached);
    reached = entry.end;
    file.tensors.push_back(std::move(entry.tensor));
  }
  check<FileError>(reached == size, "its tensors take ", reached, " bytes, it has ", size, " for them");
  return file;
}

/// The header for tensors. \throws ValueError if they cannot be written
inline std::string make_header(const TensorFile& file) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) json["__metadata__"] = file.metadata;
  std::uint64_t begin = 0;
  for (const Tensor& tensor : file.tensors) {
    check<ValueError>(size_in_bytes(tensor.dtype, tensor.shape) == tensor.bytes.size(),
                      "write_safetensors: tensor '", tensor.name, "' has ", tensor.bytes.size(),
                      " bytes, which do not match its shape and dtype");
    check<ValueError>(!json.contains(tensor.name) && tensor.name != "__metadata__",
                      "write_safetensors: there are two tensors '", tensor.name, "'");
    const std::uint64_t end = begin + tensor.bytes.size();
    json[tensor.name] = {
        {"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  try {
    std::string header = json.dump();
    header.resize((header.size() + 7) / 8 * 8, ' ');  // aligns the numbers in a memory-mapped file
    check<ValueError>(header.size() <= longest_header, "write_safetensors: the header has ", header.size(),
                      " bytes, expected at most ", longest_header);
    return header;
  } catch (const nlohmann::json::exception& error) {
    throw ValueError(std::string("write_safetensors: a name or metadata is not UTF-8: ") + error.what());
  }
}

}  // namespace detail

/// Reads a file. Its header is trusted only after it was checked against the file's length. \throws FileError
/// if it cannot be read or violates the format
inline TensorFile read_safetensors(const std::filesystem::path& path) {
  InputFile input(path);
  try {
    std::uint64_t length = 0;
    check<FileError>(input.size() >= 8, "it has ", input.size(), " bytes, expected at least 8");
    input.read(std::as_writable_bytes(std::span(&length, 1)));
    check<FileError>(length <= std::min(input.size() - 8, detail::longest_header), "its header has ", length,
                     " bytes, expected at most ", std::min(input.size() - 8, detail::longest_header));
    std::string header(static_cast<std::size_t>(length), ' ');
    input.read(std::as_writable_bytes(std::span(header)));
    TensorFile file = detail::parse_tensors(header, input.size() - 8 - length);
    for (Tensor& tensor : file.tensors) {
      tensor.bytes.resize(static_cast<std::size_t>(*detail::size_in_bytes(tensor.dtype, tensor.shape)));
      input.read(tensor.bytes);
    }
    return file;
  } catch (const FileError& error) {
    throw FileError("safetensors file '" + path.string() + "': " + error.what());
  }
}

/// Writes a file with its tensors in the given order.
/// \throws ValueError if names repeat or a tensor's bytes do not match its shape
/// \throws FileError if it cannot be written
inline void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  const std::string header = detail::make_header(file);
  const std::uint64_t length = header.size();
  AtomicFile output(path);
  output.write(std::as_bytes(std::span(&length, 1)));
  output.write(header);
  for (const Tensor& tensor : file.tensors) output.write(tensor.bytes);
  output.commit();
}

}  // namespace harmonium
