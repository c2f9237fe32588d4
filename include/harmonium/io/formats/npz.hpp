/// \file
/// NPZ, NumPy's files of several named arrays: ZIP archives of NPY files, as written by numpy.savez and
/// numpy.savez_compressed and read by numpy.load.
///
///     write_npz("results.npz", {samples_tensor("codes", codes), samples_tensor("data", data)});
///     const Eigen::MatrixXf codes = samples_from(find_array(read_npz("results.npz"), "codes"));
#pragma once

#include "npy.hpp"
#include "zip_writer.hpp"

namespace harmonium {

/// Reads all arrays, named without `.npy`, in the order of the file; other files in the archive are ignored.
/// Memory: the archive's length, and at most three times what it unpacks to. \throws FileError if the archive
/// or one of its arrays is damaged, it contains no array, or it is longer than the limit, packed or unpacked
inline std::vector<Tensor> read_npz(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  std::vector<Tensor> arrays;
  for (ZipEntry& entry : read_zip(path, limits)) {
    if (!entry.name.ends_with(".npy")) continue;
    try {
      arrays.push_back(
          detail::parse_npy(entry.name.substr(0, entry.name.size() - 4), std::move(entry.bytes)));
    } catch (const FileError& error) {
      throw FileError("NPZ file '" + path.string() + "': '" + entry.name + "': " + error.what());
    }
  }
  check<FileError>(!arrays.empty(), "NPZ file '", path.string(), "': it has no arrays");
  return arrays;
}

/// An array by its name. \throws DataError, listing the names, if there is no such array
inline const Tensor& find_array(const std::vector<Tensor>& arrays, const std::string& name) {
  std::string known;
  for (const Tensor& array : arrays) {
    if (array.name == name) return array;
    known += (known.empty() ? "'" : ", '") + array.name + "'";
  }
  throw DataError("there is no array '" + name + "', but " + (known.empty() ? "none" : known));
}
/// As above for temporary arrays: returns a copy.
inline Tensor find_array(std::vector<Tensor>&& arrays, const std::string& name) {
  return find_array(std::as_const(arrays), name);
}

/// Writes arrays under their names, deflated or stored; the file is complete or the old one. \throws
/// ValueError if a name repeats or is empty, an array's bytes do not match its shape, NumPy has no such type,
/// or the arrays take 4 GiB or more in all \throws FileError if it cannot be written
inline void write_npz(const std::filesystem::path& path, const std::vector<Tensor>& arrays,
                      bool deflated = true) {
  std::vector<ZipEntry> entries;
  for (const Tensor& array : arrays) {
    const std::string header = detail::make_npy_header(array);
    const auto begin = std::as_bytes(std::span(header));
    entries.push_back({array.name + ".npy", {begin.begin(), begin.end()}});
    entries.back().bytes.insert(entries.back().bytes.end(), array.bytes.begin(), array.bytes.end());
    check<ValueError>(!array.name.empty(), "write_npz: an array has no name");
  }
  write_zip(path, entries, deflated);
}

}  // namespace harmonium
