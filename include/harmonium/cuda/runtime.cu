/// \file
/// Devices, their memory, copies, products and errors: everything that speaks to the CUDA runtime and to
/// cuBLAS but for the kernels. Has no device code of its own, so that the tests can compile it by any
/// compiler and run it on stand-ins for both libraries.
#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <sstream>
#include <vector>

#include "../backend/cuda/memory.hpp"
#include "../backend/cuda/products.hpp"

namespace harmonium {

namespace {

std::string version(int number) {  // 13000 is 13.0
  return std::to_string(number / 1000) + '.' + std::to_string(number % 1000 / 10);
}

std::string architecture(int device) {
  int major = 0, minor = 0;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return std::to_string(10 * major + minor);
}

[[noreturn]] void fail(cudaError_t code, const std::string& doing) {
  static_cast<void>(cudaGetLastError());  // what can be forgotten is
  const std::string said = "Cuda: " + doing + ": " + cudaGetErrorString(code);
  int device = 0, driver = 0, runtime = 0;
  switch (code) {
    case cudaErrorNoDevice:
      throw NoCudaDevice(
          said +
          "; there is a driver but no device that this program may use: look at `nvidia-smi` and "
          "CUDA_VISIBLE_DEVICES, or compute with Cpu");
    case cudaErrorDevicesUnavailable:
      throw NoCudaDevice(said + "; another program holds the device: wait for it, or compute with Cpu");
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
      cudaDriverGetVersion(&driver);
      cudaRuntimeGetVersion(&runtime);
      if (driver == 0)
        throw NoCudaDevice(said +
                           "; there is no NVIDIA driver on this machine: install one, or compute with Cpu");
      throw CudaDriverError(said + "; the driver knows CUDA " + version(driver) +
                            ", the program was built with " + version(runtime) +
                            ": install a newer driver, or build with an older toolkit");
    case cudaErrorMemoryAllocation:
      throw CudaOutOfMemory(said + "; a smaller batch, fewer chains or a smaller model needs less");
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorInvalidKernelImage:
    case cudaErrorUnsupportedPtxVersion:
      cudaGetDevice(&device);
      throw UnsupportedCudaDevice(said + "; the program has no code for this device, sm_" +
                                  architecture(device) +
                                  ": build with CMAKE_CUDA_ARCHITECTURES=" + architecture(device));
    default:
      throw CudaKernelError(
          said + " (" + cudaGetErrorName(code) +
          "); start the program anew, under `compute-sanitizer` to see where it comes from");
  }
}

void check_cuda(cudaError_t code, const char* doing) {
  if (code != cudaSuccess) fail(code, doing);
}

void check_cublas(cublasStatus_t status, const char* doing) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const std::string said = std::string("Cuda: ") + doing + ": " + cublasGetStatusString(status);
  if (status == CUBLAS_STATUS_ALLOC_FAILED)
    throw CudaOutOfMemory(said + "; a smaller batch, fewer chains or a smaller model needs less");
  if (status == CUBLAS_STATUS_ARCH_MISMATCH)
    throw UnsupportedCudaDevice(said + "; cuBLAS does not know this device: another version of it may");
  throw CudaKernelError(said +
                        "; start the program anew, under `compute-sanitizer` to see where it comes from");
}

// What is made once for each device that is used, and never undone: static matrices may outlive it.
struct Device {
  cudaStream_t stream = nullptr;
  cublasHandle_t blas = nullptr;
  std::mutex multiplying;  // a handle is for one thread at a time

  explicit Device(int number) {
    int major = 0, minor = 0, pools = 0;
    check_cuda(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number),
               "asking the device");
    check_cuda(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, number),
               "asking the device");
    check_cuda(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, number), "asking the device");
    check<UnsupportedCudaDevice>(10 * major + minor >= 75, "Cuda: the device has compute capability ", major,
                                 '.', minor,
                                 ", at least 7.5 is needed: use a newer one, or compute with Cpu");
    check<UnsupportedCudaDevice>(pools != 0,
                                 "Cuda: the device's driver has no memory pools (as virtual GPUs without "
                                 "unified memory): use another device, or compute with Cpu");
    check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
    cudaMemPool_t pool = nullptr;
    check_cuda(cudaDeviceGetDefaultMemPool(&pool, number), "asking for the memory pool");
    std::uint64_t keep = UINT64_MAX;  // what was given back once is at hand the next time
    check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep),
               "setting the memory pool");
    check_cublas(cublasCreate(&blas), "starting cuBLAS");
    check_cublas(cublasSetStream(blas, stream), "starting cuBLAS");
    constexpr std::size_t bytes = 32u << 20;  // what cuBLAS advises for new devices
    void* workspace = nullptr;
    check_cuda(cudaMallocAsync(&workspace, bytes, stream), "taking memory for cuBLAS");
    check_cublas(cublasSetWorkspace(blas, workspace, bytes), "starting cuBLAS");
  }
};

Device& device_at(int number) {
  static std::mutex guard;
  static auto& devices = *new std::vector<std::unique_ptr<Device>>;
  check_cuda(cudaSetDevice(number), "choosing the device");
  const std::lock_guard lock(guard);
  const auto place = static_cast<std::size_t>(number);
  if (devices.size() <= place) devices.resize(place + 1);
  if (!devices[place]) devices[place] = std::make_unique<Device>(number);
  return *devices[place];
}

int count_devices() {
  int count = 0;
  check_cuda(cudaGetDeviceCount(&count), "looking for a device");
  if (count == 0) fail(cudaErrorNoDevice, "looking for a device");
  return count;
}

template <class T>
void multiply(detail::CudaQueue queue, const detail::CudaProduct<T>& p, cudaDataType_t type,
              cublasComputeType_t precision) {
  Device& device = device_at(queue.device);
  const std::lock_guard lock(device.multiplying);
  check_cublas(cublasGemmEx(device.blas, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
                            p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, p.m, p.n, p.k, &p.alpha, p.a, type,
                            p.distance_a, p.b, type, p.distance_b, &p.beta, p.c, type, p.distance_c,
                            precision, CUBLAS_GEMM_DEFAULT),
               "multiply");
}

}  // namespace

int cuda_device_count() noexcept {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());
  return 0;
}

std::string cuda_device_name() {
  const int number = detail::current_cuda_device();
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, number), "asking the device");
  std::ostringstream text;
  text << properties.name << ", " << (properties.totalGlobalMem >> 20) << " MB, sm_" << architecture(number);
  return text.str();
}

void use_cuda_device(int number) {
  const int count = count_devices();
  check<ValueError>(number >= 0 && number < count, "use_cuda_device: number is ", number, ", expected 0 to ",
                    count - 1);
  device_at(number);
}

namespace detail {

int current_cuda_device() {
  count_devices();
  int number = 0;
  check_cuda(cudaGetDevice(&number), "looking for a device");
  device_at(number);
  return number;
}

CudaQueue cuda_queue(int device) { return {device, device_at(device).stream}; }

void* cuda_allocate(std::size_t bytes, int device) {
  void* memory = nullptr;
  const cudaError_t code = cudaMallocAsync(&memory, bytes, device_at(device).stream);
  if (code == cudaErrorMemoryAllocation) {
    std::size_t left = 0, all = 0;
    cudaMemGetInfo(&left, &all);
    std::ostringstream doing;
    doing << "taking " << bytes << " bytes (the device has " << all << ", of which " << left
          << " are free outside of the program's pool)";
    fail(code, doing.str());
  }
  check_cuda(code, "taking memory");
  return memory;
}

void cuda_release(void* memory, int device) noexcept {
  try {
    static_cast<void>(cudaFreeAsync(memory, device_at(device).stream));
  } catch (...) {  // the device is lost, and its memory with it
  }
}

void cuda_synchronize(CudaQueue queue) {
  check_cuda(cudaStreamSynchronize(static_cast<cudaStream_t>(queue.stream)), "waiting for the device");
}

void cuda_check_launch(const char* what) { check_cuda(cudaGetLastError(), what); }

void cuda_copy(CudaQueue queue, CudaCopy direction, void* to, std::size_t to_distance, const void* from,
               std::size_t from_distance, std::size_t bytes, Index columns) {
  const auto kind = direction == CudaCopy::to_device ? cudaMemcpyHostToDevice
                    : direction == CudaCopy::to_host ? cudaMemcpyDeviceToHost
                                                     : cudaMemcpyDeviceToDevice;
  const auto stream = static_cast<cudaStream_t>(queue.stream);
  if (columns == 1 || (to_distance == bytes && from_distance == bytes)) {
    check_cuda(cudaMemcpyAsync(to, from, bytes * static_cast<std::size_t>(columns), kind, stream), "copying");
  } else {
    check_cuda(cudaMemcpy2DAsync(to, to_distance, from, from_distance, bytes,
                                 static_cast<std::size_t>(columns), kind, stream),
               "copying");
  }
  if (direction != CudaCopy::on_device) cuda_synchronize(queue);
}

void cuda_multiply(CudaQueue queue, CudaProducts products, const CudaProduct<float>& product) {
  multiply(queue, product, CUDA_R_32F,
           products == CudaProducts::tf32   ? CUBLAS_COMPUTE_32F_FAST_TF32
           : products == CudaProducts::bf16 ? CUBLAS_COMPUTE_32F_FAST_16BF
                                            : CUBLAS_COMPUTE_32F_PEDANTIC);
}

void cuda_multiply(CudaQueue queue, CudaProducts /*products*/, const CudaProduct<double>& product) {
  multiply(queue, product, CUDA_R_64F, CUBLAS_COMPUTE_64F);
}

}  // namespace detail
}  // namespace harmonium
