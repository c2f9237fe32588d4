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

namespace detail {
/// Was it written by scipy.sparse.save_npz?
inline bool is_sparse_npz(const std::vector<ZipEntry>& entries) {
  const auto has = [&](std::string_view name) {
    return std::any_of(entries.begin(), entries.end(), [&](const ZipEntry& e) { return e.name == name; });
  };
  return has("format.npy") && has("shape.npy") && has("data.npy");
}

/// An array as a file of an archive. \throws ValueError
inline ZipEntry npz_entry(const Tensor& array) {
  check<ValueError>(!array.name.empty(), "write_npz: an array has no name");
  const std::string header = make_npy_header(array);
  const auto begin = std::as_bytes(std::span(header));
  ZipEntry entry{array.name + ".npy", {begin.begin(), begin.end()}};
  entry.bytes.insert(entry.bytes.end(), array.bytes.begin(), array.bytes.end());
  return entry;
}
}  // namespace detail

/// Reads all arrays, named without `.npy`, in the order of the file; other files in the archive are ignored.
/// Memory: the archive's length, and at most three times what it unpacks to. \throws FileError if the archive
/// or one of its arrays is damaged, it contains no array, or it is longer than the limit, packed or unpacked
inline std::vector<Tensor> read_npz(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  std::vector<Tensor> arrays;
  std::vector<ZipEntry> entries = read_zip(path, limits);
  check<FileError>(!detail::is_sparse_npz(entries), "NPZ file '", path.string(),
                   "': it holds a sparse matrix of SciPy's, which read_sparse_npz reads");
  for (ZipEntry& entry : entries) {
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
  for (const Tensor& array : arrays) entries.push_back(detail::npz_entry(array));
  write_zip(path, entries, deflated);
}

}  // namespace harmonium
