// Stands in for the parts of the CUDA runtime and of cuBLAS that the backend calls. Device memory is memory
// of the host that is known by its address; products are done as the BLAS standard says.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

// The backend's own side of these calls.
#include <harmonium/cuda/runtime.cu>

#include "stand_in.hpp"

namespace test {

FakeDevice& fake_device() {
  static FakeDevice device;
  return device;
}

namespace {

std::map<const char*, std::size_t>& blocks() {
  static std::map<const char*, std::size_t> all;
  return all;
}

// Does a block of device memory hold these bytes?
bool on_device(const void* memory, std::size_t bytes) {
  const auto* first = static_cast<const char*>(memory);
  auto next = blocks().upper_bound(first);
  if (next == blocks().begin()) return false;
  --next;
  return first + bytes <= next->first + next->second;
}

cudaError_t answer(const char* call) {
  FakeDevice& device = fake_device();
  if (device.failing != call) return cudaSuccess;
  device.failing.clear();
  return static_cast<cudaError_t>(device.fails);
}

template <class T>
cublasStatus_t multiply(bool transpose_a, bool transpose_b, int m, int n, int k, T alpha, const T* a,
                        Index lda, const T* b, Index ldb, T beta, T* c, Index ldc) {
  if (lda < std::max(1, transpose_a ? k : m) || ldb < std::max(1, transpose_b ? n : k) ||
      ldc < std::max(1, m))
    return CUBLAS_STATUS_INVALID_VALUE;
  const auto reach = [](Index rows, Index cols, Index distance) {
    return rows == 0 || cols == 0 ? 0 : static_cast<std::size_t>((cols - 1) * distance + rows) * sizeof(T);
  };
  if (!on_device(a, reach(transpose_a ? k : m, transpose_a ? m : k, lda)) ||
      !on_device(b, reach(transpose_b ? n : k, transpose_b ? k : n, ldb)) || !on_device(c, reach(m, n, ldc)))
    return CUBLAS_STATUS_EXECUTION_FAILED;
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < m; ++i) {
      double sum = 0;
      for (Index l = 0; l < k; ++l)
        sum += static_cast<double>(a[transpose_a ? l + i * lda : i + l * lda]) *
               static_cast<double>(b[transpose_b ? j + l * ldb : l + j * ldb]);
      T& out = c[i + j * ldc];
      out = alpha * static_cast<T>(sum) + (beta == T(0) ? T(0) : beta * out);
    }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace
}  // namespace test

using test::answer;
using test::fake_device;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = fake_device().count;
  return answer("cudaGetDeviceCount");
}
cudaError_t cudaGetDevice(int* number) {
  *number = fake_device().current;
  return answer("cudaGetDevice");
}
cudaError_t cudaSetDevice(int number) {
  fake_device().current = number;
  return answer("cudaSetDevice");
}
cudaError_t cudaGetLastError() { return answer("cudaGetLastError"); }
const char* cudaGetErrorString(cudaError_t) { return "words of the runtime"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorOfSomeKind"; }
cudaError_t cudaDriverGetVersion(int* version) {
  *version = fake_device().driver;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = fake_device().runtime;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  const test::FakeDevice& device = fake_device();
  *value = attribute == cudaDevAttrComputeCapabilityMajor   ? device.capability / 10
           : attribute == cudaDevAttrComputeCapabilityMinor ? device.capability % 10
                                                            : device.pools;
  return answer("cudaDeviceGetAttribute");
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::strcpy(properties->name, "a host in disguise");
  properties->totalGlobalMem = std::size_t{3} << 30;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = nullptr;
  return answer("cudaStreamCreateWithFlags");
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  ++fake_device().waits;
  return answer("cudaStreamSynchronize");
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = nullptr;
  return cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemGetInfo(std::size_t* left, std::size_t* all) {
  *left = 1000;
  *all = 5000;
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
  if (const cudaError_t code = answer("cudaMallocAsync"); code != cudaSuccess) return code;
  ++fake_device().allocations;
  ++fake_device().live;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xcd, bytes);  // fresh memory holds no zeros
  test::blocks()[static_cast<const char*>(*memory)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t) {
  if (test::blocks().erase(static_cast<const char*>(memory)) == 0) return cudaErrorInvalidValue;
  --fake_device().live;
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_distance, const void* from, std::size_t from_distance,
                              std::size_t bytes, std::size_t columns, cudaMemcpyKind kind, cudaStream_t) {
  if (kind != cudaMemcpyDeviceToDevice) ++fake_device().copies;
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  if (to_distance < bytes || from_distance < bytes) return cudaErrorInvalidPitchValue;
  if (test::on_device(to, (columns - 1) * to_distance + bytes) != to_device ||
      test::on_device(from, (columns - 1) * from_distance + bytes) != from_device)
    return cudaErrorInvalidValue;
  for (std::size_t c = 0; c < columns; ++c)
    std::memcpy(static_cast<char*>(to) + c * to_distance, static_cast<const char*>(from) + c * from_distance,
                bytes);
  return answer("cudaMemcpyAsync");
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}

const char* cublasGetStatusString(cublasStatus_t) { return "words of cuBLAS"; }
cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, std::size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasGemmEx(cublasHandle_t, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n,
                            int k, const void* alpha, const void* a, cudaDataType type_a, int lda,
                            const void* b, cudaDataType type_b, int ldb, const void* beta, void* c,
                            cudaDataType type_c, int ldc, cublasComputeType_t precision, cublasGemmAlgo_t) {
  if (const int status = std::exchange(fake_device().cublas_fails, 0); status != 0)
    return static_cast<cublasStatus_t>(status);
  if (type_a != type_b || type_a != type_c) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool t_a = op_a == CUBLAS_OP_T, t_b = op_b == CUBLAS_OP_T;
  fake_device().products.push_back({t_a, t_b, m, n, k, lda, ldb, ldc, type_a, precision});
  const auto go = [&]<class T>(T) {
    return test::multiply(t_a, t_b, m, n, k, *static_cast<const T*>(alpha), static_cast<const T*>(a), lda,
                          static_cast<const T*>(b), ldb, *static_cast<const T*>(beta), static_cast<T*>(c),
                          ldc);
  };
  return type_a == CUDA_R_64F ? go(double()) : go(float());
}

}  // extern "C"
