/// \file
/// A device's work as plain values, and CUDA graphs of it. A small model's step is about fifteen launches of
/// a few microseconds each, no longer than the host takes to launch one; a graph takes a single launch.
///
/// The recorded work is authoritative: a graph is only a faster way to submit it. A step can therefore be
/// repeated without keeping anything on the device: kernel arguments change from step to step (draws'
/// addresses, rates, a batch's columns), and those that changed are updated in the graph before it is
/// launched.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <variant>
#include <vector>

#include "device.cuh"

namespace harmonium::detail {

/// A kernel launch. Its argument is ignored by comparisons.
struct CudaLaunch {
  const void* kernel;
  unsigned blocks;
  std::size_t place, bytes;  ///< position and size of its argument
  const char* what;          ///< for error messages
  friend bool operator==(const CudaLaunch& a, const CudaLaunch& b) {
    return a.kernel == b.kernel && a.blocks == b.blocks && a.place == b.place && a.bytes == b.bytes;
  }
};

/// A copy within the device, column by column.
struct CudaDeviceCopy {
  void* to;
  std::size_t to_distance;
  const void* from;
  std::size_t from_distance, bytes, columns;
  bool operator==(const CudaDeviceCopy&) const = default;
};

/// A product, in either precision.
struct CudaGemm {
  cublasOperation_t op_a, op_b;
  int m, n, k;
  double alpha, beta;
  const void *a, *b;
  void* c;
  int distance_a, distance_b, distance_c;
  cudaDataType_t type;
  cublasComputeType_t precision;
  bool operator==(const CudaGemm&) const = default;
};

/// Pieces of work in order, and the kernels' arguments.
class CudaWork {
 public:
  using Piece = std::variant<CudaLaunch, CudaDeviceCopy, CudaGemm>;

  void add(Piece piece) { pieces_.push_back(piece); }
  void add(CudaLaunch launch, const void* argument) {
    launch.place = arguments_.size();
    arguments_.resize(launch.place + (launch.bytes + 15) / 16 * 16);
    std::memcpy(arguments_.data() + launch.place, argument, launch.bytes);
    pieces_.push_back(launch);
  }
  void clear() {
    pieces_.clear();
    arguments_.clear();
  }
  const std::vector<Piece>& pieces() const { return pieces_; }
  void* argument(const CudaLaunch& launch) { return arguments_.data() + launch.place; }
  /// Is it the same work, except for the kernels' arguments?
  bool alike(const CudaWork& other) const { return pieces_ == other.pieces_; }

 private:
  std::vector<Piece> pieces_;
  std::vector<std::byte> arguments_;
};

/// Submits a piece of work to `stream`, a device's main stream or the recording one. A launch needs its
/// `argument`.
void hand_over(CudaDevice& device, cudaStream_t stream, const CudaWork::Piece& piece, void* argument);

/// Submits what the calling thread's step, if there is one, has collected so far. Called before anything that
/// cannot be part of a graph, to preserve the order. \throws CudaError
void hand_over_step();

/// A device's graphs: a sequence of work that occurs a second time becomes one. For one thread at a time.
class CudaGraphs {
 public:
  static constexpr std::size_t fewest_pieces = 3;  ///< shorter sequences do not become graphs
  static constexpr std::size_t most = 16;          ///< graphs kept; the least recently used is dropped

  CudaGraphs() = default;
  CudaGraphs(const CudaGraphs&) = delete;
  CudaGraphs& operator=(const CudaGraphs&) = delete;
  ~CudaGraphs();
  /// Submits the work, as a graph if possible. \throws CudaError
  void run(CudaDevice& device, CudaWork& work);

 private:
  struct Graph {
    CudaWork work;  ///< with the graph's current arguments
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    std::vector<cudaGraphNode_t> nodes = {};
    bool refused = false;  ///< the driver could not create it
  };
  static bool make(CudaDevice& device, Graph& graph);
  static bool set_arguments(Graph& graph, CudaWork& work);
  static void drop(Graph& graph);
  std::deque<Graph> graphs_;  // most recently used first
};

}  // namespace harmonium::detail
