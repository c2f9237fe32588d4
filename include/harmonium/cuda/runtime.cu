/// \file
/// Devices, their memory, and their errors. Like work.cu, it contains no device code, so that the tests can
/// compile both with any compiler and run them on stand-ins for the CUDA runtime and cuBLAS.
#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <sstream>
#include <vector>

#include "../backend/cuda/graphs.cuh"

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

}  // namespace

namespace detail {

void fail_cuda(cudaError_t code, const std::string& doing) {
  static_cast<void>(cudaGetLastError());  // clears the error, unless it is sticky
  const std::string said = "Cuda: " + doing + ": " + cudaGetErrorString(code);
  int device = 0, driver = 0, runtime = 0;
  switch (code) {
    case cudaErrorNoDevice:
      throw NoCudaDevice(
          said +
          "; there is a driver but no device that this program can use: check `nvidia-smi` and "
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
      throw CudaDriverError(said + "; the driver supports CUDA " + version(driver) +
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
      throw CudaKernelError(said + " (" + cudaGetErrorName(code) +
                            "); restart the program, under `compute-sanitizer` to find the cause");
  }
}

void check_cuda(cudaError_t code, const char* doing) {
  if (code != cudaSuccess) fail_cuda(code, doing);
}

void check_cublas(cublasStatus_t status, const char* doing) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const std::string said = std::string("Cuda: ") + doing + ": " + cublasGetStatusString(status);
  if (status == CUBLAS_STATUS_ALLOC_FAILED)
    throw CudaOutOfMemory(said + "; a smaller batch, fewer chains or a smaller model needs less");
  if (status == CUBLAS_STATUS_ARCH_MISMATCH)
    throw UnsupportedCudaDevice(said + "; cuBLAS does not support this device: another version of it may");
  throw CudaKernelError(said + "; restart the program, under `compute-sanitizer` to find the cause");
}

CudaDevice::CudaDevice(int number) {
  int major = 0, minor = 0, pools = 0;
  check_cuda(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number),
             "querying the device");
  check_cuda(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, number),
             "querying the device");
  check_cuda(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, number), "querying the device");
  check<UnsupportedCudaDevice>(10 * major + minor >= 75, "Cuda: the device has compute capability ", major,
                               '.', minor, ", at least 7.5 is needed: use a newer one, or compute with Cpu");
  check<UnsupportedCudaDevice>(pools != 0,
                               "Cuda: the device's driver has no memory pools (like virtual GPUs without "
                               "unified memory): use another device, or compute with Cpu");
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  check_cuda(cudaStreamCreateWithFlags(&aside, cudaStreamNonBlocking), "creating a stream");
  cudaMemPool_t pool = nullptr;
  check_cuda(cudaDeviceGetDefaultMemPool(&pool, number), "getting the memory pool");
  std::uint64_t keep = UINT64_MAX;  // the pool keeps released memory for later use
  check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep),
             "configuring the memory pool");
  check_cublas(cublasCreate(&blas), "starting cuBLAS");
  check_cuda(cudaMallocAsync(&workspace, workspace_bytes, stream), "allocating memory for cuBLAS");
  check_cuda(cudaMallocAsync(&scratch, cuda_scratch_numbers * sizeof(double), stream),
             "allocating memory for sums");
  multiply_on(stream);
  graphs = std::make_shared<CudaGraphs>();
}

void* CudaStage::room(std::size_t bytes) {
  if (done_ == nullptr)
    check_cuda(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming), "creating an event");
  check_cuda(cudaEventSynchronize(done_), "copying");
  if (bytes_ < bytes) {
    if (memory_ != nullptr) check_cuda(cudaFreeHost(std::exchange(memory_, nullptr)), "freeing host memory");
    bytes_ = 0;
    check_cuda(cudaMallocHost(&memory_, bytes), "allocating host memory for copies");
    bytes_ = bytes;
  }
  return memory_;
}

CudaDevice& cuda_device_at(int number) {
  static std::mutex guard;
  static auto& devices = *new std::vector<std::unique_ptr<CudaDevice>>;
  check_cuda(cudaSetDevice(number), "choosing the device");
  const std::lock_guard lock(guard);
  const auto place = static_cast<std::size_t>(number);
  if (devices.size() <= place) devices.resize(place + 1);
  if (!devices[place]) devices[place] = std::make_unique<CudaDevice>(number);
  return *devices[place];
}

}  // namespace detail

namespace {

using detail::check_cuda;
using detail::fail_cuda;

int count_devices() {
  int count = 0;
  check_cuda(cudaGetDeviceCount(&count), "looking for a device");
  if (count == 0) fail_cuda(cudaErrorNoDevice, "looking for a device");
  return count;
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
  check_cuda(cudaGetDeviceProperties(&properties, number), "querying the device");
  std::ostringstream text;
  text << properties.name << ", " << (properties.totalGlobalMem >> 20) << " MB, sm_" << architecture(number);
  return text.str();
}

void use_cuda_device(int number) {
  const int count = count_devices();
  check<ValueError>(number >= 0 && number < count, "use_cuda_device: number is ", number, ", expected 0 to ",
                    count - 1);
  detail::cuda_device_at(number);
}

namespace detail {

int current_cuda_device() {
  count_devices();
  int number = 0;
  check_cuda(cudaGetDevice(&number), "looking for a device");
  cuda_device_at(number);
  return number;
}

double* cuda_scratch(CudaQueue queue) { return static_cast<double*>(cuda_device_at(queue.device).scratch); }

CudaQueue cuda_queue(int device) { return {device, cuda_device_at(device).stream}; }

void* cuda_allocate(std::size_t bytes, int device) {
  void* memory = nullptr;
  const cudaError_t code = cudaMallocAsync(&memory, bytes, cuda_device_at(device).stream);
  if (code == cudaErrorMemoryAllocation) {
    std::size_t left = 0, all = 0;
    cudaMemGetInfo(&left, &all);
    std::ostringstream doing;
    doing << "allocating " << bytes << " bytes (the device has " << all << ", of which " << left
          << " are free outside of the program's pool)";
    fail_cuda(code, doing.str());
  }
  check_cuda(code, "allocating memory");
  return memory;
}

void cuda_release(void* memory, int device) noexcept {
  try {
    hand_over_step();  // it may use the memory
    static_cast<void>(cudaFreeAsync(memory, cuda_device_at(device).stream));
  } catch (...) {  // the device is lost, and so is its memory
  }
}

}  // namespace detail
}  // namespace harmonium
