/// \file
/// Named arrays of numbers with their shapes, as stored in files.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../models/metadata.hpp"

namespace harmonium {

/// The type of a tensor's numbers.
enum class Dtype { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

namespace detail {

struct DtypeEntry {
  Dtype dtype;
  const char* name;  ///< in a file's header
  std::size_t size;  ///< bytes per number
};
inline constexpr DtypeEntry dtypes[] = {
    {Dtype::boolean, "BOOL", 1}, {Dtype::u8, "U8", 1},   {Dtype::i8, "I8", 1},     {Dtype::u16, "U16", 2},
    {Dtype::i16, "I16", 2},      {Dtype::f16, "F16", 2}, {Dtype::bf16, "BF16", 2}, {Dtype::u32, "U32", 4},
    {Dtype::i32, "I32", 4},      {Dtype::f32, "F32", 4}, {Dtype::u64, "U64", 8},   {Dtype::i64, "I64", 8},
    {Dtype::f64, "F64", 8}};

inline const DtypeEntry& entry_of(Dtype dtype) { return dtypes[static_cast<std::size_t>(dtype)]; }

template <class T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) {
    return Dtype::f32;
  } else if constexpr (std::is_same_v<T, double>) {
    return Dtype::f64;
  } else {
    static_assert(std::is_integral_v<T> && !std::is_same_v<T, bool>,
                  "a tensor's numbers are integers, float or double");
    constexpr Dtype by_size[2][4] = {{Dtype::u8, Dtype::u16, Dtype::u32, Dtype::u64},
                                     {Dtype::i8, Dtype::i16, Dtype::i32, Dtype::i64}};
    return by_size[std::is_signed_v<T>][std::countr_zero(sizeof(T))];
  }
}

}  // namespace detail

/// The format's name for it: "F32".
inline const char* name_of(Dtype dtype) { return detail::entry_of(dtype).name; }

/// A named array, its last index fastest.
struct Tensor {
  std::string name;                  ///< unique in its file
  Dtype dtype = Dtype::f32;          ///< type of its numbers
  std::vector<std::uint64_t> shape;  ///< empty for a single number
  std::vector<std::byte> bytes;      ///< the numbers
};

/// The contents of a file.
struct TensorFile {
  Metadata metadata;            ///< text
  std::vector<Tensor> tensors;  ///< in the order of the file

  /// A tensor by its name, or nullptr.
  const Tensor* find(const std::string& name) const {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
    return found == tensors.end() ? nullptr : &*found;
  }
};

/// Makes a tensor from numbers in memory.
template <class T>
Tensor make_tensor(std::string name, std::vector<std::uint64_t> shape, std::span<const T> numbers) {
  const auto bytes = std::as_bytes(numbers);
  return {std::move(name), detail::dtype_of<T>(), std::move(shape), {bytes.begin(), bytes.end()}};
}

namespace detail {

/// The size of a tensor in bytes; empty if that exceeds any file.
inline std::optional<std::uint64_t> size_in_bytes(Dtype dtype, const std::vector<std::uint64_t>& shape) {
  std::uint64_t size = entry_of(dtype).size;
  for (const std::uint64_t length : shape) {
    if (length != 0 && size > (std::uint64_t{1} << 62) / length) return {};
    size *= length;
  }
  return size;
}

/// \throws DataError unless a tensor's bytes match its type and shape
inline void check_bytes(const Tensor& tensor) {
  check<DataError>(size_in_bytes(tensor.dtype, tensor.shape) == tensor.bytes.size(), "tensor '", tensor.name,
                   "' has ", tensor.bytes.size(), " bytes, which do not match its shape and type");
}

/// A file's tensors by name, for looking up many of them.
class TensorIndex {
 public:
  explicit TensorIndex(const TensorFile& file) {
    for (const Tensor& tensor : file.tensors) tensors_.emplace(tensor.name, &tensor);
  }
  /// The tensor, or nullptr.
  const Tensor* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string_view, const Tensor*> tensors_;
};

}  // namespace detail

/// A tensor's numbers.
/// \throws DataError if they are not of type `T`, or its bytes do not match its shape
template <class T>
std::vector<T> numbers_of(const Tensor& tensor) {
  check<DataError>(tensor.dtype == detail::dtype_of<T>(), "tensor '", tensor.name, "' is ",
                   name_of(tensor.dtype), ", expected ", name_of(detail::dtype_of<T>()));
  detail::check_bytes(tensor);
  std::vector<T> numbers(tensor.bytes.size() / sizeof(T));
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}

}  // namespace harmonium
