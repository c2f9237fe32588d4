/// \file
/// A device as the backend's own files see it: its stream, cuBLAS, and what becomes of their errors. Needs
/// the headers of CUDA and cuBLAS, and no nvcc.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "memory.hpp"

namespace harmonium::detail {

/// \throws CudaError what `code` stands for
[[noreturn]] void fail_cuda(cudaError_t code, const std::string& doing);
/// \throws CudaError unless all went well
void check_cuda(cudaError_t code, const char* doing);
/// \throws CudaError unless all went well
void check_cublas(cublasStatus_t status, const char* doing);

class CudaGraphs;

/// Host memory that does not move, from where copies go on while the host does.
class CudaStage {
 public:
  /// Room for so many bytes, once the copy that was begun from here is done. \throws CudaError
  void* room(std::size_t bytes);
  /// Its copy was just asked of the stream. \throws CudaError
  void leaves(cudaStream_t stream) const { check_cuda(cudaEventRecord(done_, stream), "copying"); }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  cudaEvent_t done_ = nullptr;
};

/// What is made once for each device that is used, and never undone: static matrices may outlive it.
struct CudaDevice {
  explicit CudaDevice(int number);

  /// cuBLAS's work goes to this stream from now on. Its workspace is ours, for work that is recorded must not
  /// ask for memory; and is told again each time, for cuBLAS forgets it.
  void multiply_on(cudaStream_t stream_) const {
    check_cublas(cublasSetStream(blas, stream_), "starting cuBLAS");
    check_cublas(cublasSetWorkspace(blas, workspace, workspace_bytes), "starting cuBLAS");
  }

  static constexpr std::size_t workspace_bytes = 32u << 20;  ///< what cuBLAS advises for new devices
  cudaStream_t stream = nullptr;                             ///< where everything is done, in order
  cudaStream_t aside = nullptr;                              ///< where nothing is done, but recorded
  cublasHandle_t blas = nullptr;
  void* workspace = nullptr;
  void* scratch = nullptr;             ///< see `cuda_scratch`
  std::mutex multiplying;              ///< a handle is for one thread at a time
  std::mutex launching;                ///< and so are graphs
  std::shared_ptr<CudaGraphs> graphs;  ///< of steps that came more than once
  std::mutex staging;                  ///< and stages,
  CudaStage stages[2];                 ///< which are filled and copied by turns
  int stage = 0;
};

/// Makes the device the calling thread's, and ready.
CudaDevice& cuda_device_at(int number);

}  // namespace harmonium::detail
