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
const void* pass_kernel() {
  return reinterpret_cast<const void*>(&run_pass<Pass>);
}

template <class Pass>
const void* reduction_kernel() {
  return reinterpret_cast<const void*>(&run_reduction<Pass>);
}

}  // namespace harmonium::detail
