/// \file
/// Sparse matrices of SciPy's, as scipy.sparse.save_npz writes and load_npz reads them: compressed rows (CSR)
/// or columns (CSC), deflated or stored. A sample is a column here and a row there, so that a CSR matrix of
/// shape (n, V) has the bytes of a sparse V x n matrix.
/// https://docs.scipy.org/doc/scipy/reference/generated/scipy.sparse.save_npz.html
///
///     const Eigen::SparseMatrix<float> words = read_sparse_npz("words.npz");
///     write_sparse_npz("codes.npz", codes);
#pragma once

#include <Eigen/SparseCore>
#include <limits>
#include <tuple>

#include "../../data/sparse.hpp"
#include "npz.hpp"

namespace harmonium {

/// How a sparse matrix is stored: SciPy's formats of these names.
enum class SparseLayout {
  csr,  ///< by samples
  csc   ///< by the numbers of a sample
};

namespace detail {

/// The words of an array that is a single text, of bytes ('S') or of UTF-32 ('U'). \throws FileError
inline std::string npy_text(std::span<const std::byte> file) {
  const auto [dictionary, size] = find_npy_dictionary(file);
  const bool wide = dictionary.find("'<U") != std::string_view::npos;
  check<FileError>(wide || dictionary.find("'|S") != std::string_view::npos, "it is not a text");
  std::string text;
  for (std::size_t i = size; i < file.size(); i += wide ? 4 : 1) {
    const char c = static_cast<char>(file[i]);
    if (c != '\0') text += c;
  }
  return text;
}

/// Takes a SciPy matrix apart. \throws FileError
class SparseNpz {
 public:
  SparseNpz(std::vector<ZipEntry> entries, const ReadLimits& limits)
      : entries_(std::move(entries)), limits_(limits) {
    check<FileError>(is_sparse_npz(entries_), "it is not a sparse matrix of SciPy's");
  }

  Eigen::SparseMatrix<float> parse() {
    const std::string format = named("format", [&](const ZipEntry& entry) { return npy_text(entry.bytes); });
    check<FileError>(format == "csr" || format == "csc", "its format is '", format.substr(0, 20),
                     "', expected csr or csc: in SciPy, tocsr() converts it");
    const std::vector<int> shape = whole_numbers("shape", std::numeric_limits<int>::max() - 1);
    check<FileError>(shape.size() == 2, "its shape has ", shape.size(), " sizes, expected 2");
    const bool by_sample = format == "csr";
    const int major = shape[by_sample ? 0 : 1], minor = shape[by_sample ? 1 : 0];
    std::vector<int> indices = whole_numbers("indices", minor - 1);
    const std::vector<int> begins = whole_numbers("indptr", std::numeric_limits<int>::max());
    std::vector<float> values = numbers();
    check<FileError>(values.size() == indices.size(), "it has ", values.size(), " numbers and ",
                     indices.size(), " indices");
    check<FileError>(begins.size() == static_cast<std::size_t>(major) + 1, "'indptr' has ", begins.size(),
                     " numbers, expected ", std::int64_t{major} + 1);
    check<FileError>(begins.front() == 0 && static_cast<std::size_t>(begins.back()) == values.size(),
                     "'indptr' goes from ", begins.front(), " to ", begins.back(), ", expected 0 to ",
                     values.size());
    for (std::size_t i = 1; i < begins.size(); ++i)
      check<FileError>(begins[i] >= begins[i - 1], "'indptr' falls from ", begins[i - 1], " to ", begins[i]);
    put_in_order(begins, indices, values, by_sample);
    if (by_sample) return from_compressed(minor, begins, indices, values);
    // The bytes of CSC are those of row-major V x n. How many samples there are is only in the shape.
    check_length("the beginnings of its samples take", sizeof(int) * (std::uint64_t(minor) + 1), limits_);
    return Eigen::Map<const Eigen::SparseMatrix<float, Eigen::RowMajor>>(
        major, minor, static_cast<Index>(values.size()), begins.data(), indices.data(), values.data());
  }

 private:
  template <class F>
  std::invoke_result_t<F, ZipEntry&> named(const std::string& name, F read) {
    for (ZipEntry& entry : entries_)
      if (entry.name == name + ".npy") {
        try {
          return read(entry);
        } catch (const FileError& error) {
          throw FileError("'" + name + "': " + error.what());
        }
      }
    throw FileError("there is no array '" + name + "'");
  }
  Tensor tensor(const std::string& name) {
    return named(name, [&](ZipEntry& entry) { return parse_npy(name, std::move(entry.bytes)); });
  }

  template <class F>
  static void for_each_whole(const Tensor& tensor, F f) {
    const auto go = [&]<class From>(std::type_identity<From>) {
      for (std::size_t i = 0; i < tensor.bytes.size() / sizeof(From); ++i) {
        From number;
        std::memcpy(&number, tensor.bytes.data() + i * sizeof(From), sizeof(From));
        f(i, static_cast<std::int64_t>(number));
      }
    };
    using std::type_identity;
    switch (tensor.dtype) {
      case Dtype::i32:
        return go(type_identity<std::int32_t>());
      case Dtype::u32:
        return go(type_identity<std::uint32_t>());
      case Dtype::i64:
        return go(type_identity<std::int64_t>());
      case Dtype::u64:
        return go(type_identity<std::uint64_t>());
      default:
        throw FileError(std::string("its numbers are ") + name_of(tensor.dtype) + ", expected I32 or I64");
    }
  }
  std::vector<int> whole_numbers(const std::string& name, int most) {
    return named(name, [&](ZipEntry& entry) {
      const Tensor array = parse_npy(name, std::move(entry.bytes));
      std::vector<int> whole(array.bytes.size() / entry_of(array.dtype).size);
      for_each_whole(array, [&](std::size_t i, std::int64_t number) {
        check<FileError>(number >= 0 && number <= most, "number ", i, " is ", number, ", expected 0 to ",
                         most);
        whole[i] = static_cast<int>(number);
      });
      return whole;
    });
  }
  std::vector<float> numbers() {
    const Tensor array = tensor("data");
    if (array.bytes.empty()) return {};
    check<FileError>(array.shape.size() == 1, "'data': its shape is ", npy_shape(array.shape),
                     ", expected (n,)");
    const HostMatrix<float> row = samples_from<float>(array);
    for (Index i = 0; i < row.size(); ++i)
      check<FileError>(std::isfinite(row.data()[i]), "'data': number ", i, " is ", row.data()[i],
                       ", expected a finite number");
    return {row.data(), row.data() + row.size()};
  }
  // SciPy allows indices in any order, and repeated ones, whose numbers it adds up: those are refused.
  static void put_in_order(const std::vector<int>& begins, std::vector<int>& indices,
                           std::vector<float>& values, bool by_sample) {
    std::vector<std::pair<int, float>> own;
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
      const auto first = static_cast<std::size_t>(begins[i]), last = static_cast<std::size_t>(begins[i + 1]);
      if (std::is_sorted(indices.begin() + begins[i], indices.begin() + begins[i + 1], std::less_equal<>()))
        continue;
      own.clear();
      for (std::size_t k = first; k < last; ++k) own.emplace_back(indices[k], values[k]);
      std::sort(own.begin(), own.end());
      for (std::size_t k = first; k < last; ++k) {
        std::tie(indices[k], values[k]) = own[k - first];
        check<FileError>(k == first || indices[k] != indices[k - 1], by_sample ? "sample " : "number ", i,
                         " has ", by_sample ? "number " : "sample ", indices[k],
                         " twice: in SciPy, sum_duplicates() adds them up");
      }
    }
  }

  std::vector<ZipEntry> entries_;
  ReadLimits limits_;
};

}  // namespace detail

/// Reads a matrix that scipy.sparse.save_npz wrote, of shape (n, V) in either layout, as one of n columns.
/// \throws FileError if the archive or an array is damaged, the matrix has another format, an index is out of
/// range or repeated, or a number is not finite; or if it is longer than the limit, packed or unpacked
inline Eigen::SparseMatrix<float> read_sparse_npz(const std::filesystem::path& path,
                                                  const ReadLimits& limits = {}) {
  std::vector<ZipEntry> entries = read_zip(path, limits);
  try {
    return detail::SparseNpz(std::move(entries), limits).parse();
  } catch (const FileError& error) {
    throw FileError("NPZ file '" + path.string() + "': " + error.what());
  }
}

/// Writes samples (V x n, one per column) for scipy.sparse.load_npz, as a matrix of shape (n, V); the file is
/// complete or the old one. \throws ValueError if there are 2^31 numbers or more, or they take 4 GiB or more
/// \throws FileError if it cannot be written
template <SparseColumns M>
void write_sparse_npz(const std::filesystem::path& path, const M& samples,
                      SparseLayout layout = SparseLayout::csr, bool deflated = true) {
  const auto write = [&](auto matrix, const char* format) {
    matrix.makeCompressed();
    const auto count = static_cast<std::size_t>(matrix.nonZeros());
    const std::int64_t shape[] = {samples.cols(), samples.rows()};
    const auto array = [](const char* name, auto numbers) {
      return detail::npz_entry(make_tensor(name, {static_cast<std::uint64_t>(numbers.size())}, numbers));
    };
    const std::string text = detail::pack_npy_header("|S3", "()") + format;
    const auto bytes = std::as_bytes(std::span(text));
    const std::vector<ZipEntry> entries = {
        array("indices", std::span<const int>(matrix.innerIndexPtr(), count)),
        array("indptr",
              std::span<const int>(matrix.outerIndexPtr(), static_cast<std::size_t>(matrix.outerSize()) + 1)),
        {"format.npy", {bytes.begin(), bytes.end()}},
        array("shape", std::span<const std::int64_t>(shape)),
        array("data", std::span<const float>(matrix.valuePtr(), count))};
    write_zip(path, entries, deflated);
  };
  check<ValueError>(samples.nonZeros() < std::numeric_limits<int>::max(), "write_sparse_npz: there are ",
                    samples.nonZeros(), " numbers, expected fewer than 2^31 - 1");
  if (layout == SparseLayout::csr) {
    write(Eigen::SparseMatrix<float>(samples.template cast<float>()), "csr");
  } else {
    write(Eigen::SparseMatrix<float, Eigen::RowMajor>(samples.template cast<float>()), "csc");
  }
}

}  // namespace harmonium
