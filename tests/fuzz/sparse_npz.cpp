// SciPy's sparse matrices: what is read is written in the layouts that there are, and read again as the same.
#include <harmonium/io/formats/sparse_npz.hpp>

#include "archives.hpp"

namespace fuzz::sparse_npz {
namespace {

using namespace harmonium;

using Sparse = Eigen::SparseMatrix<float>;

void check_same(const Sparse& a, const Sparse& b) {
  require(a.rows() == b.rows() && a.cols() == b.cols() && a.nonZeros() == b.nonZeros(),
          "written and read again it has another size");
  for (Index c = 0; c < a.cols(); ++c) {
    Sparse::InnerIterator x(a, c), y(b, c);
    for (; x && y; ++x, ++y)
      require(x.row() == y.row() && x.value() == y.value(), "written and read again it has other numbers");
    require(!x && !y, "written and read again a sample has more numbers");
  }
}

void attack(Bytes input) {
  const Sparse samples = read_sparse_npz(file_with(with_checksums(input)), limits);
  for (Index c = 0; c < samples.cols(); ++c) {
    Index last = -1;
    for (Sparse::InnerIterator x(samples, c); x; ++x) {
      require(std::isfinite(x.value()) && x.row() > last && x.row() < samples.rows(),
              "a number is none, or out of place");
      last = x.row();
    }
  }
  for (const SparseLayout layout : {SparseLayout::csr, SparseLayout::csc}) {
    if (samples.rows() + samples.cols() > 100'000) continue;
    write_sparse_npz(folder() + "/written", samples, layout, false);
    check_same(read_sparse_npz(folder() + "/written", limits), samples);
  }
}

std::vector<std::string> seeds() {
  Eigen::MatrixXf numbers(3, 4);
  numbers << 0, 1, 0, 2, 3, 0, 0, 0, 0, 0.5f, 0, -1;
  const Sparse samples = numbers.sparseView();
  std::vector<std::string> all;
  for (const SparseLayout layout : {SparseLayout::csr, SparseLayout::csc})
    for (const bool deflated : {false, true}) {
      write_sparse_npz(folder() + "/seed", samples, layout, deflated);
      all.push_back(contents(folder() + "/seed"));
    }
  return all;
}

const Registered target({"sparse_npz",
                         attack,
                         seeds,
                         {"csr", "csc", "coo", "indices.npy", "indptr.npy", "format.npy", "shape.npy",
                          "data.npy", "'<i8'", "'<i4'", "'<f4'", "'|S3'", "'<U3'", "(4,)", "()",
                          "\xff\xff\xff\x7f", "\xff\xff\xff\xff", "PK\x01\x02"}});

}  // namespace
}  // namespace fuzz::sparse_npz
