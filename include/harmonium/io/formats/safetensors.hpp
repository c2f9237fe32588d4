/// \file
/// The safetensors format: named arrays of numbers and some text metadata, which programs in Python, Rust or
/// C++ can read without executing anything. A file is the header's length (8 bytes, little-endian), the
/// header in JSON, padded with spaces, and the numbers of all tensors one after another.
/// https://github.com/huggingface/safetensors
#pragma once

#include <bit>

#include "atomic_file.hpp"
#include "foreign_formats.hpp"
#include "safetensors_header.hpp"

namespace harmonium {

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, like this code");

namespace detail {

/// What a file is that is not safetensors, as far as its first bytes tell; otherwise empty.
inline std::string not_safetensors(std::string_view begin) {
  if (const std::string what = foreign_format(begin); !what.empty()) {
    const bool has_arrays =
        what.find("arrays as NPY") != std::string::npos || what.find("save_file") != std::string::npos;
    return what.substr(0, what.find(';')) +
           (has_arrays ? "; Python can write its arrays: safetensors.numpy.save_file" : ", expected a model");
  }
  if (begin.starts_with("\x93NUMPY")) return "an array (NPY), expected a model: read_npy reads it";
  if (begin.starts_with("\x1f\x8b")) return "compressed with gzip; unpack it first";
  const bool text = std::all_of(begin.begin(), begin.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);  // 0xf5 and above are in no UTF-8
    return (byte >= 32 && byte != 127 && byte < 0xf5) || c == '\n' || c == '\r' || c == '\t';
  });
  if (!text || begin.size() < 8) return {};
  const std::string what = foreign_text(begin);
  return what.empty() ? "text, such as CSV, expected a model"
                      : what.substr(0, what.find(';')) + ", expected a model";
}

/// What the header of a file says, in which tensors have no numbers yet; `input` is then at the first of
/// them. Trusted only after it was checked against the file's length. \throws FileError
inline TensorFile read_tensor_header(InputFile& input, const std::filesystem::path& path,
                                     const ReadLimits& limits) {
  std::uint64_t length = 0;
  check<FileError>(input.size() >= 8, "it has ", input.size(), " bytes, expected at least 8");
  input.read(std::as_writable_bytes(std::span(&length, 1)));
  if (length > std::min(input.size() - 8, longest_header)) {
    std::string begin(static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), 300)), '\0');
    InputFile(path, limits).read(std::as_writable_bytes(std::span(begin)));
    const std::string what = not_safetensors(begin);
    check<FileError>(what.empty(), "it is ", what);
  }
  check<FileError>(length <= std::min(input.size() - 8, longest_header), "its header has ", length,
                   " bytes, expected at most ", std::min(input.size() - 8, longest_header));
  std::string header(static_cast<std::size_t>(length), ' ');
  input.read(std::as_writable_bytes(std::span(header)));
  return parse_tensors(header, input.size() - 8 - length);
}

/// f(input), whose errors name the file. \throws FileError
template <class F>
auto with_safetensors(const std::filesystem::path& path, const ReadLimits& limits, F f) {
  InputFile input(path, limits);
  try {
    return f(input);
  } catch (const FileError& error) {
    throw FileError("safetensors file '" + path.string() + "': " + error.what());
  }
}

}  // namespace detail

/// Reads a file. Its header is trusted only after it was checked against the file's length. Memory: at most
/// 20 times the header's length, and the numbers once. \throws FileError if it cannot be read, violates the
/// format, or is longer than the limit
inline TensorFile read_safetensors(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  return detail::with_safetensors(path, limits, [&](InputFile& input) {
    TensorFile file = detail::read_tensor_header(input, path, limits);
    for (Tensor& tensor : file.tensors) {
      tensor.bytes.resize(static_cast<std::size_t>(*detail::size_in_bytes(tensor.dtype, tensor.shape)));
      input.read(tensor.bytes);
    }
    return file;
  });
}

/// The metadata of a file, whose numbers are not read. \throws as `read_safetensors`
inline Metadata read_safetensors_metadata(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  return detail::with_safetensors(path, limits, [&](InputFile& input) {
    return detail::read_tensor_header(input, path, limits).metadata;
  });
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
