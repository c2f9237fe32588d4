// A CUDA device played by the host: launches are walked block by block and thread by thread, and
// fake_cuda.cpp stands in for the CUDA runtime and for cuBLAS. All else is the backend's own code.
#pragma once

#include <harmonium/backend/cuda/operations.hpp>
#include <string>
#include <vector>

namespace test {

using harmonium::Index;

/// What a fake device was asked for since `forget`, and how it is to behave.
struct FakeDevice {
  int count = 1, current = 0;           ///< devices there are, and the calling thread's
  int capability = 90;                  ///< ten times its compute capability
  int pools = 1;                        ///< does it have memory pools?
  int driver = 13000, runtime = 13000;  ///< versions
  int fails = 0;                        ///< what the next call of `failing` answers, a cudaError_t
  std::string failing;                  ///< name of a call
  int cublas_fails = 0;                 ///< what the next product answers, a cublasStatus_t
  Index most_blocks = 3;                ///< launches have no more blocks, so that they are walked

  /// Copies are those from and to the host.
  Index launches = 0, copies = 0, waits = 0, allocations = 0, live = 0;
  struct Product {
    bool transpose_a, transpose_b;
    int m, n, k, distance_a, distance_b, distance_c, type, precision;
  };
  std::vector<Product> products;
  void forget() {
    launches = copies = waits = allocations = 0;
    products.clear();
  }
};
FakeDevice& fake_device();

}  // namespace test

namespace harmonium::detail {

template <class Pass>
void launch_pass(CudaQueue, const Pass& pass, const char* what) {
  if (pass.items() <= 0) return;
  test::FakeDevice& device = test::fake_device();
  ++device.launches;
  const Index blocks = std::min(cuda_blocks(pass.items()), device.most_blocks);
  for (Index block = 0; block < blocks; ++block)
    for (Index thread = 0; thread < cuda_threads; ++thread)
      walk(pass, block * cuda_threads + thread, blocks * cuda_threads);
  cuda_check_launch(what);
}

template <class Pass>
void launch_reduction(CudaQueue, const Pass& pass, const char* what) {
  if (pass.pieces() <= 0) return;
  test::FakeDevice& device = test::fake_device();
  ++device.launches;
  const Index blocks = std::min(pass.pieces(), device.most_blocks);
  double sums[cuda_threads];
  for (Index block = 0; block < blocks; ++block)
    for (Index piece = block; piece < pass.pieces(); piece += blocks) {
      for (int t = 0; t < cuda_threads; ++t) sums[t] = pass.part(piece, t, cuda_threads);
      for (int half = cuda_threads / 2; half >= Pass::width; half /= 2)
        for (int t = 0; t < half; ++t) sums[t] += sums[t + half];
      for (int t = 0; t < Pass::width; ++t) pass.finish(piece, t, sums[t]);
    }
  cuda_check_launch(what);
}

}  // namespace harmonium::detail
