/// \file
/// Work that a device is to do, as plain values, and CUDA graphs of it. A small model's step is some fifteen
/// launches of a few microseconds each, as long as the host needs to ask for one; a graph is asked for at
/// once.
///
/// What is recorded decides: a graph is only a faster way to hand over just that. So nothing has to lie on
/// the device for a step to be repeated: from one step to the next its kernels' arguments change (draws'
/// numbers, rates, a batch's columns), and those of a graph are set anew, where they did, before it is
/// launched.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <variant>
#include <vector>

#include "device.cuh"

namespace harmonium::detail {

/// A kernel's launch. Its argument is not what makes two of them alike.
struct CudaLaunch {
  const void* kernel;
  unsigned blocks;
  std::size_t place, bytes;  ///< of its argument
  const char* what;          ///< for error messages
  friend bool operator==(const CudaLaunch& a, const CudaLaunch& b) {
    return a.kernel == b.kernel && a.blocks == b.blocks && a.place == b.place && a.bytes == b.bytes;
  }
};

/// A copy from place to place on the device, column by column.
struct CudaDeviceCopy {
  void* to;
  std::size_t to_distance;
  const void* from;
  std::size_t from_distance, bytes, columns;
  bool operator==(const CudaDeviceCopy&) const = default;
};

/// A product, of either precision.
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

/// Pieces of work in their order, and the kernels' arguments.
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
  /// Is it the same but for the kernels' arguments?
  bool alike(const CudaWork& other) const { return pieces_ == other.pieces_; }

 private:
  std::vector<Piece> pieces_;
  std::vector<std::byte> arguments_;
};

/// Hands a piece of work to a device's stream, or to the one aside. A launch needs its `argument`.
void hand_over(CudaDevice& device, cudaStream_t stream, const CudaWork::Piece& piece, void* argument);

/// What the calling thread's step, if it is in one, has put together so far is handed over: before whatever
/// can't be part of a graph, so that the order is kept. \throws CudaError
void hand_over_step();

/// A device's graphs: whatever comes a second time is made one. For one thread at a time.
class CudaGraphs {
 public:
  static constexpr std::size_t fewest_pieces = 3;  ///< what is less is no graph
  static constexpr std::size_t most = 16;          ///< kept; the one that was not used longest goes

  CudaGraphs() = default;
  CudaGraphs(const CudaGraphs&) = delete;
  CudaGraphs& operator=(const CudaGraphs&) = delete;
  ~CudaGraphs();
  /// Hands over the work, as a graph if it can. \throws CudaError
  void run(CudaDevice& device, CudaWork& work);

 private:
  struct Graph {
    CudaWork work;  ///< with the arguments that it has now
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    std::vector<cudaGraphNode_t> nodes = {};
    bool refused = false;  ///< the driver could not make one
  };
  static bool make(CudaDevice& device, Graph& graph);
  static bool set_arguments(Graph& graph, CudaWork& work);
  static void drop(Graph& graph);
  std::deque<Graph> graphs_;  // the last one used is in front
};

}  // namespace harmonium::detail
