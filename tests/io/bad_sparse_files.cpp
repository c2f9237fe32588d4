// LIBSVM files and SciPy's sparse matrices that are not valid.
#include <harmonium/io/formats/libsvm.hpp>
#include <harmonium/io/formats/sparse_npz.hpp>
#include <harmonium/io/report/peak_memory.hpp>

#include "bad_input/refusals.hpp"
#include "damage.hpp"
#include "temporary_folder.hpp"

using namespace harmonium;
using namespace test;

namespace test::io_bad_sparse_files {

namespace {

template <class T>
ZipEntry array(const char* name, const std::vector<T>& numbers) {
  return detail::npz_entry(make_tensor(name, {numbers.size()}, std::span<const T>(numbers)));
}
ZipEntry format(const std::string& words, const std::string& type = "|S3") {
  const std::string file = detail::pack_npy_header(type, "()") + words;
  const auto bytes = std::as_bytes(std::span(file));
  return {"format.npy", {bytes.begin(), bytes.end()}};
}

// A file for SciPy, piece by piece: two samples of three numbers.
struct Pieces {
  ZipEntry format = io_bad_sparse_files::format("csr");
  std::vector<std::int64_t> shape = {2, 3};
  std::vector<std::int64_t> begins = {0, 2, 3};
  std::vector<std::int64_t> indices = {0, 2, 1};
  std::vector<double> numbers = {1, 2, 3};
};

}  // namespace

TEST_CASE("hostile LIBSVM files are refused with their line, and take no more memory than their size",
          "[bad_input][files][sparse]") {
  const TemporaryFolder folder;
  const auto path = folder / "words.svm";
  const auto reading = [=](const std::string& text, const LibsvmOptions& options = {}) {
    return [=] {
      put(path, text);
      return read_libsvm(path, options);
    };
  };
  const double before = peak_memory_mb();
  check_refusals({
      refused<FileError>("no file", "cannot read '.*nowhere': No such file or directory",
                         [&] { return read_libsvm(folder / "nowhere"); }),
      refused<FileError>("nothing", "LIBSVM file '.*words.svm': it has no samples", reading("")),
      refused<FileError>("comments", "LIBSVM file '.*words.svm': it has no samples", reading("# 1 1:1\n\n")),
      refused<FileError>("a word", "LIBSVM file '.*words.svm', line 2: its label is 'a', expected a number",
                         reading("1 1:1\na 1:1\n")),
      refused<FileError>("several labels",
                         "LIBSVM file '.*words.svm', line 1: its label is '1,3', expected a number",
                         reading("1,3 1:1\n")),
      refused<FileError>("NaN", "LIBSVM file '.*words.svm', line 1: its label is 'nan', expected a number",
                         reading("nan 1:1")),
      refused<FileError>("no label",
                         "LIBSVM file '.*words.svm', line 3: it begins with '1:1', expected a label, a "
                         "number, before the first .*",
                         reading("1\n\n1:1 2:1\n")),
      refused<FileError>("CSV", "LIBSVM file '.*words.svm', line 1: its label is 'a,b', expected a number",
                         reading("a,b\n1,2\n")),
      refused<FileError>("no colon", "LIBSVM file '.*words.svm', line 1: '3' is not index:value",
                         reading("1 3 4\n")),
      refused<FileError>("half an index", "LIBSVM file '.*words.svm', line 1: '1.5:3' is not index:value",
                         reading("1 1.5:3\n")),
      refused<FileError>("a huge index",
                         "LIBSVM file '.*words.svm', line 1: '99999999999999999999:1' is not index:value",
                         reading("1 99999999999999999999:1\n")),
      refused<FileError>("an index of 2^31",
                         "LIBSVM file '.*words.svm', line 1: index 2147483648, expected at most 2147483646",
                         reading("1 2147483648:1\n")),
      refused<FileError>("an index below 1",
                         "LIBSVM file '.*words.svm', line 1: index 0, expected at least 1; if indices count "
                         "from 0, set the base to 0",
                         reading("1 0:1\n")),
      refused<FileError>("a negative index",
                         "LIBSVM file '.*words.svm', line 1: index -2, expected at least 0",
                         reading("1 -2:1\n", {.base = 0})),
      refused<FileError>("an index beyond a sample",
                         "LIBSVM file '.*words.svm', line 2: index 4, expected at most 3",
                         reading("1 3:1\n1 4:1\n", {.rows = 3})),
      refused<FileError>(
          "an index twice",
          "LIBSVM file '.*words.svm', line 1: index 3 comes after 3, expected indices that increase",
          reading("1 3:1 3:2\n")),
      refused<FileError>(
          "disorder",
          "LIBSVM file '.*words.svm', line 1: index 2 comes after 3, expected indices that increase",
          reading("1 3:1 2:1\n")),
      refused<FileError>("no value",
                         "LIBSVM file '.*words.svm', line 1: the value in '3:' is not a finite number",
                         reading("1 3:\n")),
      refused<FileError>("a value that is NaN",
                         "LIBSVM file '.*words.svm', line 1: the value in '3:nan' is not a finite number",
                         reading("1 3:nan\n")),
      refused<FileError>("too large a value",
                         "LIBSVM file '.*words.svm', line 1: the value in '3:1e300' is not a finite number",
                         reading("1 3:1e300\n")),
      refused<FileError>(
          "a query of words",
          "LIBSVM file '.*words.svm', line 1: 'qid:x' is not a query, expected qid: and a whole number",
          reading("1 qid:x 3:1\n")),
      refused<FileError>("a late query",
                         "LIBSVM file '.*words.svm', line 2: it has a qid, lines before it have none",
                         reading("1 3:1\n1 qid:1 3:1\n")),
      refused<FileError>("a missing query",
                         "LIBSVM file '.*words.svm', line 2: it has no qid, lines before it have one",
                         reading("1 qid:1 3:1\n1 3:1\n")),
      refused<ValueError>("an unknown base", "read_libsvm: base is 2, expected 0 or 1",
                          reading("1 3:1\n", {.base = 2})),
      refused<ValueError>("a negative size", "read_libsvm: rows is -1, expected 0 to 2\\^31 - 2",
                          reading("1 3:1\n", {.rows = -1})),
  });
  CHECK(reading("1 2147483646:1\n")().samples.nonZeros() == 1);
  CHECK(peak_memory_mb() - before < 50);
}

TEST_CASE("compressed LIBSVM files that are cut short are refused", "[bad_input][files][sparse]") {
  const TemporaryFolder folder;
  Eigen::SparseMatrix<float> x(5, 3);
  x.insert(2, 1) = 1;
  write_libsvm(folder / "a.svm.gz", x);
  const std::string good = get(folder / "a.svm.gz");
  for_each_beginning(good, [&](const std::string& bytes) {
    put(folder / "b.svm.gz", bytes);
    CHECK_THROWS_AS(read_libsvm(folder / "b.svm.gz"), FileError);
  });
}

TEST_CASE("hostile sparse matrices are refused in words, and take no more memory than their size",
          "[bad_input][files][sparse]") {
  const TemporaryFolder folder;
  const auto path = folder / "words.npz";
  const auto reading = [=](auto change) {
    return [=] {
      Pieces p;
      change(p);
      write_zip(path, {array("indices", p.indices), array("indptr", p.begins), p.format,
                       array("shape", p.shape), array("data", p.numbers)});
      return read_sparse_npz(path);
    };
  };
  CHECK(reading([](Pieces&) {})().coeff(2, 0) == 2);
  const double before = peak_memory_mb();
  check_refusals({
      refused<FileError>("another format", ".*words.npz': its format is 'coo', expected csr or csc: .*",
                         reading([](Pieces& p) { p.format = format("coo"); })),
      refused<FileError>("a format of numbers", ".*'format': it is not a text",
                         reading([](Pieces& p) { p.format = format("csr", "<i4"); })),
      refused<FileError>("one size", ".*: its shape has 1 sizes, expected 2",
                         reading([](Pieces& p) { p.shape = {2}; })),
      refused<FileError>("a negative size", ".*'shape': number 1 is -3, expected 0 to 2147483646",
                         reading([](Pieces& p) {
                           p.shape = {2, -3};
                         })),
      refused<FileError>("2^31 numbers per sample", ".*'shape': number 1 is 2147483648, expected .*",
                         reading([](Pieces& p) {
                           p.shape = {2, std::int64_t{1} << 31};
                         })),
      refused<FileError>("a million million samples", ".*: 'indptr' has 3 numbers, expected 2000000001",
                         reading([](Pieces& p) {
                           p.shape = {2'000'000'000, 3};
                         })),
      refused<FileError>("an index beyond a sample", ".*'indices': number 1 is 3, expected 0 to 2",
                         reading([](Pieces& p) { p.indices[1] = 3; })),
      refused<FileError>("a negative index", ".*'indices': number 0 is -1, expected 0 to 2",
                         reading([](Pieces& p) { p.indices[0] = -1; })),
      refused<FileError>("an index twice",
                         ".*: sample 0 has number 2 twice: in SciPy, sum_duplicates\\(\\) .*",
                         reading([](Pieces& p) {
                           p.indices = {2, 2, 1};
                         })),
      refused<FileError>("too few numbers", ".*: it has 2 numbers and 3 indices", reading([](Pieces& p) {
                           p.numbers = {1, 2};
                         })),
      refused<FileError>("NaN", ".*: 'data': number 1 is nan, expected a finite number",
                         reading([](Pieces& p) { p.numbers[1] = std::nan(""); })),
      refused<FileError>("samples that end before they begin", ".*: 'indptr' falls from 3 to 2",
                         reading([](Pieces& p) {
                           p.begins = {0, 3, 2, 3};
                           p.shape = {3, 3};
                         })),
      refused<FileError>("samples that begin late", ".*: 'indptr' goes from 1 to 3, expected 0 to 3",
                         reading([](Pieces& p) {
                           p.begins = {1, 2, 3};
                         })),
      refused<FileError>("samples that end late", ".*: 'indptr' goes from 0 to 4, expected 0 to 3",
                         reading([](Pieces& p) {
                           p.begins = {0, 2, 4};
                         })),
      refused<FileError>(
          "half a file", ".*words.npz': there is no array 'indices'",
          [=] {
            write_zip(path, {format("csr"), array<int>("shape", {2, 3}), array<int>("data", {1})});
            return read_sparse_npz(path);
          }),
      refused<FileError>("indices that are not whole",
                         ".*'indices': its numbers are F64, expected I32 or I64",
                         [=] {
                           const Pieces p;
                           write_zip(path, {array<double>("indices", {0, 2, 1}), array("indptr", p.begins),
                                            p.format, array("shape", p.shape), array("data", p.numbers)});
                           return read_sparse_npz(path);
                         }),
  });
  CHECK(peak_memory_mb() - before < 50);
}

TEST_CASE("a sparse matrix with a changed byte is refused, or still valid", "[bad_input][files][sparse]") {
  const TemporaryFolder folder;
  Eigen::SparseMatrix<float> x(5, 3);
  x.insert(2, 1) = 1;
  write_sparse_npz(folder / "a.npz", x, SparseLayout::csr, false);
  const auto attempt = [&](const std::string& bytes) {
    put(folder / "b.npz", bytes);
    try {
      const Eigen::SparseMatrix<float> y = read_sparse_npz(folder / "b.npz");
      CHECK(Eigen::MatrixXf(y).allFinite());
    } catch (const FileError&) {
    }
  };
  const std::string good = get(folder / "a.npz");
  for_each_beginning(good, attempt);
  for_each_changed_byte(good, attempt);
}

}  // namespace test::io_bad_sparse_files
