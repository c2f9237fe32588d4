// A CUDA device simulated on the host: launches run block by block and thread by thread, and fake_cuda.cpp
// stands in for the CUDA runtime and for cuBLAS. Everything else is the backend's own code.
#pragma once

#include <functional>
#include <harmonium/backend/cuda/operations.hpp>
#include <string>
#include <vector>

namespace test {

using harmonium::Index;

/// What has been requested from a fake device since `forget`, and how it should behave.
struct FakeDevice {
  int count = 1, current = 0;           ///< number of devices, and the calling thread's
  int capability = 90;                  ///< ten times its compute capability
  int pools = 1;                        ///< does it have memory pools?
  bool graphs = true;                   ///< can it create graphs?
  int driver = 13000, runtime = 13000;  ///< versions
  int fails = 0;                        ///< what the next call of `failing` returns, a cudaError_t
  std::string failing;                  ///< name of a call
  int cublas_fails = 0;                 ///< what the next product returns, a cublasStatus_t
  Index most_blocks = 3;                ///< per launch, so that threads have to loop

  /// Copies are those from and to the host; launches are those of single kernels, and graphs have their own
  /// counts.
  Index launches = 0, copies = 0, waits = 0, allocations = 0, live = 0;
  Index graphs_made = 0, graph_launches = 0, graphs_live = 0, arguments_set = 0;
  struct Product {
    bool transpose_a, transpose_b;
    int m, n, k, distance_a, distance_b, distance_c, type, precision;
  };
  std::vector<Product> products;
  void forget() {
    launches = copies = waits = allocations = 0;
    graphs_made = graph_launches = arguments_set = 0;
    products.clear();
  }
};
FakeDevice& fake_device();
/// Forgets all known steps and resets the counts.
void forget_steps();

}  // namespace test

namespace harmonium::detail {

// What the fake runtime uses as a kernel: returns the work for a number of blocks and an argument, which is
// copied.
using FakeKernel = std::function<void()>(Index blocks, const void* argument);

template <class Pass>
std::function<void()> walk_pass(Index asked, const void* argument) {
  return [asked, pass = *static_cast<const Pass*>(argument)] {
    const Index blocks = std::min(asked, test::fake_device().most_blocks);
    for (Index block = 0; block < blocks; ++block)
      for (Index thread = 0; thread < cuda_threads; ++thread)
        walk(pass, block * cuda_threads + thread, blocks * cuda_threads);
  };
}

template <class Pass>
std::function<void()> walk_reduction(Index asked, const void* argument) {
  return [asked, pass = *static_cast<const Pass*>(argument)] {
    const Index blocks = std::min(asked, test::fake_device().most_blocks);
    double sums[cuda_threads];
    for (Index block = 0; block < blocks; ++block)
      for (Index piece = block; piece < pass.pieces(); piece += blocks) {
        for (int t = 0; t < cuda_threads; ++t) sums[t] = pass.part(piece, t, cuda_threads);
        for (int left = cuda_threads / 2; left >= Pass::width; left /= 2)
          for (int t = 0; t < left; ++t) sums[t] += sums[t + left];
        for (int t = 0; t < Pass::width; ++t) pass.finish(piece, t, sums[t]);
      }
  };
}

template <class Pass>
const void* pass_kernel() {
  return reinterpret_cast<const void*>(static_cast<FakeKernel*>(&walk_pass<Pass>));
}
template <class Pass>
const void* reduction_kernel() {
  return reinterpret_cast<const void*>(static_cast<FakeKernel*>(&walk_reduction<Pass>));
}

}  // namespace harmonium::detail
