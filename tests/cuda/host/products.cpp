// Calls of cuBLAS: the stand-in computes products as the BLAS standard says, from the sizes, strides and
// transposes that it receives, and refuses what cuBLAS refuses.
#include <cublas_v2.h>

#include <harmonium/backend/cpu.hpp>
#include <harmonium/cuda.hpp>

#include "../../support/catch.hpp"
#include "../../support/dice.hpp"
#include "stand_in.hpp"

using namespace harmonium;

namespace {

template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

template <class T>
Dense<T> random_matrix(Index rows, Index cols, test::Dice& dice) {
  Dense<T> x(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r) x(r, c) = static_cast<T>(dice.normal());
  return x;
}

template <class T>
CudaMatrix<T> on_device(const Dense<T>& x) {
  CudaMatrix<T> there(x.rows(), x.cols());
  Cuda<T>().upload(View<const T>(x), View<T, CudaMemory>(there));
  return there;
}

// Blocks of larger matrices, for every pair of transposes that the backend supports.
template <class T>
void check_products() {
  const double close = (std::is_same_v<T, float> ? 1e-6 : 1e-14) * 100;
  test::Dice dice(1);
  for (const auto& [m, n, k] :
       {std::tuple<Index, Index, Index>{1, 1, 1}, {5, 1, 7}, {1, 6, 3}, {17, 9, 5}, {4, 4, 1}, {33, 2, 40}})
    for (const Index above : {Index(0), Index(3)})
      for (const auto& [op_a, op_b] :
           {std::pair{Op::plain, Op::plain}, {Op::transposed, Op::plain}, {Op::plain, Op::transposed}})
        for (const auto& [alpha, beta] : {std::pair{T(1), T(0)}, {T(-0.5), T(1)}, {T(2), T(0.25)}}) {
          const bool ta = op_a == Op::transposed, tb = op_b == Op::transposed;
          const Index rows_a = ta ? k : m, cols_a = ta ? m : k, rows_b = tb ? n : k, cols_b = tb ? k : n;
          const Dense<T> a = random_matrix<T>(above + rows_a + 1, cols_a, dice),
                         b = random_matrix<T>(above + rows_b + 2, cols_b, dice);
          Dense<T> c = random_matrix<T>(above + m + 3, n, dice);
          const auto da = on_device(a), db = on_device(b);
          auto dc = on_device(c);
          const auto block = [&](const auto& x, Index rows) { return x.rows_from(above, rows); };
          test::fake_device().forget();
          Cuda<T>().multiply(op_a, op_b, alpha, block(View<const T, CudaMemory>(da), rows_a),
                             block(View<const T, CudaMemory>(db), rows_b), beta,
                             block(View<T, CudaMemory>(dc), m));
          Cpu<T>().multiply(op_a, op_b, alpha, block(View<const T>(a), rows_a),
                            block(View<const T>(b), rows_b), beta, block(View<T>(c), m));
          Dense<T> back(c.rows(), n);
          Cuda<T>().download(View<const T, CudaMemory>(dc), View<T>(back));
          INFO(m << " x " << n << " x " << k << ", " << above << " rows above, " << ta << tb);
          CHECK(static_cast<double>((back - c).cwiseAbs().maxCoeff()) < close);
          REQUIRE(test::fake_device().products.size() == 1);
          const auto& asked = test::fake_device().products[0];
          CHECK((asked.transpose_a == ta && asked.transpose_b == tb));
          CHECK((asked.m == m && asked.n == n && asked.k == k));
          CHECK((asked.distance_a >= rows_a && asked.distance_b >= rows_b && asked.distance_c >= m));
        }
}

}  // namespace

TEST_CASE("cuBLAS is asked for the products that are wanted", "[cuda]") {
  check_products<float>();
  check_products<double>();
}

TEST_CASE("a product with beta 0 does not read the result", "[cuda]") {
  const Cuda<float> cuda;
  const Dense<float> a = Dense<float>::Ones(3, 2), b = Dense<float>::Ones(2, 4),
                     none = Dense<float>::Constant(3, 4, std::nanf(""));
  const auto da = on_device(a), db = on_device(b);
  auto dc = on_device(none);
  cuda.multiply(Op::plain, Op::plain, 1, da, db, 0, dc);
  CHECK(cuda.sum(detail::IdentityBody{}, View<const float, CudaMemory>(dc)) == 24);
}

TEST_CASE("precision is requested product by product", "[cuda]") {
  const auto asked = [](auto on) {
    using T = typename decltype(on)::Scalar;
    CudaMatrix<T> a(2, 2), b(2, 2), c(2, 2);
    on.fill(a, 1);
    on.fill(b, 1);
    test::fake_device().forget();
    on.multiply(Op::plain, Op::plain, T(1), a, b, T(0), c);
    return test::fake_device().products.at(0);
  };
  CHECK(asked(Cuda<float>()).precision == CUBLAS_COMPUTE_32F_PEDANTIC);
  CHECK(asked(Cuda<float>({.products = CudaProducts::tf32})).precision == CUBLAS_COMPUTE_32F_FAST_TF32);
  CHECK(asked(Cuda<float>({.products = CudaProducts::bf16})).precision == CUBLAS_COMPUTE_32F_FAST_16BF);
  CHECK(asked(Cuda<float>({.products = CudaProducts::bf16})).type == CUDA_R_32F);
  CHECK(asked(Cuda<double>()).precision == CUBLAS_COMPUTE_64F);
  CHECK(asked(Cuda<double>()).type == CUDA_R_64F);
}

TEST_CASE("sizes beyond what cuBLAS supports are refused", "[cuda]") {
  const Index large = Index(1) << 31;
  const View<const float, CudaMemory> a(nullptr, 1, large, 1), b(nullptr, large, 1, large);
  const View<float, CudaMemory> c(nullptr, 1, 1, 1);
  CHECK_THROWS_AS(detail::cuda_product<float>(Op::plain, Op::plain, 1, a, b, 0, c), ShapeError);
}

TEST_CASE("empty products are not requested", "[cuda]") {
  CudaMatrix<float> a(0, 2), b(2, 3), c(0, 3);
  test::fake_device().forget();
  Cuda<float>().multiply(Op::plain, Op::plain, 1, a, b, 0, c);
  CHECK(test::fake_device().products.empty());
}
