/// \file
/// The header of an NPY file: `{'descr': '<f4', 'fortran_order': False, 'shape': (100, 784), }` after a magic
/// word, a version and a length.
#pragma once

#include <charconv>
#include <string_view>

#include "tensor.hpp"

namespace harmonium::detail {

struct NpyHeader {
  Dtype dtype = Dtype::f32;
  bool big_endian = false, fortran_order = false;
  std::vector<std::uint64_t> shape = {};
  std::size_t size = 0;  ///< bytes before the numbers
};

/// NumPy's type letters, without the byte order.
struct NpyType {
  const char* name;
  Dtype dtype;
};
inline constexpr NpyType npy_types[] = {{"b1", Dtype::boolean}, {"u1", Dtype::u8},  {"i1", Dtype::i8},
                                        {"u2", Dtype::u16},     {"i2", Dtype::i16}, {"f2", Dtype::f16},
                                        {"u4", Dtype::u32},     {"i4", Dtype::i32}, {"f4", Dtype::f32},
                                        {"u8", Dtype::u64},     {"i8", Dtype::i64}, {"f8", Dtype::f64}};

/// A shape as Python writes it: `(3,)`, `(3, 4)`.
inline std::string npy_shape(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (const std::uint64_t length : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(length);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// Reads the dictionary: no more of Python's syntax than NumPy writes there.
class NpyDictionary {
 public:
  explicit NpyDictionary(std::string_view text) : text_(text) {}

  /// \throws FileError
  NpyHeader parse() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!next_is('}')) {
      const std::string_view key = word();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        read_type(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran_order = truth();
      } else if (key == "shape" && !shape) {
        shape = true;
        header.shape = tuple();
      } else {
        fail();
      }
      if (!next_is(',') && !ahead('}')) fail();
    }
    if (!descr || !order || !shape || !text_.empty()) fail();
    return header;
  }

 private:
  [[noreturn]] static void fail() {
    throw FileError("its header is not a dictionary of 'descr', 'fortran_order' and 'shape'");
  }
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }
  bool ahead(char c) {
    skip();
    return text_.starts_with(c);
  }
  bool next_is(char c) {
    if (!ahead(c)) return false;
    text_.remove_prefix(1);
    skip();
    return true;
  }
  void expect(char c) {
    if (!next_is(c)) fail();
  }
  std::string_view word() {
    if (!ahead('\'') && !ahead('"')) fail();
    const auto end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) fail();
    const std::string_view found = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return found;
  }
  bool truth() {
    skip();
    for (const bool value : {false, true}) {
      const std::string_view name = value ? "True" : "False";
      if (!text_.starts_with(name)) continue;
      text_.remove_prefix(name.size());
      return value;
    }
    fail();
  }
  void read_type(NpyHeader& header) {
    check<FileError>(!ahead('['), "it holds records of several fields, expected plain numbers");
    const std::string_view type = word();
    check<FileError>(type.find('O') == std::string_view::npos,
                     "it holds pickled Python objects, expected numbers");
    for (const NpyType& known : npy_types)
      if (type.size() == 3 && type.substr(1) == known.name &&
          std::string_view("<>|=").find(type[0]) != std::string_view::npos) {
        header.dtype = known.dtype;
        header.big_endian = type[0] == '>';
        return;
      }
    throw FileError("its numbers are of type '" + std::string(type) +
                    "', expected b1, u1 to u8, i1 to i8 or f2 to f8");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> sizes;
    expect('(');
    while (!next_is(')')) {
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), size);
      if (error != std::errc()) fail();
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      next_is('L');  // Python 2 ends long numbers with it
      sizes.push_back(size);
      check<FileError>(sizes.size() <= 64, "its shape has more than 64 sizes");
      if (!next_is(',') && !ahead(')')) fail();
    }
    return sizes;
  }

  std::string_view text_;
};

/// The dictionary at the beginning of a file's bytes, and how many bytes come before the numbers. \throws
/// FileError
inline std::pair<std::string_view, std::size_t> find_npy_dictionary(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  check<FileError>(text.starts_with("\x93NUMPY") && text.size() >= 10,
                   "it does not begin as an NPY file does");
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(file[at]); };
  check<FileError>(byte(6) >= 1 && byte(6) <= 3, "its format has version ", byte(6), ", expected 1, 2 or 3");
  const std::size_t begin = byte(6) == 1 ? 10 : 12;
  check<FileError>(file.size() >= begin, "it has ", file.size(), " bytes, expected at least ", begin);
  std::size_t length = byte(8) | byte(9) << 8;
  if (begin == 12) length |= byte(10) << 16 | byte(11) << 24;
  check<FileError>(length <= file.size() - begin, "its header has ", length, " bytes, expected at most ",
                   file.size() - begin);
  return {text.substr(begin, length), begin + length};
}

/// The header at the beginning of a file's bytes. \throws FileError
inline NpyHeader parse_npy_header(std::span<const std::byte> file) {
  const auto [dictionary, size] = find_npy_dictionary(file);
  NpyHeader header = NpyDictionary(dictionary).parse();
  header.size = size;
  return header;
}

/// The beginning of a file: the magic word, a version, a length and the dictionary, in all a multiple of 64
/// bytes. \throws ValueError if the dictionary is too long
inline std::string pack_npy_header(const std::string& type, const std::string& shape) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  check<ValueError>(header.size() <= 65535, "write_npy: an array has too many sizes for the header");
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  return file + header;
}

/// Everything before the numbers, a multiple of 64 bytes. \throws ValueError
inline std::string make_npy_header(const Tensor& tensor) {
  check<ValueError>(size_in_bytes(tensor.dtype, tensor.shape) == tensor.bytes.size(), "write_npy: array '",
                    tensor.name, "' has ", tensor.bytes.size(),
                    " bytes, which do not match its shape and type");
  const auto* type = std::find_if(std::begin(npy_types), std::end(npy_types),
                                  [&](const NpyType& known) { return known.dtype == tensor.dtype; });
  check<ValueError>(type != std::end(npy_types), "write_npy: array '", tensor.name, "' is ",
                    name_of(tensor.dtype), ", which NumPy does not have");
  return pack_npy_header((entry_of(tensor.dtype).size == 1 ? "|" : "<") + std::string(type->name),
                         npy_shape(tensor.shape));
}

}  // namespace harmonium::detail
