// Files of SciPy itself are read by tests/interop; here their arrays are written one by one.
#include <harmonium/io/formats/sparse_npz.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using test::TemporaryFolder;

namespace test::io_formats_sparse_npz {

namespace {

Eigen::SparseMatrix<float> example() {
  Eigen::SparseMatrix<float> x(4, 3);
  x.insert(0, 0) = 1;
  x.insert(3, 0) = -2;
  x.insert(1, 2) = 0.5f;
  return x;
}

template <class T>
ZipEntry array(const char* name, const std::vector<T>& numbers) {
  return detail::npz_entry(make_tensor(name, {numbers.size()}, std::span<const T>(numbers)));
}
ZipEntry text(const char* type, const std::string& words) {
  const std::string file = detail::pack_npy_header(type, "()") + words;
  const auto bytes = std::as_bytes(std::span(file));
  return {"format.npy", {bytes.begin(), bytes.end()}};
}

}  // namespace

TEST_CASE("a sparse matrix written for SciPy is read back", "[io][npz][sparse]") {
  const TemporaryFolder folder;
  for (const auto layout : {SparseLayout::csr, SparseLayout::csc})
    for (const bool deflated : {true, false}) {
      write_sparse_npz(folder / "x.npz", example(), layout, deflated);
      const Eigen::SparseMatrix<float> again = read_sparse_npz(folder / "x.npz");
      CHECK((again.rows() == 4 && again.cols() == 3));
      CHECK((again - example()).norm() == 0);
    }
  write_sparse_npz(folder / "none.npz", Eigen::SparseMatrix<double>(4, 0));
  CHECK(read_sparse_npz(folder / "none.npz").cols() == 0);
}

TEST_CASE("indices may be in any order and of several types, and the format of either kind of text",
          "[io][npz][sparse]") {
  const TemporaryFolder folder;
  const std::string wide{'c', 0, 0, 0, 's', 0, 0, 0, 'r', 0, 0, 0};
  write_zip(folder / "x.npz",
            {array<std::int64_t>("indices", {3, 0, 1}), array<std::uint32_t>("indptr", {0, 2, 2, 3}),
             text("<U3", wide), array<std::int32_t>("shape", {3, 4}), array<double>("data", {-2, 1, 0.5})});
  const Eigen::SparseMatrix<float> x = read_sparse_npz(folder / "x.npz");
  CHECK((x - example()).norm() == 0);
  CHECK(x.innerIndexPtr()[0] == 0);  // sorted
}

TEST_CASE("the reader of dense arrays says what a sparse file is", "[io][npz][sparse]") {
  const TemporaryFolder folder;
  write_sparse_npz(folder / "x.npz", example());
  CHECK_THROWS_WITH(
      read_npz(folder / "x.npz"),
      Catch::Matchers::ContainsSubstring("it holds a sparse matrix of SciPy's, which read_sparse_npz reads"));
  write_npz(folder / "y.npz", {samples_tensor("x", Eigen::MatrixXf::Ones(2, 3).eval())});
  CHECK_THROWS_WITH(read_sparse_npz(folder / "y.npz"),
                    Catch::Matchers::ContainsSubstring("it is not a sparse matrix of SciPy's"));
}

}  // namespace test::io_formats_sparse_npz
