/// \file
/// A few threads that share out the pieces of one piece of work after another. Each begins where it began
/// last time, a share of the way on, so that it mostly finds in its core's cache what it left there; whoever
/// is done helps the others. Callers cut work into pieces fixed by its shape, so results do not depend on who
/// does what.
#pragma once

#include <atomic>
#include <bit>
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
    for (int i = 1; i < threads; ++i) helpers_.emplace_back([this, i, threads] { help(i, threads); });
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() {
    stopped_.store(true, std::memory_order_relaxed);
    announce();
    for (std::thread& helper : helpers_) helper.join();
  }

  /// Threads that work, the caller included.
  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls body(0) ... body(pieces - 1), each once, and returns when all are done. The body must not throw. A
  /// second caller at the same time, or a body that calls, does its pieces itself.
  template <class Body>
  void run(Index pieces, const Body& body) {
    if (helpers_.empty() || pieces < 2 || busy_.exchange(true, std::memory_order_acquire)) {
      for (Index i = 0; i < pieces; ++i) body(i);
      return;
    }
    // More pieces than bits are taken by the range.
    const Index ranges = pieces < 64 ? pieces : 64;
    const auto do_range = [&](Index range) {
      const Index last = (range + 1) * pieces / ranges;
      for (Index i = range * pieces / ranges; i < last; ++i) body(i);
    };
    body_ = &do_range;
    call_ = [](const void* b, Index range) { (*static_cast<decltype(&do_range)>(b))(range); };
    ranges_.store(ranges, std::memory_order_relaxed);
    left_.store(ranges, std::memory_order_relaxed);
    open_.store(~std::uint64_t{0} >> (64 - ranges), std::memory_order_release);
    announce();
    while (take_range(0, size())) {
    }
    for (int spins = 0; left_.load(std::memory_order_acquire) > 0; ++spins)
      if (spins > 1000) std::this_thread::yield();
    busy_.store(false, std::memory_order_release);
  }

 private:
  void announce() {
    runs_.fetch_add(1, std::memory_order_release);
    runs_.notify_all();
  }

  // Whoever clears a range's bit does it, and it belongs to the run that is going on then, whichever run the
  // thread was looking at.
  bool take_range(int thread, int threads) {
    std::uint64_t open = open_.load(std::memory_order_acquire);
    const Index home = thread * ranges_.load(std::memory_order_relaxed) / threads;
    while (open != 0) {
      const std::uint64_t own = open >> home << home;
      const int range = std::countr_zero(own != 0 ? own : open);
      const std::uint64_t bit = std::uint64_t{1} << range;
      open = open_.fetch_and(~bit, std::memory_order_acq_rel);
      if ((open & bit) != 0) {
        call_(body_, range);
        left_.fetch_sub(1, std::memory_order_release);
        return true;
      }
    }
    return false;
  }

  void help(int thread, int threads) {
    for (;;) {
      const std::uint64_t seen = runs_.load(std::memory_order_acquire);
      if (stopped_.load(std::memory_order_relaxed)) return;
      if (take_range(thread, threads)) continue;
      bool news = false;
      for (int spins = 0; spins < 200'000 && !news; ++spins)
        news = runs_.load(std::memory_order_relaxed) != seen;
      if (!news) runs_.wait(seen, std::memory_order_acquire);
    }
  }

  std::atomic<bool> busy_{false};  // no mutex: a body may call `run` of its own pool
  std::vector<std::thread> helpers_;
  const void* body_ = nullptr;
  void (*call_)(const void*, Index) = nullptr;
  std::atomic<Index> ranges_{0};
  alignas(64) std::atomic<std::uint64_t> runs_{0};
  alignas(64) std::atomic<std::uint64_t> open_{0};  // a bit for each range that nobody has taken
  alignas(64) std::atomic<Index> left_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace harmonium
