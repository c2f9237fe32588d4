// Stands in for the parts of the CUDA runtime and of cuBLAS that the backend calls. Device memory is host
// memory that is recognised by its address; products follow the BLAS standard. Work on a stream is done at
// once, or added to the graph that is being recorded.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

// The backend's declarations behind these calls.
#include <harmonium/cuda/graphs.cu>
#include <harmonium/cuda/runtime.cu>
#include <harmonium/cuda/work.cu>

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

using Task = std::function<cudaError_t()>;

// Stream and graph handles are addresses of these.
struct Stream {
  bool records = false;
  std::vector<Task> recorded;
};
struct Node {
  Task task;
  const void* kernel = nullptr;  // if it is a kernel
};
struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;
};
struct Ready {
  const Graph* graph;
  std::map<const void*, Task> tasks;
};
Stream& at(cudaStream_t stream) { return *reinterpret_cast<Stream*>(stream); }
Graph& at(cudaGraph_t graph) { return *reinterpret_cast<Graph*>(graph); }
Ready& at(cudaGraphExec_t graph) { return *reinterpret_cast<Ready*>(graph); }

struct Handle {
  cudaStream_t stream = nullptr;
  bool has_workspace = false;
};
Handle& at(cublasHandle_t handle) { return *reinterpret_cast<Handle*>(handle); }

cudaError_t come(cudaStream_t stream, Task task) {
  if (!at(stream).records) return task();
  at(stream).recorded.push_back(std::move(task));
  return cudaSuccess;
}

Task task_of(const void* kernel, dim3 grid, dim3 threads, void** arguments) {
  if (threads.x != harmonium::detail::cuda_threads) std::abort();
  return [kernel_task = (*reinterpret_cast<harmonium::detail::FakeKernel*>(const_cast<void*>(kernel)))(
              static_cast<Index>(grid.x), arguments[0])] {
    kernel_task();
    return cudaSuccess;
  };
}

cudaError_t add_node(cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t* before,
                     std::size_t count, Node made) {
  Graph& to = at(graph);
  // The backend's graphs are chains.
  if (count != (to.nodes.empty() ? 0u : 1u)) return cudaErrorInvalidValue;
  if (count == 1 && reinterpret_cast<Node*>(before[0]) != to.nodes.back().get()) return cudaErrorInvalidValue;
  to.nodes.push_back(std::make_unique<Node>(std::move(made)));
  *node = reinterpret_cast<cudaGraphNode_t>(to.nodes.back().get());
  return cudaSuccess;
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

void forget_steps() {
  harmonium::detail::cuda_device_at(0).graphs = std::make_shared<harmonium::detail::CudaGraphs>();
  fake_device().forget();
}

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
  *stream = reinterpret_cast<cudaStream_t>(new test::Stream);  // never freed, like the backend's
  return answer("cudaStreamCreateWithFlags");
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (test::at(stream).records) return cudaErrorStreamCaptureUnsupported;
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
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
  if (test::at(stream).records) return cudaErrorStreamCaptureUnsupported;
  if (const cudaError_t code = answer("cudaMallocAsync"); code != cudaSuccess) return code;
  ++fake_device().allocations;
  ++fake_device().live;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xcd, bytes);  // fresh memory is not zero
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
                              std::size_t bytes, std::size_t columns, cudaMemcpyKind kind,
                              cudaStream_t stream) {
  if (kind != cudaMemcpyDeviceToDevice) ++fake_device().copies;
  if (to_distance < bytes || from_distance < bytes) return cudaErrorInvalidPitchValue;
  if (const cudaError_t code = answer("cudaMemcpyAsync"); code != cudaSuccess) return code;
  return test::come(stream, [=] {
    const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
    if (test::on_device(to, (columns - 1) * to_distance + bytes) != to_device ||
        test::on_device(from, (columns - 1) * from_distance + bytes) != from_device)
      return cudaErrorInvalidValue;
    for (std::size_t c = 0; c < columns; ++c)
      std::memcpy(static_cast<char*>(to) + c * to_distance,
                  static_cast<const char*>(from) + c * from_distance, bytes);
    return cudaSuccess;
  });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  *memory = std::malloc(bytes);
  return answer("cudaMallocHost");
}
cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
// When an event is recorded, its work is already done.
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(new int);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return answer("cudaEventRecord"); }
cudaError_t cudaEventSynchronize(cudaEvent_t) { return answer("cudaEventSynchronize"); }

cudaError_t cudaLaunchKernel(const void* kernel, dim3 grid, dim3 threads, void** arguments, std::size_t,
                             cudaStream_t stream) {
  if (const cudaError_t code = answer("cudaLaunchKernel"); code != cudaSuccess) return code;
  ++fake_device().launches;
  return test::come(stream, test::task_of(kernel, grid, threads, arguments));
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (const cudaError_t code = answer("cudaStreamBeginCapture"); code != cudaSuccess) return code;
  if (std::exchange(test::at(stream).records, true)) return cudaErrorIllegalState;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  test::Stream& from = test::at(stream);
  if (!std::exchange(from.records, false)) return cudaErrorIllegalState;
  auto* made = new test::Graph;
  for (test::Task& task : from.recorded)
    made->nodes.push_back(std::make_unique<test::Node>(test::Node{std::move(task)}));
  from.recorded.clear();
  ++fake_device().graphs_live;
  *graph = reinterpret_cast<cudaGraph_t>(made);
  return cudaSuccess;
}
cudaError_t cudaGraphCreate(cudaGraph_t* graph, unsigned) {
  if (const cudaError_t code = answer("cudaGraphCreate"); code != cudaSuccess) return code;
  if (!fake_device().graphs) return cudaErrorNotSupported;
  ++fake_device().graphs_live;
  *graph = reinterpret_cast<cudaGraph_t>(new test::Graph);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  --fake_device().graphs_live;
  delete &test::at(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t* before,
                                   std::size_t count, const cudaKernelNodeParams* p) {
  if (const cudaError_t code = answer("cudaGraphAddKernelNode"); code != cudaSuccess) return code;
  return test::add_node(node, graph, before, count,
                        {test::task_of(p->func, p->gridDim, p->blockDim, p->kernelParams), p->func});
}
cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* node, cudaGraph_t graph,
                                       const cudaGraphNode_t* before, std::size_t count, cudaGraph_t child) {
  std::vector<test::Task> tasks;  // copied, since the child graph may be destroyed
  for (const auto& part : test::at(child).nodes) tasks.push_back(part->task);
  return test::add_node(node, graph, before, count, {[tasks] {
                          for (const test::Task& task : tasks)
                            if (const cudaError_t code = task(); code != cudaSuccess) return code;
                          return cudaSuccess;
                        }});
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  if (const cudaError_t code = answer("cudaGraphInstantiate"); code != cudaSuccess) return code;
  auto* made = new test::Ready{&test::at(graph), {}};
  for (const auto& node : made->graph->nodes) made->tasks[node.get()] = node->task;
  ++fake_device().graphs_made;
  ++fake_device().graphs_live;
  *ready = reinterpret_cast<cudaGraphExec_t>(made);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t ready) {
  --fake_device().graphs_live;
  delete &test::at(ready);
  return cudaSuccess;
}
cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t ready, cudaGraphNode_t node,
                                             const cudaKernelNodeParams* p) {
  if (const cudaError_t code = answer("cudaGraphExecKernelNodeSetParams"); code != cudaSuccess) return code;
  if (reinterpret_cast<test::Node*>(node)->kernel != p->func) return cudaErrorInvalidValue;
  ++fake_device().arguments_set;
  test::at(ready).tasks.at(node) = test::task_of(p->func, p->gridDim, p->blockDim, p->kernelParams);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t ready, cudaStream_t) {
  if (const cudaError_t code = answer("cudaGraphLaunch"); code != cudaSuccess) return code;
  ++fake_device().graph_launches;
  for (const auto& node : test::at(ready).graph->nodes)
    if (const cudaError_t code = test::at(ready).tasks.at(node.get())(); code != cudaSuccess) return code;
  return cudaSuccess;
}

const char* cublasGetStatusString(cublasStatus_t) { return "words of cuBLAS"; }
cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = reinterpret_cast<cublasHandle_t>(new test::Handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  test::at(handle) = {stream, false};  // resets the workspace, as documented
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  test::at(handle).has_workspace = test::on_device(workspace, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                            int n, int k, const void* alpha, const void* a, cudaDataType type_a, int lda,
                            const void* b, cudaDataType type_b, int ldb, const void* beta, void* c,
                            cudaDataType type_c, int ldc, cublasComputeType_t precision, cublasGemmAlgo_t) {
  if (const int status = std::exchange(fake_device().cublas_fails, 0); status != 0)
    return static_cast<cublasStatus_t>(status);
  if (!test::at(handle).has_workspace) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (type_a != type_b || type_a != type_c) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool t_a = op_a == CUBLAS_OP_T, t_b = op_b == CUBLAS_OP_T;
  fake_device().products.push_back({t_a, t_b, m, n, k, lda, ldb, ldc, type_a, precision});
  const auto go = [&]<class T>(T) {  // alpha and beta are read now, the matrices when it runs
    const T factor = *static_cast<const T*>(alpha), keep = *static_cast<const T*>(beta);
    return test::come(test::at(handle).stream, [=] {
      const cublasStatus_t done =
          test::multiply(t_a, t_b, m, n, k, factor, static_cast<const T*>(a), lda, static_cast<const T*>(b),
                         ldb, keep, static_cast<T*>(c), ldc);
      return done == CUBLAS_STATUS_SUCCESS ? cudaSuccess : cudaErrorUnknown;
    });
  };
  const cudaError_t code = type_a == CUDA_R_64F ? go(double()) : go(float());
  return code == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
