/// \file
/// Device memory as plain values, and the few functions that access a device. Plain C++; the implementation
/// is in harmonium/cuda/runtime.cu.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "../../core/view.hpp"
#include "errors.hpp"

namespace harmonium {

/// Memory of a CUDA device, which the host cannot read or write.
struct CudaMemory {};

/// How many CUDA devices a program could use; 0 where there is no driver. Never throws.
int cuda_device_count() noexcept;
/// Name, memory and compute capability of the calling thread's device, as readable text.
/// \throws CudaError if there is none
std::string cuda_device_name();
/// Selects the device for the calling thread's matrices and backends from now on; the default is device 0.
/// \throws ValueError if no device has this number \throws CudaError if there is no device at all
void use_cuda_device(int number);

namespace detail {

/// A device and the single stream that runs all of its work in order.
struct CudaQueue {
  int device = 0;
  void* stream = nullptr;  ///< a cudaStream_t
};

/// The calling thread's device, initialized. \throws CudaError if there is none, or it can't be used
int current_cuda_device();
/// Makes the device the calling thread's and returns its queue.
CudaQueue cuda_queue(int device);
/// Memory from the device's pool, usable by later work in its queue. \throws CudaOutOfMemory
void* cuda_allocate(std::size_t bytes, int device);
/// Returns memory to the pool once the queue reaches this point.
void cuda_release(void* memory, int device) noexcept;
/// Capacity of `cuda_scratch`, in numbers.
inline constexpr Index cuda_scratch_numbers = 1 << 15;
/// The device's scratch memory for partial sums, for use within one `CudaStep`. \throws CudaError
double* cuda_scratch(CudaQueue queue);
/// Waits until all of the queue's work is done. \throws CudaKernelError if some of it failed
void cuda_synchronize(CudaQueue queue);

/// Queues a launch of a kernel with `cuda_threads` threads per block on one argument of `bytes` bytes; `what`
/// is for error messages. \throws CudaError
void cuda_launch(CudaQueue queue, const void* kernel, Index blocks, const void* argument, std::size_t bytes,
                 const char* what);

/// Threads per block.
inline constexpr int cuda_threads = 256;

/// While it lives, the work that the calling thread submits to devices is collected; it is handed over at the
/// end, or before anything waits. Nested steps are parts of the outermost one.
class CudaStep {
 public:
  CudaStep();
  CudaStep(const CudaStep&) = delete;
  CudaStep& operator=(const CudaStep&) = delete;
  /// If `end` was not called because of an exception, the collected work is submitted all the same.
  ~CudaStep();
  /// Submits the collected work. \throws CudaError
  void end();

 private:
  bool open_ = true;
};

enum class CudaCopy { to_device, to_host, on_device };
/// Copies `columns` columns of `bytes` bytes, which start `to_distance` and `from_distance` bytes apart.
/// Copies to and from the host return when done; copies on the device are queued.
void cuda_copy(CudaQueue queue, CudaCopy direction, void* to, std::size_t to_distance, const void* from,
               std::size_t from_distance, std::size_t bytes, Index columns);

/// Copies columns to the device, like `cuda_copy`; write(first, count, to) writes them block by block, one
/// after another. Returns when all are written; the copies are queued.
void cuda_upload(CudaQueue queue, void* to, std::size_t to_distance, std::size_t bytes, Index columns,
                 const std::function<void(Index, Index, void*)>& write);

template <class T, class M, class N>
void cuda_copy(CudaQueue queue, CudaCopy direction, View<T, M> to, View<const T, N> from) {
  if (to.size() == 0) return;
  cuda_copy(queue, direction, to.data, static_cast<std::size_t>(to.leading_dimension) * sizeof(T), from.data,
            static_cast<std::size_t>(from.leading_dimension) * sizeof(T),
            static_cast<std::size_t>(to.rows) * sizeof(T), to.cols);
}

}  // namespace detail

/// A column-major matrix that owns device memory: a value that can be copied and moved. Its numbers are
/// undefined until set.
template <class T>
class CudaMatrix {
 public:
  using Memory = CudaMemory;  ///< where its numbers are stored

  CudaMatrix() = default;
  /// Allocated on the calling thread's device. \throws CudaError if there is no device, or not enough memory
  CudaMatrix(Index rows, Index cols) : rows_(rows), cols_(cols) {
    if (rows > 0 && cols > 0) {
      device_ = detail::current_cuda_device();
      data_ = static_cast<T*>(detail::cuda_allocate(
          static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols) * sizeof(T), device_));
    }
  }
  /// Takes over the memory.
  CudaMatrix(CudaMatrix&& other) noexcept { swap(other); }
  /// The same; releases its own memory.
  CudaMatrix& operator=(CudaMatrix&& other) noexcept {
    CudaMatrix moved(std::move(other));
    swap(moved);
    return *this;
  }
  /// Copies within the device.
  CudaMatrix(const CudaMatrix& other) : rows_(other.rows_), cols_(other.cols_), device_(other.device_) {
    if (other.data_ == nullptr) return;
    const auto bytes = static_cast<std::size_t>(rows_ * cols_) * sizeof(T);
    data_ = static_cast<T*>(detail::cuda_allocate(bytes, device_));
    detail::cuda_copy(detail::cuda_queue(device_), detail::CudaCopy::on_device, View<T, CudaMemory>(*this),
                      View<const T, CudaMemory>(other));
  }
  /// The same; allocates nothing if the shapes agree.
  CudaMatrix& operator=(const CudaMatrix& other) {
    if (this == &other) return *this;
    if (data_ != nullptr && other.data_ != nullptr && rows_ == other.rows_ && cols_ == other.cols_ &&
        device_ == other.device_) {
      detail::cuda_copy(detail::cuda_queue(device_), detail::CudaCopy::on_device, View<T, CudaMemory>(*this),
                        View<const T, CudaMemory>(other));
    } else {
      CudaMatrix copy(other);
      swap(copy);
    }
    return *this;
  }
  ~CudaMatrix() {
    if (data_ != nullptr) detail::cuda_release(data_, device_);
  }

  /// An address on the device.
  T* data() { return data_; }
  const T* data() const { return data_; }      ///< the same, read-only
  Index rows() const { return rows_; }         ///< numbers in a column
  Index cols() const { return cols_; }         ///< columns
  Index outerStride() const { return rows_; }  ///< distance between columns
  int device() const { return device_; }       ///< number of its device

 private:
  void swap(CudaMatrix& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(rows_, other.rows_);
    std::swap(cols_, other.cols_);
    std::swap(device_, other.device_);
  }

  T* data_ = nullptr;
  Index rows_ = 0, cols_ = 0;
  int device_ = 0;
};

}  // namespace harmonium
