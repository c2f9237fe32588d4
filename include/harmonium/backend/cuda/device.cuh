/// \file
/// A device as seen by the backend's own files: its stream, cuBLAS, and their errors as exceptions. Needs the
/// headers of CUDA and cuBLAS, but not nvcc.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "memory.hpp"

namespace harmonium::detail {

/// \throws CudaError the type that corresponds to `code`
[[noreturn]] void fail_cuda(cudaError_t code, const std::string& doing);
/// \throws CudaError unless all went well
void check_cuda(cudaError_t code, const char* doing);
/// \throws CudaError unless all went well
void check_cublas(cublasStatus_t status, const char* doing);

class CudaGraphs;

/// Pinned host memory, from which copies proceed while the host continues.
class CudaStage {
 public:
  /// A buffer of `bytes` bytes; waits until the last copy from this stage is done. \throws CudaError
  void* room(std::size_t bytes);
  /// Marks its copy as submitted to the stream. \throws CudaError
  void leaves(cudaStream_t stream) const { check_cuda(cudaEventRecord(done_, stream), "copying"); }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  cudaEvent_t done_ = nullptr;
};

/// Created once for each device that is used, and never destroyed, since static matrices may outlive it.
struct CudaDevice {
  explicit CudaDevice(int number);

  /// Directs cuBLAS's work to this stream. The workspace is our own, since recorded work must not allocate
  /// memory; it is set again each time, since cuBLAS resets it with the stream.
  void multiply_on(cudaStream_t stream_) const {
    check_cublas(cublasSetStream(blas, stream_), "starting cuBLAS");
    check_cublas(cublasSetWorkspace(blas, workspace, workspace_bytes), "starting cuBLAS");
  }

  static constexpr std::size_t workspace_bytes = 32u << 20;  ///< what cuBLAS recommends for recent devices
  cudaStream_t stream = nullptr;                             ///< runs all work, in order
  cudaStream_t aside = nullptr;                              ///< runs nothing, only records
  cublasHandle_t blas = nullptr;
  void* workspace = nullptr;
  void* scratch = nullptr;             ///< see `cuda_scratch`
  std::mutex multiplying;              ///< for `blas`: one thread at a time may use it
  std::mutex launching;                ///< for `graphs`
  std::shared_ptr<CudaGraphs> graphs;  ///< of steps that have occurred before
  std::mutex staging;                  ///< for `stages`
  CudaStage stages[2];                 ///< filled and copied alternately
  int stage = 0;
};

/// Initializes the device and makes it the calling thread's.
CudaDevice& cuda_device_at(int number);

}  // namespace harmonium::detail
