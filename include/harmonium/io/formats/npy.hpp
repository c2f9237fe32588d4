/// \file
/// NPY, NumPy's files of one array each: a magic word, a version, a header in the form of a Python dictionary
/// (type, order, shape), and the numbers.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
///
/// A sample is a column here and a row in NumPy. The bytes are the same: an array of shape (n, V) in C order
/// is a V x n block of columns. So `write_npy(path, samples)` of a V x n matrix writes an array of shape (n,
/// V), and `samples_from(read_npy(path))` returns the columns.
#pragma once

#include <Eigen/Core>
#include <string_view>

#include "../../core/host_matrix.hpp"
#include "atomic_file.hpp"
#include "npy_header.hpp"
#include "tensor.hpp"

namespace harmonium {

namespace detail {

/// Reverses the byte order of big-endian numbers in place.
inline void swap_bytes(std::span<std::byte> bytes, std::size_t size) {
  for (std::size_t i = 0; i + size <= bytes.size(); i += size)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
}

/// Reorders the numbers of an array whose first index is fastest so that the last one is.
inline std::vector<std::byte> to_c_order(const std::vector<std::byte>& bytes,
                                         const std::vector<std::uint64_t>& shape, std::size_t size) {
  std::vector<std::byte> ordered(bytes.size());
  std::vector<std::uint64_t> index(shape.size(), 0);
  for (std::size_t to = 0; to < bytes.size(); to += size) {
    std::uint64_t from = 0;
    for (std::size_t d = shape.size(); d-- > 0;) from = from * shape[d] + index[d];
    std::memcpy(ordered.data() + to, bytes.data() + from * size, size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return ordered;
}

/// An array from the bytes of a whole file. \throws FileError
inline Tensor parse_npy(std::string name, std::vector<std::byte> file) {
  const NpyHeader header = parse_npy_header(file);
  Tensor tensor{std::move(name), header.dtype, header.shape, {}};
  const auto expected = size_in_bytes(header.dtype, header.shape);
  const std::uint64_t there = file.size() - header.size;
  check<FileError>(expected == there, "it has ", there, " bytes of numbers, a header of shape ",
                   npy_shape(header.shape), " and type ", name_of(header.dtype), " promises ",
                   expected ? std::to_string(*expected) : "more than 2^62");
  file.erase(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(header.size));
  const std::size_t size = entry_of(header.dtype).size;
  if (header.big_endian) swap_bytes(file, size);
  tensor.bytes = header.fortran_order && header.shape.size() > 1 ? to_c_order(file, header.shape, size)
                                                                 : std::move(file);
  return tensor;
}

}  // namespace detail

/// Reads an array of booleans, integers or floating-point numbers of any size, byte order and index order; in
/// memory the last index is fastest. The header is trusted only after it was checked against the file's
/// length. Memory: the file's length, twice that for an array in Fortran's order. \throws FileError if it is
/// not such a file, or longer than the limit
inline Tensor read_npy(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  std::vector<std::byte> bytes = read_file(path, limits);
  try {
    return detail::parse_npy(path.stem().string(), std::move(bytes));
  } catch (const FileError& error) {
    throw FileError("NPY file '" + path.string() + "': " + error.what());
  }
}

/// Writes an array; the file is complete or the old one. \throws ValueError if the tensor's bytes do not
/// match its shape, or NumPy has no such type (bf16) \throws FileError if it cannot be written
inline void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string header = detail::make_npy_header(tensor);
  AtomicFile file(path);
  file.write(header);
  file.write(tensor.bytes);
  file.commit();
}

/// A tensor of samples: a V x n matrix, one sample per column, becomes an array of shape (n, V).
template <class Derived>
Tensor samples_tensor(std::string name, const Eigen::MatrixBase<Derived>& samples) {
  const HostMatrix<typename Derived::Scalar> columns = samples;
  return make_tensor(
      std::move(name),
      {static_cast<std::uint64_t>(columns.cols()), static_cast<std::uint64_t>(columns.rows())},
      std::span<const typename Derived::Scalar>(columns.data(), static_cast<std::size_t>(columns.size())));
}

/// Writes samples (V x n, one per column) as an array of shape (n, V). \throws FileError
template <class Derived>
void write_npy(const std::filesystem::path& path, const Eigen::MatrixBase<Derived>& samples) {
  write_npy(path, samples_tensor(path.stem().string(), samples));
}

/// The samples of an array, along its first index. Each becomes a column of all its numbers, the last index
/// fastest: shape (n, V) or (n, rows, columns); an array of shape (n) becomes a row of n. Numbers of any type
/// are converted. \throws DataError if the array is a single number or empty, or its bytes do not match its
/// shape
template <class T = float>
HostMatrix<T> samples_from(const Tensor& tensor) {
  const std::size_t size = detail::entry_of(tensor.dtype).size;
  check<DataError>(!tensor.shape.empty() && !tensor.bytes.empty(), "array '", tensor.name, "' has shape ",
                   detail::npy_shape(tensor.shape), ", expected samples: (n, V)");
  detail::check_bytes(tensor);
  const auto samples = static_cast<Index>(tensor.shape[0]);
  HostMatrix<T> columns(static_cast<Index>(tensor.bytes.size() / size) / samples, samples);
  const auto fill = [&]<class From>(std::type_identity<From>) {
    for (Index i = 0; i < columns.size(); ++i) {
      From number;
      std::memcpy(&number, tensor.bytes.data() + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
      columns.data()[i] = static_cast<T>(number);
    }
  };
  using std::type_identity;
  switch (tensor.dtype) {
    case Dtype::boolean:
    case Dtype::u8:
      fill(type_identity<std::uint8_t>());
      break;
    case Dtype::i8:
      fill(type_identity<std::int8_t>());
      break;
    case Dtype::u16:
      fill(type_identity<std::uint16_t>());
      break;
    case Dtype::i16:
      fill(type_identity<std::int16_t>());
      break;
    case Dtype::u32:
      fill(type_identity<std::uint32_t>());
      break;
    case Dtype::i32:
      fill(type_identity<std::int32_t>());
      break;
    case Dtype::u64:
      fill(type_identity<std::uint64_t>());
      break;
    case Dtype::i64:
      fill(type_identity<std::int64_t>());
      break;
    case Dtype::f16:
      fill(type_identity<Eigen::half>());
      break;
    case Dtype::bf16:
      fill(type_identity<Eigen::bfloat16>());
      break;
    case Dtype::f32:
      fill(type_identity<float>());
      break;
    case Dtype::f64:
      fill(type_identity<double>());
      break;
  }
  return columns;
}

}  // namespace harmonium
