// A stand-in for a backend whose memory the host cannot access: the numbers of Cpu<double> behind addresses
// that are invalid on the host. Code that accesses them directly does not compile, or crashes at once.
#pragma once

#include <cstdint>
#include <harmonium/backend/cpu.hpp>

namespace test {

using harmonium::Index;
using harmonium::View;

struct DeviceMemory {};

/// Converts to a device address and back.
template <class T>
T* flip(T* address) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(address) ^ std::uintptr_t{1} << 62);
}
/// The numbers behind a device view.
template <class T>
View<T> behind(View<T, DeviceMemory> view) {
  return {flip(view.data), view.rows, view.cols, view.leading_dimension};
}

/// A matrix without access to its elements. Fresh memory is not zero.
template <class T>
class DeviceMatrix {
 public:
  using Memory = DeviceMemory;
  DeviceMatrix() = default;
  DeviceMatrix(Index rows, Index cols) : numbers_(rows, cols) { numbers_.setConstant(T(-12345)); }
  T* data() { return flip(numbers_.data()); }
  const T* data() const { return flip(numbers_.data()); }
  Index rows() const { return numbers_.rows(); }
  Index cols() const { return numbers_.cols(); }
  Index outerStride() const { return numbers_.rows(); }

 private:
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> numbers_;
};

/// The backend. Views of device memory and of host memory are different types.
struct Device {
  using Scalar = double;
  using Memory = DeviceMemory;
  template <class T>
  using Matrix = DeviceMatrix<T>;
  using Out = View<double, DeviceMemory>;
  using In = View<const double, DeviceMemory>;

  static Device all() { return {}; }
  void upload(View<const double> from, Out to) const { host().upload(from, behind(to)); }
  void download(In from, View<double> to) const { host().download(behind(from), to); }
  void copy(In from, Out to) const { host().copy(behind(from), behind(to)); }
  void fill(Out x, double value) const { host().fill(behind(x), value); }
  void multiply(harmonium::Op op_a, harmonium::Op op_b, double alpha, In a, In b, double beta, Out c) const {
    host().multiply(op_a, op_b, alpha, behind(a), behind(b), beta, behind(c));
  }
  template <class T>
  void gather(View<const T, DeviceMemory> table, std::span<const Index> columns, double scale, Out x) const {
    host().gather(behind(table), columns, scale, behind(x));
  }
  /// A data set may be in host memory.
  template <class T>
  void gather(View<const T> table, std::span<const Index> columns, double scale, Out x) const {
    host().gather(table, columns, scale, behind(x));
  }
  template <class Body>
  void transform(const Body& body, In parameters, Index group, In input, In other, Out x,
                 harmonium::Draws draws, Index first_row) const {
    host().transform(body, behind(parameters), group, behind(input), behind(other), behind(x), draws,
                     first_row);
  }
  template <class Body>
  void sum_over_units(const Body& body, In parameters, Index group, In x, double factor, Out out) const {
    host().sum_over_units(body, behind(parameters), group, behind(x), factor, behind(out));
  }
  template <class Body>
  void sum_over_samples(const Body& body, In parameters, In x, In weights, Out out) const {
    host().sum_over_samples(body, behind(parameters), behind(x), behind(weights), behind(out));
  }
  void scale_columns(Out x, In weights) const { host().scale_columns(behind(x), behind(weights)); }
  void dot_columns(double factor, In x, In y, Out out) const {
    host().dot_columns(factor, behind(x), behind(y), behind(out));
  }
  void column_norms(In x, Out out) const { host().column_norms(behind(x), behind(out)); }
  template <class Rule, class... Others>
  void update(const Rule& rule, Out x, Others... others) const {
    host().update(rule, behind(x), behind(others)...);
  }
  template <class Body, class... Others>
  double sum(const Body& body, In x, Others... others) const {
    return host().sum(body, behind(x), behind(others)...);
  }

 private:
  static harmonium::Cpu<double> host() { return {}; }
};

static_assert(harmonium::Backend<Device>);

}  // namespace test
