#include <harmonium/core/view.hpp>

#include <Eigen/Core>
#include <vector>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

// Does a view refer to exactly the numbers of a matrix, each at its place?
template <class M>
bool shows(View<const float> view, const M& matrix) {
  if (view.rows != matrix.rows() || view.cols != matrix.cols()) return false;
  for (Index c = 0; c < view.cols; ++c)
    for (Index r = 0; r < view.rows; ++r)
      if (&view(r, c) != &matrix.coeffRef(r, c)) return false;
  return true;
}

template <class M, class T = const float>
concept Viewable = std::convertible_to<M&, View<T>>;

struct DeviceMemory {};
struct DeviceMatrix {
  using Memory = DeviceMemory;
  float* data() const { return nullptr; }
  Index rows() const { return 2; }
  Index cols() const { return 3; }
  Index outerStride() const { return 2; }
};

}  // namespace

TEST_CASE("a view refers to the numbers of every Eigen matrix in column-major memory", "[core][view]") {
  Eigen::MatrixXf m(6, 5), row(1, 5), column(6, 1), none(0, 0);
  CHECK(shows(m, m));
  CHECK(shows(row, row));
  CHECK(shows(column, column));
  CHECK(shows(none, none));
  Eigen::VectorXf v(6);
  CHECK(shows(v, v));
  Eigen::Matrix<float, 2, 3> fixed;
  CHECK(shows(fixed, fixed));
  Eigen::ArrayXXf array(2, 3);
  CHECK(shows(array, array));
  Eigen::Ref<Eigen::MatrixXf> part = m.block(1, 1, 3, 2);
  CHECK(shows(part, part));
  auto block = m.block(2, 1, 3, 4);
  CHECK(shows(block, block));
  auto columns = m.middleCols(1, 2);
  CHECK(shows(columns, columns));
  auto one = m.col(3);
  CHECK(shows(one, one));
  auto segment = v.segment(2, 3);
  CHECK(shows(segment, segment));
  Eigen::Map<Eigen::MatrixXf, Eigen::Unaligned, Eigen::OuterStride<>> map(m.data(), 2, 4,
                                                                          Eigen::OuterStride<>(7));
  CHECK(shows(map, map));
}

TEST_CASE("a view refers to the numbers of row vectors, which Eigen stores row-major", "[core][view]") {
  Eigen::RowVectorXf row(5);
  CHECK(shows(row, row));
  Eigen::Matrix<float, 1, 4> fixed;
  CHECK(shows(fixed, fixed));
  Eigen::Map<Eigen::RowVectorXf> map(row.data(), 3);
  CHECK(shows(map, map));
  Eigen::MatrixXf m(6, 5);
  auto of_matrix = m.row(2);
  CHECK(shows(of_matrix, of_matrix));
}

TEST_CASE("a matrix that is not column-major memory does not convert to a view", "[core][view]") {
  CHECK((Viewable<Eigen::MatrixXf>));
  CHECK((!Viewable<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>));
  CHECK((!Viewable<Eigen::Transpose<Eigen::MatrixXf>>));
  CHECK((!Viewable<Eigen::Diagonal<Eigen::MatrixXf>>));
  CHECK((!Viewable<Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<>>>));
  CHECK((!Viewable<Eigen::Map<Eigen::MatrixXf, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>>));
  CHECK((!Viewable<decltype(Eigen::MatrixXf() + Eigen::MatrixXf())>));
  CHECK((!Viewable<Eigen::MatrixXd>));
  CHECK((!Viewable<DeviceMatrix>));
  CHECK((std::convertible_to<DeviceMatrix&, View<float, DeviceMemory>>));
}

TEST_CASE("a const matrix converts to a read-only view", "[core][view]") {
  CHECK((Viewable<const Eigen::MatrixXf, const float>));
  CHECK((!Viewable<const Eigen::MatrixXf, float>));
  CHECK((Viewable<Eigen::MatrixXf, float>));
  CHECK((std::convertible_to<View<float>, View<const float>>));
  CHECK((!std::convertible_to<View<const float>, View<float>>));
  CHECK((std::convertible_to<Eigen::MatrixXf&&, View<const float>>));  // lives until the end of the call
  CHECK((!std::convertible_to<Eigen::MatrixXf&&, View<float>>));       // writes would be lost
}

TEST_CASE("blocks of columns and rows are views of the same memory", "[core][view]") {
  std::vector<float> memory(40);
  const View<float> all(memory.data(), 6, 4, 8);
  CHECK(all.size() == 24);
  CHECK(&all(5, 3) == &memory[3 * 8 + 5]);
  CHECK(all.column(2) == &memory[16]);
  const View<float> columns = all.columns(1, 2);
  CHECK(columns.rows == 6);
  CHECK(columns.cols == 2);
  CHECK(&columns(5, 1) == &all(5, 2));
  const View<float> both = columns.rows_from(2, 3);
  CHECK(both.rows == 3);
  CHECK(both.cols == 2);
  CHECK(both.leading_dimension == 8);
  CHECK(&both(2, 1) == &all(4, 2));
  both(0, 0) = 5;
  CHECK(memory[8 + 2] == 5);
  const View<const float> read = both;
  CHECK(&read(2, 1) == &both(2, 1));
}

TEST_CASE("an empty view has no numbers", "[core][view]") {
  const View<float> none;
  CHECK(none.data == nullptr);
  CHECK(none.size() == 0);
}
