/// \file
/// The work of devices: launches, copies and products, submitted one by one or as a step.
#include <algorithm>
#include <utility>

#include "../backend/cuda/graphs.cuh"
#include "../backend/cuda/products.hpp"

namespace harmonium::detail {

namespace {

// What the calling thread has collected.
struct OpenStep {
  int depth = 0;  // number of nested open steps
  int device = 0;
  CudaWork work;
};

OpenStep& open_step() {
  thread_local OpenStep step;
  return step;
}

void do_launch(cudaStream_t stream, const CudaLaunch& p, void* argument) {
  check_cuda(cudaLaunchKernel(p.kernel, dim3(p.blocks), dim3(cuda_threads), &argument, 0, stream), p.what);
}

void do_copy(cudaStream_t stream, const CudaDeviceCopy& p, cudaMemcpyKind kind) {
  if (p.columns == 1 || (p.to_distance == p.bytes && p.from_distance == p.bytes)) {
    check_cuda(cudaMemcpyAsync(p.to, p.from, p.bytes * p.columns, kind, stream), "copying");
  } else {
    check_cuda(
        cudaMemcpy2DAsync(p.to, p.to_distance, p.from, p.from_distance, p.bytes, p.columns, kind, stream),
        "copying");
  }
}

void do_product(CudaDevice& device, cudaStream_t stream, const CudaGemm& p) {
  const bool wide = p.type == CUDA_R_64F;
  const auto narrow_alpha = static_cast<float>(p.alpha), narrow_beta = static_cast<float>(p.beta);
  const void* const alpha = wide ? static_cast<const void*>(&p.alpha) : &narrow_alpha;
  const void* const beta = wide ? static_cast<const void*>(&p.beta) : &narrow_beta;
  const std::lock_guard lock(device.multiplying);
  if (stream != device.stream) device.multiply_on(stream);
  const cublasStatus_t status =
      cublasGemmEx(device.blas, p.op_a, p.op_b, p.m, p.n, p.k, alpha, p.a, p.type, p.distance_a, p.b, p.type,
                   p.distance_b, beta, p.c, p.type, p.distance_c, p.precision, CUBLAS_GEMM_DEFAULT);
  if (stream != device.stream) device.multiply_on(device.stream);
  check_cublas(status, "multiply");
}

// The work of the open step, which switches to this queue's device; null if no step is open.
CudaWork* open_work(CudaQueue queue) {
  OpenStep& step = open_step();
  if (step.depth == 0) return nullptr;
  if (step.device != queue.device) hand_over_step();
  step.device = queue.device;
  return &step.work;
}

// Adds a piece to the open step, or else to the queue.
void ask(CudaQueue queue, const CudaWork::Piece& piece) {
  if (CudaWork* const work = open_work(queue)) {
    work->add(piece);
  } else {
    hand_over(cuda_device_at(queue.device), static_cast<cudaStream_t>(queue.stream), piece, nullptr);
  }
}

template <class T>
CudaGemm gemm(const CudaProduct<T>& p, cudaDataType_t type, cublasComputeType_t precision) {
  return {p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
          p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
          p.m,
          p.n,
          p.k,
          static_cast<double>(p.alpha),
          static_cast<double>(p.beta),
          p.a,
          p.b,
          p.c,
          p.distance_a,
          p.distance_b,
          p.distance_c,
          type,
          precision};
}

}  // namespace

void hand_over(CudaDevice& device, cudaStream_t stream, const CudaWork::Piece& piece, void* argument) {
  if (const auto* launch = std::get_if<CudaLaunch>(&piece)) do_launch(stream, *launch, argument);
  if (const auto* copy = std::get_if<CudaDeviceCopy>(&piece))
    do_copy(stream, *copy, cudaMemcpyDeviceToDevice);
  if (const auto* product = std::get_if<CudaGemm>(&piece)) do_product(device, stream, *product);
}

void hand_over_step() {
  OpenStep& step = open_step();
  if (step.work.pieces().empty()) return;
  CudaWork work = std::move(step.work);  // so that it is submitted only once, even after an error
  step.work.clear();
  CudaDevice& device = cuda_device_at(step.device);
  {
    const std::lock_guard lock(device.launching);
    device.graphs->run(device, work);
  }
  work.clear();
  step.work = std::move(work);  // reuses its memory
}

CudaStep::CudaStep() { ++open_step().depth; }

CudaStep::~CudaStep() {
  if (!open_) return;
  try {
    end();
  } catch (...) {  // the first exception takes precedence
  }
}

void CudaStep::end() {
  open_ = false;
  if (--open_step().depth == 0) hand_over_step();
}

void cuda_launch(CudaQueue queue, const void* kernel, Index blocks, const void* argument, std::size_t bytes,
                 const char* what) {
  const CudaLaunch launch{kernel, static_cast<unsigned>(blocks), 0, bytes, what};
  if (CudaWork* const work = open_work(queue)) {
    work->add(launch, argument);
  } else {
    do_launch(static_cast<cudaStream_t>(queue.stream), launch, const_cast<void*>(argument));
  }
}

void cuda_multiply(CudaQueue queue, CudaProducts products, const CudaProduct<float>& product) {
  ask(queue, gemm(product, CUDA_R_32F,
                  products == CudaProducts::tf32   ? CUBLAS_COMPUTE_32F_FAST_TF32
                  : products == CudaProducts::bf16 ? CUBLAS_COMPUTE_32F_FAST_16BF
                                                   : CUBLAS_COMPUTE_32F_PEDANTIC));
}

void cuda_multiply(CudaQueue queue, CudaProducts /*products*/, const CudaProduct<double>& product) {
  ask(queue, gemm(product, CUDA_R_64F, CUBLAS_COMPUTE_64F));
}

void cuda_copy(CudaQueue queue, CudaCopy direction, void* to, std::size_t to_distance, const void* from,
               std::size_t from_distance, std::size_t bytes, Index columns) {
  const CudaDeviceCopy piece{to, to_distance, from, from_distance, bytes, static_cast<std::size_t>(columns)};
  if (direction == CudaCopy::on_device) {
    ask(queue, piece);
    return;
  }
  hand_over_step();
  do_copy(static_cast<cudaStream_t>(queue.stream), piece,
          direction == CudaCopy::to_device ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost);
  cuda_synchronize(queue);
}

void cuda_upload(CudaQueue queue, void* to, std::size_t to_distance, std::size_t bytes, Index columns,
                 const std::function<void(Index, Index, void*)>& write) {
  constexpr std::size_t block = 4u << 20;  // one block is written while another is copied
  hand_over_step();
  CudaDevice& device = cuda_device_at(queue.device);
  const std::lock_guard lock(device.staging);
  const Index each = std::max<Index>(1, static_cast<Index>(block / bytes));
  for (Index first = 0; first < columns; first += each) {
    const Index count = std::min(each, columns - first);
    CudaStage& stage = device.stages[device.stage];
    device.stage = 1 - device.stage;
    void* const from = stage.room(std::max(block, bytes));
    write(first, count, from);
    do_copy(device.stream,
            {static_cast<char*>(to) + static_cast<std::size_t>(first) * to_distance, to_distance, from, bytes,
             bytes, static_cast<std::size_t>(count)},
            cudaMemcpyHostToDevice);
    stage.leaves(device.stream);
  }
}

void cuda_synchronize(CudaQueue queue) {
  hand_over_step();
  check_cuda(cudaStreamSynchronize(static_cast<cudaStream_t>(queue.stream)), "waiting for the device");
}

}  // namespace harmonium::detail
