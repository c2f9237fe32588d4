/// \file
/// The interface of the CUDA backend: plain C++ that needs neither nvcc nor CUDA headers. What it calls is
/// compiled once, by nvcc, in the target harmonium::cuda: element-wise operations for the bodies, rules and
/// unit types named there (harmonium/cuda/). Your own unit types have their own .cu file (cuda/unit.cuh).
///
/// All work on a device is queued on one stream in the order of the calls; only `sum` and `download` wait for
/// it. Trainers submit a batch's work in one go, which then runs as one CUDA graph (`as_one`).
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "backend.hpp"
#include "cuda/compiled.hpp"
#include "cuda/memory.hpp"
#include "cuda/pass.hpp"
#include "cuda/products.hpp"

namespace harmonium {

namespace detail {

/// The device code of each operation: declared here, defined in backend/cuda/operations.hpp.
template <class T>
struct CudaBasics {
  static void fill(CudaQueue queue, CudaOut<T> x, T value);
  static void store(CudaQueue queue, View<const T> host, CudaOut<T> x);
  static void scale_columns(CudaQueue queue, CudaOut<T> x, CudaIn<T> weights);
  static void dot_columns(CudaQueue queue, T factor, CudaIn<T> x, CudaIn<T> y, CudaOut<T> out);
  static void column_norms(CudaQueue queue, CudaIn<T> x, CudaOut<T> out);
};
template <class From, class T>
struct CudaGather {
  static void run(CudaQueue queue, CudaIn<From> table, std::span<const Index> columns, T scale, CudaOut<T> x);
};
template <class Body, class T>
struct CudaTransform {
  static void run(CudaQueue queue, const Body& body, CudaIn<T> parameters, Index group, CudaIn<T> input,
                  CudaIn<T> other, CudaOut<T> x, Draws draws, Index first_row);
};
template <class Body, class T>
struct CudaSumOverUnits {
  static void run(CudaQueue queue, const Body& body, CudaIn<T> parameters, Index group, CudaIn<T> x, T factor,
                  CudaOut<T> out);
};
template <class Body, class T>
struct CudaSumOverSamples {
  static void run(CudaQueue queue, const Body& body, CudaIn<T> parameters, CudaIn<T> x, CudaIn<T> weights,
                  CudaOut<T> out);
};
template <class Body, class T>
struct CudaWeigh {
  static void run(CudaQueue queue, const Body& body, CudaIn<T> parameters, CudaIn<T> input, CudaIn<T> weights,
                  CudaOut<T> x, CudaOut<T> out);
};
template <class Rule, class T, int others>
struct CudaUpdate {
  static void run(CudaQueue queue, const Rule& rule, CudaOut<T> x, const CudaOut<T>* other);
};
template <class Body, class T, int matrices>
struct CudaSum {
  static double run(CudaQueue queue, const Body& body, const CudaIn<T>* matrix);
};

}  // namespace detail

/// How a device computes.
struct CudaOptions {
  CudaProducts products = CudaProducts::exact;  ///< precision of single-precision products
};

/// Computes on a CUDA device, in `float` by default, or in `double`. A cheap value that holds the device's
/// number and its options.
template <class Scalar_ = float>
class Cuda {
  static_assert(std::is_same_v<Scalar_, float> || std::is_same_v<Scalar_, double>,
                "Cuda computes in float or double");

 public:
  using Scalar = Scalar_;     ///< type of the numbers
  using Memory = CudaMemory;  ///< where they are stored
  template <class T>
  using Matrix = CudaMatrix<T>;               ///< models' matrices
  using Out = View<Scalar, CudaMemory>;       ///< outputs
  using In = View<const Scalar, CudaMemory>;  ///< inputs

  /// The calling thread's device. \throws CudaError if there is none, or it can't be used
  Cuda() : Cuda(CudaOptions{}) {}
  /// \throws ValueError if products in double precision are requested as anything but exact \throws CudaError
  explicit Cuda(CudaOptions options) : options_(options), device_(detail::current_cuda_device()) {
    check<ValueError>((std::is_same_v<Scalar, float>) || options.products == CudaProducts::exact,
                      "Cuda: tensor cores' narrow products are for single precision, this is double");
  }
  /// The calling thread's device.
  static Cuda all() { return {}; }
  /// The options that it was constructed with.
  const CudaOptions& options() const { return options_; }
  /// The device's number.
  int device() const { return device_; }
  /// Waits until all work submitted to the device is done: for timing and for locating errors; no algorithm
  /// needs it. \throws CudaKernelError
  void synchronize() const { detail::cuda_synchronize(queue()); }

  /// Calls work() and submits the operations in it to the device together at its end: as a CUDA graph, if
  /// they match an earlier sequence except for numbers such as rates, draws' addresses and samples.
  template <class Work>
  void as_one(const Work& work) const {
    detail::CudaStep step;
    work();
    step.end();
  }

  /// Host to device, without waiting: up to 64 KB travel in kernel arguments, more is copied from pinned
  /// memory.
  template <class T>
  void upload(View<const T> from, View<T, CudaMemory> to) const {
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      if (travels(to)) {
        detail::CudaBasics<T>::store(queue(), from, to);
        return;
      }
    }
    write_columns(to, [&](Index c, T* out) { std::copy_n(from.column(c), from.rows, out); });
  }
  /// The same, for arguments that convert to views.
  void upload(View<const Scalar> from, Out to) const { upload<Scalar>(from, to); }
  /// Device to host; waits for all earlier work.
  template <class T>
  void download(View<const T, CudaMemory> from, View<T> to) const {
    detail::cuda_copy(queue(), detail::CudaCopy::to_host, to, from);
  }
  /// The same, for arguments that convert to views.
  void download(In from, View<Scalar> to) const { download<Scalar>(from, to); }
  /// to = from, on the device; the shapes are equal.
  template <class T>
  void copy(View<const T, CudaMemory> from, View<T, CudaMemory> to) const {
    detail::cuda_copy(queue(), detail::CudaCopy::on_device, to, from);
  }
  /// The same, for arguments that convert to views.
  void copy(In from, Out to) const { copy<Scalar>(from, to); }
  /// Sets all numbers of x to `value`.
  void fill(Out x, Scalar value) const { detail::CudaBasics<Scalar>::fill(queue(), x, value); }

  /// c = alpha op(a) op(b) + beta c, by cuBLAS.
  void multiply(Op op_a, Op op_b, Scalar alpha, In a, In b, Scalar beta, Out c) const {
    if (c.size() == 0) return;
    detail::cuda_multiply(queue(), options_.products,
                          detail::cuda_product<Scalar>(op_a, op_b, alpha, a, b, beta, c));
  }

  /// x(:, i) = scale * table(:, columns[i]) for a data set on the device (`CudaDataset`): only the column
  /// numbers leave the host.
  template <class T>
  void gather(View<const T, CudaMemory> table, std::span<const Index> columns, Scalar scale, Out x) const {
    detail::CudaGather<T, Scalar>::run(queue(), table, columns, scale, x);
  }
  /// The same for a data set on the host, converted there.
  template <class T>
  void gather(View<const T> table, std::span<const Index> columns, Scalar scale, Out x) const {
    const auto convert = [&](Index c, Scalar* to) {
      const T* from = table.column(columns[static_cast<std::size_t>(c)]);
      for (Index r = 0; r < x.rows; ++r) to[r] = static_cast<Scalar>(from[r]) * scale;
    };
    if (travels(x)) {
      std::vector<Scalar> host(static_cast<std::size_t>(x.size()));
      for (Index c = 0; c < x.cols; ++c) convert(c, host.data() + c * x.rows);
      upload(View<const Scalar>(host.data(), x.rows, x.cols, x.rows), x);
    } else {
      write_columns(x, convert);
    }
  }

  /// x = body(input + bias, other), unit by unit.
  template <class Body>
  void transform(const Body& body, In parameters, Index group, In input, In other, Out x, Draws draws,
                 Index first_row) const {
    require_compiled<Body>();
    detail::CudaTransform<Body, Scalar>::run(queue(), body, parameters, group, input, other, x, draws,
                                             first_row);
  }
  /// out(0, c) += factor * sum over units of body(x, bias).
  template <class Body>
  void sum_over_units(const Body& body, In parameters, Index group, In x, Scalar factor, Out out) const {
    require_compiled<Body>();
    detail::CudaSumOverUnits<Body, Scalar>::run(queue(), body, parameters, group, x, factor, out);
  }
  /// out(r, 0) += sum over columns c of weights(0, c) * body(x, bias).
  template <class Body>
  void sum_over_samples(const Body& body, In parameters, In x, In weights, Out out) const {
    require_compiled<Body>();
    detail::CudaSumOverSamples<Body, Scalar>::run(queue(), body, parameters, x, weights, out);
  }
  /// x(:, c) = weights(0, c) * body(input + bias), and out(r, 0) += sum over c of x(r, c), in one pass; for
  /// units of one row each and bodies that draw nothing.
  template <class Body>
  void weigh(const Body& body, In parameters, In input, In weights, Out x, Out out) const {
    require_compiled<Body>();
    detail::CudaWeigh<Body, Scalar>::run(queue(), body, parameters, input, weights, x, out);
  }
  /// x(:, c) *= weights(0, c).
  void scale_columns(Out x, In weights) const {
    detail::CudaBasics<Scalar>::scale_columns(queue(), x, weights);
  }
  /// out(0, c) += factor * sum over rows of x * y.
  void dot_columns(Scalar factor, In x, In y, Out out) const {
    detail::CudaBasics<Scalar>::dot_columns(queue(), factor, x, y, out);
  }
  /// out(0, c) = the Euclidean norm of x(:, c).
  void column_norms(In x, Out out) const { detail::CudaBasics<Scalar>::column_norms(queue(), x, out); }
  /// rule(x, others...) on each number.
  template <class Rule, class... Others>
  void update(const Rule& rule, Out x, Others... others) const {
    require_compiled<Rule>();
    constexpr int count = static_cast<int>(sizeof...(Others));
    // Matrices that a rule takes by value may be read-only: it does not write to them.
    const Out other[] = {
        x, Out(const_cast<Scalar*>(others.data), others.rows, others.cols, others.leading_dimension)...};
    detail::CudaUpdate<Rule, Scalar, count>::run(queue(), rule, x, other + 1);
  }
  /// The sum over all numbers of body(x, others...); waits for the result.
  template <class Body, class... Others>
  double sum(const Body& body, In x, Others... others) const {
    require_compiled<Body>();
    const In matrix[] = {x, In(others)...};
    return detail::CudaSum<Body, Scalar, 1 + static_cast<int>(sizeof...(Others))>::run(queue(), body, matrix);
  }

 private:
  template <class X>
  static constexpr void require_compiled() {
    static_assert(cuda_compiled<X>,
                  "there is no device code for this unit type, activation, body or rule: give it `static "
                  "constexpr bool cuda_compiled = true` and a .cu file of four lines; see "
                  "harmonium/cuda/unit.cuh");
  }
  // Is it small enough to travel in kernel arguments?
  template <class T>
  static bool travels(View<T, CudaMemory> x) {
    return x.size() * static_cast<Index>(sizeof(T)) <= 65536;
  }
  // Copies to the device what write(c, to) writes for each column.
  template <class T, class Write>
  void write_columns(View<T, CudaMemory> x, const Write& write) const {
    if (x.size() == 0) return;
    detail::cuda_upload(queue(), x.data, static_cast<std::size_t>(x.leading_dimension) * sizeof(T),
                        static_cast<std::size_t>(x.rows) * sizeof(T), x.cols,
                        [&](Index first, Index count, void* to) {
                          for (Index c = 0; c < count; ++c)
                            write(first + c, static_cast<T*>(to) + c * x.rows);
                        });
  }
  detail::CudaQueue queue() const { return detail::cuda_queue(device_); }

  CudaOptions options_;
  int device_ = 0;
};

static_assert(Backend<Cuda<float>> && Backend<Cuda<double>>);

}  // namespace harmonium
