/// \file
/// A few threads that share out the pieces of one piece of work after another. Which thread does which piece
/// is left to chance; callers cut work into pieces fixed by its shape, so results do not depend on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

#include "../core/view.hpp"

namespace harmonium {

/// The caller of `run` and `threads - 1` helpers. Between two runs helpers watch for work for
/// about a tenth of a millisecond, then sleep.
class ThreadPool {
 public:
  /// Starts `threads - 1` helpers.
  explicit ThreadPool(int threads) {
    for (int i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() {
    stopped_.store(true, std::memory_order_relaxed);
    ticket_.fetch_add(changed, std::memory_order_release);
    ticket_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }

  /// Threads that work, the caller included.
  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls body(0) ... body(pieces - 1), each once, and returns when all are done. The body must not throw. A
  /// second caller at the same time, or a body that calls, does its pieces itself.
  template <class Body>
  void run(Index pieces, const Body& body) {
    if (helpers_.empty() || pieces < 2 || pieces > Index(piece_mask) ||
        busy_.exchange(true, std::memory_order_acquire)) {
      for (Index i = 0; i < pieces; ++i) body(i);
      return;
    }
    body_ = &body;
    call_ = [](const void* b, Index i) { (*static_cast<const Body*>(b))(i); };
    left_.store(pieces, std::memory_order_relaxed);
    // The ticket holds a count of runs, the number of pieces and the next one to take, in one word: whoever
    // advances it has a piece of the run that is going on now, whichever run it was looking at.
    const std::uint64_t runs = (ticket_.load(std::memory_order_relaxed) & ~(changed - 1)) + changed;
    ticket_.store(runs | static_cast<std::uint64_t>(pieces) << piece_bits, std::memory_order_release);
    ticket_.notify_all();
    while (take_piece()) {
    }
    for (int spins = 0; left_.load(std::memory_order_acquire) > 0; ++spins)
      if (spins > 1000) std::this_thread::yield();
    busy_.store(false, std::memory_order_release);
  }

 private:
  static constexpr int piece_bits = 20;
  static constexpr std::uint64_t piece_mask = (std::uint64_t{1} << piece_bits) - 1;
  static constexpr std::uint64_t changed = std::uint64_t{1} << (2 * piece_bits);

  bool take_piece() {
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while ((ticket & piece_mask) < (ticket >> piece_bits & piece_mask)) {
      if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
      call_(body_, static_cast<Index>(ticket & piece_mask));
      left_.fetch_sub(1, std::memory_order_release);
      return true;
    }
    return false;
  }

  void help() {
    for (;;) {
      const std::uint64_t seen = ticket_.load(std::memory_order_acquire);
      if (stopped_.load(std::memory_order_relaxed)) return;
      if (take_piece()) continue;
      bool news = false;
      for (int spins = 0; spins < 200'000 && !news; ++spins)
        news = ticket_.load(std::memory_order_relaxed) != seen;
      if (!news) ticket_.wait(seen, std::memory_order_acquire);
    }
  }

  std::atomic<bool> busy_{false};  // no mutex: a body may call `run` of its own pool
  std::vector<std::thread> helpers_;
  const void* body_ = nullptr;
  void (*call_)(const void*, Index) = nullptr;
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<Index> left_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace harmonium
