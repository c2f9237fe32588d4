/// \file
/// Matrix products by the calling thread alone: Eigen's, or oneDNN's or OpenBLAS's in single precision where
/// the build links one and defines HARMONIUM_ONEDNN or HARMONIUM_OPENBLAS (with CMake: HARMONIUM_BLAS).
#pragma once

#include <Eigen/Core>

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

/// What multiplies matrices in single precision, by name.
inline constexpr const char* product_library =
#if defined(HARMONIUM_ONEDNN)
    "oneDNN";
#elif defined(HARMONIUM_OPENBLAS)
    "OpenBLAS";
#else
    "Eigen";
#endif

namespace detail {

/// c = alpha op(a) op(b) + beta c by Eigen; never both transposed.
template <class T>
void multiply_by_eigen(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, T beta, View<T> c) {
  using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using Mapped = Eigen::Map<Dense, Eigen::Unaligned, Eigen::OuterStride<>>;
  using ConstMapped = Eigen::Map<const Dense, Eigen::Unaligned, Eigen::OuterStride<>>;
  const ConstMapped left(a.data, a.rows, a.cols, Eigen::OuterStride<>(a.leading_dimension));
  const ConstMapped right(b.data, b.rows, b.cols, Eigen::OuterStride<>(b.leading_dimension));
  Mapped result(c.data, c.rows, c.cols, Eigen::OuterStride<>(c.leading_dimension));
  if (beta == T(0)) {
    result.setZero();
  } else if (beta != T(1)) {
    result *= beta;
  }
  // Three cases and not four: Eigen's products are most of a program's compile time.
  if (op_a == Op::transposed) {
    result.noalias() += alpha * (left.transpose() * right);
  } else if (op_b == Op::plain) {
    result.noalias() += alpha * (left * right);
  } else {
    result.noalias() += alpha * (left * right.transpose());
  }
}

#if defined(HARMONIUM_ONEDNN)
/// Keeps signals from the calling thread: oneDNN's kernels put the stack pointer to uses of their own, and a
/// handler that runs in the middle of one (of Ctrl-C, a timer, a profiler) overwrites the heap.
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

/// The same by oneDNN. False if it declines.
inline bool multiply_by_library(Op op_a, Op op_b, float alpha, View<const float> a, View<const float> b,
                                float beta, View<float> c) {
  // oneDNN would share the product out among OpenMP's threads; the caller's setting is given back.
  struct OneThread {
    int before = omp_get_max_threads();
    OneThread() { omp_set_num_threads(1); }
    ~OneThread() { omp_set_num_threads(before); }
  } const one_thread;
  [[maybe_unused]] const SignalsHeld signals_held;
  // It counts by rows: c^T = op(b)^T op(a)^T.
  const Index depth = op_a == Op::plain ? a.cols : a.rows;
  return dnnl_sgemm(op_b == Op::plain ? 'N' : 'T', op_a == Op::plain ? 'N' : 'T', c.cols, c.rows, depth,
                    alpha, b.data, b.leading_dimension, a.data, a.leading_dimension, beta, c.data,
                    c.leading_dimension) == dnnl_success;
}
#elif defined(HARMONIUM_OPENBLAS)
/// The same by OpenBLAS. False if it declines.
inline bool multiply_by_library(Op op_a, Op op_b, float alpha, View<const float> a, View<const float> b,
                                float beta, View<float> c) {
  // Its threads are a setting of the whole process; a build of it without threads ignores this.
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

/// Is a product of `rows` x `cols` better cut between rows, each piece with the whole of b, or between
/// columns? Most libraries copy both factors into an order of their own: the shorter side's is the cheaper
/// one to copy again. oneDNN reads a plain `a` where it lies.
template <class T>
bool cuts_rows(Op op_a, Index rows, Index cols) {
#if defined(HARMONIUM_ONEDNN)
  if (std::same_as<T, float>) return op_a == Op::transposed || cols < 24;
#endif
  return op_a == Op::transposed || rows >= cols;
}

/// c = alpha op(a) op(b) + beta c; never both transposed. With beta 0, c is not read.
template <class T>
void multiply_by_one_thread(Op op_a, Op op_b, T alpha, View<const T> a, View<const T> b, T beta, View<T> c) {
#if defined(HARMONIUM_ONEDNN) || defined(HARMONIUM_OPENBLAS)
  if constexpr (std::same_as<T, float>) {
    // Products with a vector are a matter of memory, where Eigen is as fast.
    const bool matrices = c.rows > 1 && c.cols > 1 && a.size() > 0 && b.size() > 0;
    if (matrices && multiply_by_library(op_a, op_b, alpha, a, b, beta, c)) return;
  }
#endif
  multiply_by_eigen(op_a, op_b, alpha, a, b, beta, c);
}

}  // namespace detail
}  // namespace harmonium
