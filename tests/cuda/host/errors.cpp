// The runtime's errors as exceptions: a type for each situation, with advice.
#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <harmonium/cuda.hpp>
#include <string>

#include "../../support/catch.hpp"
#include "stand_in.hpp"

using namespace harmonium;

namespace {

// The message of a call if the fake runtime's `failing` returns `code`; the type must be E itself.
template <class E, class F>
std::string says(const char* failing, int code, F call) {
  test::FakeDevice& device = test::fake_device();
  device.failing = failing;
  device.fails = code;
  std::string text = "nothing was thrown";
  try {
    call();
  } catch (const CudaError& error) {
    CHECK(typeid(error) == typeid(E));
    text = error.what();
  }
  device.failing.clear();
  return text;
}

bool has(const std::string& text, const char* part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a missing device or an old driver is reported", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const auto backend = [] { Cuda<float>(); };
  CHECK(has(says<NoCudaDevice>("cudaGetDeviceCount", cudaErrorNoDevice, backend), "CUDA_VISIBLE_DEVICES"));
  CHECK(has(says<NoCudaDevice>("cudaSetDevice", cudaErrorDevicesUnavailable, backend), "another program"));
  device.count = 0;
  CHECK(has(says<NoCudaDevice>("", 0, backend), "compute with Cpu"));
  CHECK(cuda_device_count() == 0);
  device.count = 1;
  device.driver = 0;
  CHECK(has(says<NoCudaDevice>("cudaGetDeviceCount", cudaErrorInsufficientDriver, backend),
            "no NVIDIA driver on this machine"));
  device.driver = 12040;
  CHECK(has(says<CudaDriverError>("cudaGetDeviceCount", cudaErrorInsufficientDriver, backend),
            "the driver supports CUDA 12.4, the program was built with 13.0"));
  device.driver = 13000;
  device.failing = "cudaGetDeviceCount";
  device.fails = cudaErrorInsufficientDriver;
  CHECK(cuda_device_count() == 0);
  CHECK(cuda_device_count() == 1);
}

TEST_CASE("a device that is too old or without pools is refused, and later ones are not", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  device.count = 4;
  device.capability = 70;
  CHECK(has(says<UnsupportedCudaDevice>("", 0, [] { use_cuda_device(2); }), "capability 7.0"));
  device.capability = 90;
  device.pools = 0;
  CHECK(has(says<UnsupportedCudaDevice>("", 0, [] { use_cuda_device(2); }), "memory pools"));
  device.pools = 1;
  CHECK_NOTHROW(use_cuda_device(2));
  CHECK(Cuda<float>().device() == 2);
  CHECK(CudaMatrix<float>(1, 1).device() == 2);
  CHECK_THROWS_AS(use_cuda_device(4), ValueError);
  CHECK_THROWS_AS(use_cuda_device(-1), ValueError);
  use_cuda_device(0);
  device.count = 1;
  CHECK(cuda_device_name() == "a host in disguise, 3072 MB, sm_90");
}

TEST_CASE("an error about exhausted memory says how much there is", "[cuda]") {
  const auto matrix = [] { CudaMatrix<double>(3, 5); };
  const std::string text = says<CudaOutOfMemory>("cudaMallocAsync", cudaErrorMemoryAllocation, matrix);
  CHECK(has(text, "120 bytes (the device has 5000, of which 1000"));
  CHECK(has(text, "a smaller batch"));
  CHECK_NOTHROW(matrix());
}

TEST_CASE("an error about a device without code says how to build for it", "[cuda]") {
  const auto launch = [] {
    CudaMatrix<float> x(2, 2);
    Cuda<float>().fill(x, 1);
  };
  for (const auto code : {cudaErrorNoKernelImageForDevice, cudaErrorUnsupportedPtxVersion})
    CHECK(has(says<UnsupportedCudaDevice>("cudaLaunchKernel", code, launch), "CMAKE_CUDA_ARCHITECTURES=90"));
}

TEST_CASE("an error about a failed kernel says where, and what to do", "[cuda]") {
  const Cuda<float> cuda;
  CudaMatrix<float> x(2, 2);
  const auto launch = [&] { cuda.fill(x, 1); };
  CHECK(has(says<CudaKernelError>("cudaLaunchKernel", cudaErrorIllegalAddress, launch), "Cuda: fill: "));
  const auto wait = [&] { cuda.synchronize(); };
  CHECK(
      has(says<CudaKernelError>("cudaStreamSynchronize", cudaErrorLaunchFailure, wait), "compute-sanitizer"));
  const auto sum = [&] { cuda.sum(detail::IdentityBody{}, View<const float, CudaMemory>(x)); };
  CHECK(has(says<CudaKernelError>("cudaMemcpyAsync", cudaErrorIllegalAddress, sum), "copying"));
}

TEST_CASE("cuBLAS's errors are told apart as well", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const auto product = [] {
    CudaMatrix<float> a(2, 2), b(2, 2), c(2, 2);
    Cuda<float>().multiply(Op::plain, Op::plain, 1, a, b, 0, c);
  };
  device.cublas_fails = CUBLAS_STATUS_ALLOC_FAILED;
  CHECK(has(says<CudaOutOfMemory>("", 0, product), "multiply"));
  device.cublas_fails = CUBLAS_STATUS_ARCH_MISMATCH;
  CHECK(has(says<UnsupportedCudaDevice>("", 0, product), "another version"));
  device.cublas_fails = CUBLAS_STATUS_EXECUTION_FAILED;
  CHECK(has(says<CudaKernelError>("", 0, product), "multiply"));
  CHECK_NOTHROW(product());
}

TEST_CASE("narrow products of double precision are refused", "[cuda]") {
  CHECK_THROWS_AS(Cuda<double>({.products = CudaProducts::tf32}), ValueError);
}

TEST_CASE("memory is released quietly when the device is lost", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  {
    CudaMatrix<float> x(2, 2);
    device.failing = "cudaSetDevice";
    device.fails = cudaErrorIllegalAddress;
  }
  CHECK(device.failing.empty());
}
