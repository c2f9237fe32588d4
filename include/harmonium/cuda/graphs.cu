/// \file
/// CUDA graphs of repeated work.
#include "../backend/cuda/graphs.cuh"

#include <utility>

namespace harmonium::detail {

namespace {

// Owns a graph temporarily.
struct Owned {
  cudaGraph_t graph = nullptr;
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
  }
};

cudaKernelNodeParams parameters(const CudaLaunch& launch, void** argument) {
  cudaKernelNodeParams node{};
  node.func = const_cast<void*>(launch.kernel);
  node.gridDim = dim3(launch.blocks);
  node.blockDim = dim3(cuda_threads);
  node.kernelParams = argument;
  return node;
}

// The kernels behind cuBLAS and copies are not known here, so these are recorded on the second stream and
// added as child graphs.
bool add_recorded(CudaDevice& device, const CudaWork::Piece& piece, cudaGraph_t graph,
                  const cudaGraphNode_t* before, std::size_t count, cudaGraphNode_t& node) {
  Owned recorded;
  if (cudaStreamBeginCapture(device.aside, cudaStreamCaptureModeThreadLocal) != cudaSuccess) return false;
  bool good = true;
  try {
    hand_over(device, device.aside, piece, nullptr);
  } catch (const CudaError&) {
    good = false;
  }
  good = cudaStreamEndCapture(device.aside, &recorded.graph) == cudaSuccess && good;
  return good && cudaGraphAddChildGraphNode(&node, graph, before, count, recorded.graph) == cudaSuccess;
}

}  // namespace

CudaGraphs::~CudaGraphs() {
  for (Graph& graph : graphs_) drop(graph);
}

void CudaGraphs::drop(Graph& graph) {
  if (graph.ready != nullptr) static_cast<void>(cudaGraphExecDestroy(graph.ready));
  if (graph.graph != nullptr) static_cast<void>(cudaGraphDestroy(graph.graph));
  graph.ready = nullptr;
  graph.graph = nullptr;
}

// A chain of nodes, one piece after the other.
bool CudaGraphs::make(CudaDevice& device, Graph& graph) {
  if (cudaGraphCreate(&graph.graph, 0) != cudaSuccess) return false;
  for (const CudaWork::Piece& piece : graph.work.pieces()) {
    const cudaGraphNode_t* const before = graph.nodes.empty() ? nullptr : &graph.nodes.back();
    const std::size_t count = graph.nodes.empty() ? 0 : 1;
    cudaGraphNode_t node = nullptr;
    if (const auto* launch = std::get_if<CudaLaunch>(&piece)) {
      void* argument = graph.work.argument(*launch);
      const cudaKernelNodeParams p = parameters(*launch, &argument);
      if (cudaGraphAddKernelNode(&node, graph.graph, before, count, &p) != cudaSuccess) return false;
    } else if (!add_recorded(device, piece, graph.graph, before, count, node)) {
      return false;
    }
    graph.nodes.push_back(node);
  }
  return cudaGraphInstantiate(&graph.ready, graph.graph, 0) == cudaSuccess;
}

bool CudaGraphs::set_arguments(Graph& graph, CudaWork& work) {
  for (std::size_t i = 0; i < work.pieces().size(); ++i)
    if (const auto* launch = std::get_if<CudaLaunch>(&work.pieces()[i])) {
      void* const now = work.argument(*launch);
      if (std::memcmp(now, graph.work.argument(*launch), launch->bytes) == 0) continue;
      void* argument = now;
      const cudaKernelNodeParams p = parameters(*launch, &argument);
      if (cudaGraphExecKernelNodeSetParams(graph.ready, graph.nodes[i], &p) != cudaSuccess) return false;
      std::memcpy(graph.work.argument(*launch), now, launch->bytes);
    }
  return true;
}

void CudaGraphs::run(CudaDevice& device, CudaWork& work) {
  const auto one_by_one = [&] {
    for (const CudaWork::Piece& piece : work.pieces()) {
      const auto* launch = std::get_if<CudaLaunch>(&piece);
      hand_over(device, device.stream, piece, launch != nullptr ? work.argument(*launch) : nullptr);
    }
  };
  if (work.pieces().size() < fewest_pieces) return one_by_one();
  auto known = graphs_.begin();
  while (known != graphs_.end() && !known->work.alike(work)) ++known;
  if (known == graphs_.end()) {  // it may not recur, and a first run loads modules, which can't be recorded
    one_by_one();
    if (graphs_.size() == most) {
      if (graphs_.back().ready != nullptr)
        check_cuda(cudaStreamSynchronize(device.stream), "waiting for the device");
      drop(graphs_.back());
      graphs_.pop_back();
    }
    graphs_.push_front({work});
    return;
  }
  if (known != graphs_.begin()) {
    Graph last = std::move(*known);
    graphs_.erase(known);
    graphs_.push_front(std::move(last));
  }
  Graph& graph = graphs_.front();
  bool good = !graph.refused;
  if (good) good = graph.ready == nullptr ? make(device, graph) : true;
  if (good) good = set_arguments(graph, work);
  if (!good) {
    graph.refused = true;
    static_cast<void>(cudaGetLastError());
    return one_by_one();
  }
  check_cuda(cudaGraphLaunch(graph.ready, device.stream), "launching a step");
}

}  // namespace harmonium::detail
