/// \file
/// Matrix products in cuBLAS's terms: sizes, strides and transposes, computed by a plain function that can be
/// tested without a device.
#pragma once

#include <limits>

#include "../backend.hpp"
#include "memory.hpp"

namespace harmonium {

/// The precision of the factors when a device multiplies in single precision. Weights and sums are stored in
/// single precision in any case, and states of 0 and 1 are exact in all of these.
enum class CudaProducts {
  exact,  ///< single precision throughout
  tf32,   ///< factors rounded to 10 bits after the point: tensor cores
  bf16    ///< factors rounded to 7 bits after the point: tensor cores, fastest
};

namespace detail {

/// c (m x n) = alpha op(a) op(b) + beta c, where op(a) is m x k; all column-major.
template <class T>
struct CudaProduct {
  bool transpose_a, transpose_b;
  int m, n, k;
  T alpha;
  const T* a;
  int distance_a;
  const T* b;
  int distance_b;
  T beta;
  T* c;
  int distance_c;
};

/// \throws ShapeError if a size exceeds what cuBLAS can count
template <class T>
CudaProduct<T> cuda_product(Op op_a, Op op_b, T alpha, View<const T, CudaMemory> a,
                            View<const T, CudaMemory> b, T beta, View<T, CudaMemory> c) {
  const auto narrow = [](Index size) {
    check<ShapeError>(size <= std::numeric_limits<int>::max(), "multiply: a matrix has a size of ", size,
                      ", cuBLAS supports at most ", std::numeric_limits<int>::max());
    return static_cast<int>(size);
  };
  const auto distance = [&](Index size) { return narrow(size < 1 ? 1 : size); };  // cuBLAS rejects 0
  return {.transpose_a = op_a == Op::transposed,
          .transpose_b = op_b == Op::transposed,
          .m = narrow(c.rows),
          .n = narrow(c.cols),
          .k = narrow(op_a == Op::plain ? a.cols : a.rows),
          .alpha = alpha,
          .a = a.data,
          .distance_a = distance(a.leading_dimension),
          .b = b.data,
          .distance_b = distance(b.leading_dimension),
          .beta = beta,
          .c = c.data,
          .distance_c = distance(c.leading_dimension)};
}

/// Queues the product.
void cuda_multiply(CudaQueue queue, CudaProducts products, const CudaProduct<float>& product);
void cuda_multiply(CudaQueue queue, CudaProducts products, const CudaProduct<double>& product);

}  // namespace detail
}  // namespace harmonium
