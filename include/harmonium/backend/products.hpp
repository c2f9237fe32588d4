/// \file
/// Matrix products on the calling thread alone: by Eigen, or in single precision by oneDNN or OpenBLAS if the
/// build links one and defines HARMONIUM_ONEDNN or HARMONIUM_OPENBLAS (with CMake: HARMONIUM_BLAS).
#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "../core/host_matrix.hpp"
#include "backend.hpp"

#if defined(HARMONIUM_ONEDNN)
#include <dnnl.h>
#if __has_include(<pthread.h>)
#include <pthread.h>
#include <csignal>
#endif
#if __has_include(<omp.h>)
#include <omp.h>
#else
extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int);
#endif
#elif defined(HARMONIUM_OPENBLAS)
extern "C" void cblas_sgemm(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
                            float*, int);
extern "C" void openblas_set_num_threads(int);
#endif

namespace harmonium {

/// Name of the library that multiplies matrices in single precision.
inline constexpr const char* product_library =
#if defined(HARMONIUM_ONEDNN)
    "oneDNN";
#elif defined(HARMONIUM_OPENBLAS)
    "OpenBLAS";
#else
    "Eigen";
#endif

namespace detail {

template <class T>
using EigenMap = Eigen::Map<HostMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <class T>
using ConstEigenMap = Eigen::Map<const HostMatrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;

/// A view as Eigen sees matrices.
template <class T>
ConstEigenMap<T> eigen_map(View<const T> x) {
  return {x.data, x.rows, x.cols, Eigen::OuterStride<>(x.leading_dimension)};
}

/// c += alpha op(a) op(b), as an Eigen expression.
template <class T>
void add_product_expression(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, View<T> c) {
  const ConstEigenMap<T> left = eigen_map(a), right = eigen_map(b);
  EigenMap<T> result(c.data, c.rows, c.cols, Eigen::OuterStride<>(c.leading_dimension));
  if (op_a == Op::transposed) {
    result.noalias() += alpha * (left.transpose() * right);
  } else if (op_b == Op::plain) {
    result.noalias() += alpha * (left * right);
  } else {
    result.noalias() += alpha * (left * right.transpose());
  }
}

/// The same, column by column of c: for few columns, and for products too small to repay a kernel's packing.
template <class T>
void add_product_by_columns(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, View<T> c) {
  constexpr Index width = 32;  // parallel sums, which compilers vectorise
  const auto dot = [](const T* x, const T* y, Index count) {
    T parts[width] = {}, sum = 0;
    Index i = 0;
    for (; i + width <= count; i += width)
      for (Index l = 0; l < width; ++l) parts[l] += x[i + l] * y[i + l];
    for (; i < count; ++i) sum += x[i] * y[i];
    for (const T part : parts) sum += part;
    return sum;
  };
  for (Index j = 0; j < c.cols; ++j) {
    T* to = c.column(j);
    if (op_a == Op::transposed) {
      for (Index i = 0; i < c.rows; ++i) to[i] += alpha * dot(a.column(i), b.column(j), a.rows);
      continue;
    }
    const auto factor = [&](Index k) { return alpha * (op_b == Op::plain ? b(k, j) : b(j, k)); };
    Index k = 0;
    for (; k + 4 <= a.cols; k += 4) {  // c is read and written once per four columns
      const T f0 = factor(k), f1 = factor(k + 1), f2 = factor(k + 2), f3 = factor(k + 3);
      const T *x0 = a.column(k), *x1 = a.column(k + 1), *x2 = a.column(k + 2), *x3 = a.column(k + 3);
      for (Index i = 0; i < c.rows; ++i) to[i] += f0 * x0[i] + f1 * x1[i] + f2 * x2[i] + f3 * x3[i];
    }
    for (; k < a.cols; ++k) {
      const T f = factor(k);
      const T* x = a.column(k);
      for (Index i = 0; i < c.rows; ++i) to[i] += f * x[i];
    }
  }
}

/// Eigen's own kernel, as in version 3.4; it is not part of the documented interface.
template <Op op_a, Op op_b, class T>
using EigenKernel = Eigen::internal::general_matrix_matrix_product<
    Index, T, op_a == Op::plain ? Eigen::ColMajor : Eigen::RowMajor, false, T,
    op_b == Op::plain ? Eigen::ColMajor : Eigen::RowMajor, false, Eigen::ColMajor, 1>;
template <class T>
using EigenBlocking = Eigen::internal::gemm_blocking_space<Eigen::ColMajor, T, T, Eigen::Dynamic,
                                                           Eigen::Dynamic, Eigen::Dynamic>;
template <class Kernel, class T>
concept KnownEigenKernel = requires(Index n, const T* in, T* out, EigenBlocking<T>& blocking) {
  Kernel::run(n, n, n, in, n, in, n, out, n, n, *in, blocking, nullptr);
};

/// The same by Eigen's kernel, if it has the expected signature. An expression instantiates all other kinds
/// of products as well, which takes four times as long to compile.
template <Op op_a, Op op_b, class T>
void add_product_by_kernel(T alpha, View<const T> a, View<const T> b, View<T> c) {
  using Kernel = EigenKernel<op_a, op_b, T>;
  if constexpr (KnownEigenKernel<Kernel, T>) {
    const Index depth = op_a == Op::plain ? a.cols : a.rows;
    EigenBlocking<T> blocking(c.rows, c.cols, depth, 1, true);
    Kernel::run(c.rows, c.cols, depth, a.data, a.leading_dimension, b.data, b.leading_dimension, c.data,
                Index{1}, c.leading_dimension, alpha, blocking, nullptr);
  } else {
    add_product_expression(op_a, op_b, alpha, a, b, c);
  }
}

/// Is the product too small to repay a kernel's packing, or, with only a few columns or rows, bound by
/// memory?
template <class T>
bool is_small_product(Op op_a, View<const T> a, View<T> c) {
  return c.cols < 4 || (op_a == Op::transposed && c.rows < 4) || a.rows + a.cols + c.cols < 20;
}

/// c = alpha op(a) op(b) + beta c by Eigen; never both transposed. c is not read if beta is 0.
template <class T>
void multiply_by_eigen(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, T beta, View<T> c) {
  if (beta != T(1)) {
    for (Index j = 0; j < c.cols; ++j)
      for (Index i = 0; i < c.rows; ++i) c(i, j) = beta == T(0) ? T(0) : beta * c(i, j);
  }
  if (c.size() == 0 || a.size() == 0) return;
  if (is_small_product(op_a, a, c)) {
    add_product_by_columns(op_a, op_b, alpha, a, b, c);
  } else if (op_a == Op::transposed) {  // three cases, not four, to compile less
    add_product_by_kernel<Op::transposed, Op::plain>(alpha, a, b, c);
  } else if (op_b == Op::plain) {
    add_product_by_kernel<Op::plain, Op::plain>(alpha, a, b, c);
  } else {
    add_product_by_kernel<Op::plain, Op::transposed>(alpha, a, b, c);
  }
}

#if defined(HARMONIUM_ONEDNN)
/// Blocks signals on the calling thread: oneDNN's kernels use the stack pointer as a general register, so a
/// handler that runs in the middle of one (for Ctrl-C, a timer, a profiler) would overwrite the heap.
#if __has_include(<pthread.h>)
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};
#else
struct SignalsHeld {};
#endif

/// The product by oneDNN. Returns false if it declines.
inline bool multiply_by_library(Op op_a, Op op_b, float alpha, View<const float> a, View<const float> b,
                                float beta, View<float> c) {
  // oneDNN would distribute the product over OpenMP's threads; the caller's setting is restored.
  struct OneThread {
    int before = omp_get_max_threads();
    OneThread() { omp_set_num_threads(1); }
    ~OneThread() { omp_set_num_threads(before); }
  } const one_thread;
  [[maybe_unused]] const SignalsHeld signals_held;
  // oneDNN is row-major: c^T = op(b)^T op(a)^T.
  const Index depth = op_a == Op::plain ? a.cols : a.rows;
  return dnnl_sgemm(op_b == Op::plain ? 'N' : 'T', op_a == Op::plain ? 'N' : 'T', c.cols, c.rows, depth,
                    alpha, b.data, b.leading_dimension, a.data, a.leading_dimension, beta, c.data,
                    c.leading_dimension) == dnnl_success;
}
#elif defined(HARMONIUM_OPENBLAS)
/// The product by OpenBLAS. Returns false if it declines.
inline bool multiply_by_library(Op op_a, Op op_b, float alpha, View<const float> a, View<const float> b,
                                float beta, View<float> c) {
  // OpenBLAS's number of threads is a process-wide setting; a build without threads ignores it.
  [[maybe_unused]] static const bool one_thread = (openblas_set_num_threads(1), true);
  constexpr int by_columns = 102, plain = 111, transposed = 112;
  const auto size = [](Index n) { return static_cast<int>(n); };
  cblas_sgemm(by_columns, op_a == Op::plain ? plain : transposed, op_b == Op::plain ? plain : transposed,
              size(c.rows), size(c.cols), size(op_a == Op::plain ? a.cols : a.rows), alpha, a.data,
              size(a.leading_dimension), b.data, size(b.leading_dimension), beta, c.data,
              size(c.leading_dimension));
  return true;
}
#endif

/// Is a product of `rows` x `cols` better split by rows, each piece using the whole of b, or by columns? Most
/// libraries pack both factors into their own layout, and the factor of the shorter side is the cheaper one
/// to pack repeatedly. oneDNN reads a plain `a` in place.
template <class T>
bool cuts_rows(Op op_a, Index rows, Index cols) {
#if defined(HARMONIUM_ONEDNN)
  if (std::same_as<T, float>) return op_a == Op::transposed || cols < 24;
#endif
  return op_a == Op::transposed || rows >= cols;
}

/// The same as `multiply_by_one_thread`, by whichever library the build has.
template <class T>
void multiply_at_once(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, T beta, View<T> c) {
#if defined(HARMONIUM_ONEDNN) || defined(HARMONIUM_OPENBLAS)
  if constexpr (std::same_as<T, float>) {
    if (!is_small_product(op_a, a, c) && a.size() > 0 &&
        multiply_by_library(op_a, op_b, alpha, a, b, beta, c))
      return;
  }
#endif
  multiply_by_eigen(op_a, op_b, alpha, a, b, beta, c);
}

/// The largest number of samples over which a library adds by itself.
inline constexpr Index block_samples = 1024;

/// c = alpha op(a) op(b) + beta c; never both transposed. c is not read if beta is 0. In a op(b)^T, the
/// statistics of samples, blocks of samples are added in double precision: libraries add one partial sum
/// after another, and over a million samples their rounding errors add up.
template <class T>
void multiply_by_one_thread(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, T beta, View<T> c) {
  const Index samples = op_b == Op::transposed ? a.cols : 0;
  if (std::same_as<T, double> || samples <= block_samples)
    return multiply_at_once(op_a, op_b, alpha, a, b, beta, c);
  HostMatrix<T> part(c.rows, c.cols);
  HostMatrix<double> sum = HostMatrix<double>::Zero(c.rows, c.cols);
  for (Index first = 0; first < samples; first += block_samples) {
    const Index count = std::min(block_samples, samples - first);
    multiply_at_once(op_a, op_b, alpha, a.columns(first, count), b.columns(first, count), T(0),
                     View<T>(part));
    sum += part.template cast<double>();
  }
  for (Index j = 0; j < c.cols; ++j)
    for (Index i = 0; i < c.rows; ++i) {
      const double before = beta == T(0) ? 0 : static_cast<double>(beta * c(i, j));
      c(i, j) = static_cast<T>(before + sum(i, j));
    }
}

}  // namespace detail
}  // namespace harmonium
