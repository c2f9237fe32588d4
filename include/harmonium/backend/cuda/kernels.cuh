/// \file
/// The two kernels that run all passes. For nvcc.
#pragma once

#include <cuda_runtime.h>

#include "operations.hpp"

namespace harmonium::detail {

template <class Pass>
__global__ void __launch_bounds__(cuda_threads, 1) run_pass(const Pass pass) {
  walk(pass, static_cast<Index>(blockIdx.x) * cuda_threads + threadIdx.x,
       static_cast<Index>(gridDim.x) * cuda_threads);
}

template <class Pass>
__global__ void __launch_bounds__(cuda_threads, 1) run_reduction(const Pass pass) {
  __shared__ double sums[cuda_threads];
  const int thread = static_cast<int>(threadIdx.x);
  for (Index piece = blockIdx.x; piece < pass.pieces(); piece += gridDim.x) {
    sums[thread] = pass.part(piece, thread, cuda_threads);
    __syncthreads();
    for (int half = cuda_threads / 2; half >= Pass::width; half /= 2) {
      if (thread < half) sums[thread] += sums[thread + half];
      __syncthreads();
    }
    if (thread < Pass::width) pass.finish(piece, thread, sums[thread]);
    __syncthreads();
  }
}

template <class Pass>
void launch_pass(CudaQueue queue, const Pass& pass, const char* what) {
  if (pass.items() <= 0) return;
  run_pass<<<static_cast<unsigned>(cuda_blocks(pass.items())), cuda_threads, 0,
             static_cast<cudaStream_t>(queue.stream)>>>(pass);
  cuda_check_launch(what);
}

template <class Pass>
void launch_reduction(CudaQueue queue, const Pass& pass, const char* what) {
  if (pass.pieces() <= 0) return;
  run_reduction<<<static_cast<unsigned>(std::min(pass.pieces(), most_cuda_blocks)), cuda_threads, 0,
                  static_cast<cudaStream_t>(queue.stream)>>>(pass);
  cuda_check_launch(what);
}

}  // namespace harmonium::detail
