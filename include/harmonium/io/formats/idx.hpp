/// \file
/// IDX, the format of MNIST and similar sets: two zero bytes, the type of the numbers, the number of sizes,
/// the sizes as 32-bit big-endian numbers, then the numbers, with the last index fastest. Files may be
/// compressed with gzip; this is recognized by their content, not their name.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <iomanip>
#include <span>
#include <string>
#include <vector>

#include "../../data/dataset.hpp"
#include "gzip.hpp"

namespace harmonium {

namespace detail {

/// A number formatted like a file's first four bytes in messages: 0x00000803.
struct EightHexDigits {
  std::uint64_t number;
  friend std::ostream& operator<<(std::ostream& out, EightHexDigits digits) {
    const auto flags = out.flags();
    const char fill = out.fill('0');
    out << "0x" << std::hex << std::setw(8) << digits.number;
    out.flags(flags);
    out.fill(fill);
    return out;
  }
};

/// The sizes that the bytes at the beginning of an IDX file promise, of which `header` has as many as there
/// are. \throws FileError if it is not an array of bytes with N sizes, all positive
template <std::size_t N>
std::array<std::uint64_t, N> parse_idx_sizes(std::span<const std::uint8_t> header, const std::string& path) {
  check<FileError>(header.size() >= 4 + 4 * N, "IDX file '", path, "': it has ", header.size(),
                   " bytes, its header needs ", 4 + 4 * N);
  const auto big_endian = [&](std::size_t at) {
    return std::uint64_t{header[at]} << 24 | std::uint64_t{header[at + 1]} << 16 |
           std::uint64_t{header[at + 2]} << 8 | header[at + 3];
  };
  check<FileError>(big_endian(0) == 0x800 + N, "IDX file '", path, "': it begins with ",
                   EightHexDigits{big_endian(0)}, ", expected ", EightHexDigits{0x800 + N}, " (", N,
                   N == 1 ? " size" : " sizes", ", unsigned bytes)");
  std::array<std::uint64_t, N> sizes;
  for (std::size_t i = 0; i < N; ++i) {
    sizes[i] = big_endian(4 + 4 * i);
    check<FileError>(sizes[i] > 0, "IDX file '", path, "': size ", i, " is 0, expected at least 1");
  }
  return sizes;
}
/// The same from an open file.
template <std::size_t N>
std::array<std::uint64_t, N> read_idx_sizes(UnpackedFile& file, const std::string& path) {
  std::array<std::uint8_t, 4 + 4 * N> header;
  const std::size_t came = file.read(header);
  return parse_idx_sizes<N>(std::span<const std::uint8_t>(header).first(came), path);
}
/// How many numbers there are in all. \throws FileError if that is above 2^62
template <std::size_t N>
std::uint64_t idx_length(const std::array<std::uint64_t, N>& sizes, const std::string& path) {
  std::uint64_t promised = 1;
  for (const std::uint64_t size : sizes) {
    check<FileError>(promised <= (std::uint64_t{1} << 62) / size, "IDX file '", path,
                     "': the product of its sizes is above 2^62");
    promised *= size;
  }
  return promised;
}

/// A whole IDX file; place(sizes) is where its numbers go. The file is unpacked twice, first to count what
/// there is, so that no memory is taken for numbers that a header only promises.
template <std::size_t N, class Place>
void read_idx_array(const std::filesystem::path& path, const ReadLimits& limits, Place place) {
  UnpackedFile file(path, limits);
  const auto sizes = read_idx_sizes<N>(file, path.string());
  const std::uint64_t promised = idx_length(sizes, path.string());
  // Asking for more than the promised numbers also makes zlib verify the checksum.
  const std::uint64_t came = file.skip(std::min(promised, limits.bytes) + 1);
  check<FileError>(came >= promised || came > limits.bytes, "IDX file '", path.string(), "': it has ", came,
                   " numbers, its header promises ", promised);
  check_length(("IDX file '" + path.string() + "': its header promises").c_str(), promised, limits);
  check<FileError>(came == promised, "IDX file '", path.string(), "': it has more than the ", promised,
                   " numbers that its header promises");
  file.rewind();
  read_idx_sizes<N>(file, path.string());
  check<FileError>(file.read(place(sizes)) == promised, "IDX file '", path.string(),
                   "': it changed while it was read");
}

}  // namespace detail

/// Pictures, one per column, their rows one after another. Memory: what the file unpacks to. \throws
/// FileError if it is not such a file, or is longer than the limit, packed or unpacked
inline Dataset::Bytes read_idx_images(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  Dataset::Bytes images;
  detail::read_idx_array<3>(path, limits, [&](const std::array<std::uint64_t, 3>& sizes) {
    images.resize(static_cast<Index>(sizes[1] * sizes[2]), static_cast<Index>(sizes[0]));
    return std::span(images.data(), static_cast<std::size_t>(images.size()));
  });
  return images;
}

/// Labels, counted from 0. Memory: five times what the file unpacks to. \throws FileError as
/// `read_idx_images`
inline std::vector<int> read_idx_labels(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  std::vector<std::uint8_t> labels;
  detail::read_idx_array<1>(path, limits, [&](const std::array<std::uint64_t, 1>& sizes) {
    labels.resize(static_cast<std::size_t>(sizes[0]));
    return std::span(labels);
  });
  return {labels.begin(), labels.end()};
}

/// Pictures and their labels.
/// \throws FileError
inline Dataset read_idx(const std::filesystem::path& images_path, const std::filesystem::path& labels_path,
                        const ReadLimits& limits = {}) {
  Dataset::Bytes images = read_idx_images(images_path, limits);
  std::vector<int> labels = read_idx_labels(labels_path, limits);
  check<FileError>(static_cast<std::size_t>(images.cols()) == labels.size(), "read_idx: '",
                   images_path.string(), "' has ", images.cols(), " pictures, '", labels_path.string(),
                   "' has ", labels.size(), " labels");
  return Dataset(std::move(images), std::move(labels));
}

/// A training and a test set.
struct Mnist {
  Dataset train;  ///< for training
  Dataset test;   ///< for evaluation
};

/// The four files of MNIST (LeCun, Bottou, Bengio and Haffner, 1998), or of a set published in the same form,
/// with either spelling (`train-images-idx3-ubyte`, `train-images.idx3-ubyte`), compressed (`.gz`) or not.
/// \throws FileError that says what is missing
inline Mnist read_mnist(const std::filesystem::path& folder, const ReadLimits& limits = {}) {
  std::string missing;
  const auto find = [&](const std::string& name, const std::string& kind) {
    for (const char* ending : {"", ".gz"})
      for (const char* joint : {"-", "."}) {
        std::filesystem::path path = folder / (name + joint + kind + ending);
        std::error_code error;
        if (std::filesystem::exists(path, error)) return path;
      }
    if (!missing.empty()) missing += ", ";
    missing.append(name).append("-").append(kind);
    return std::filesystem::path{};
  };
  const auto train_images = find("train-images", "idx3-ubyte"),
             train_labels = find("train-labels", "idx1-ubyte");
  const auto test_images = find("t10k-images", "idx3-ubyte"), test_labels = find("t10k-labels", "idx1-ubyte");
  check<FileError>(missing.empty(), "read_mnist: in '", folder.string(), "' there is no ", missing,
                   " (looked for each also with a dot, as in train-images.idx3-ubyte, and with .gz)");
  Mnist mnist{read_idx(train_images, train_labels, limits), read_idx(test_images, test_labels, limits)};
  check<FileError>(mnist.train.rows() == mnist.test.rows(), "read_mnist: '", train_images.string(),
                   "' has pictures of ", mnist.train.rows(), " pixels, '", test_images.string(), "' of ",
                   mnist.test.rows());
  return mnist;
}

}  // namespace harmonium
