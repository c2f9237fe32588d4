/// \file
/// A few threads that share out the pieces of one piece of work after another. Each begins where it began
/// last time, a share of the way on, so that it mostly finds in its core's cache what it left there; whoever
/// is done helps the others. Callers cut work into pieces fixed by its shape, so results do not depend on who
/// does what.
#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <thread>
#include <vector>

#include "../core/view.hpp"

namespace harmonium {

/// Something to do with one range of a piece of work, by reference: callers' loops are compiled once each,
/// what shares them out once for all.
class RangeWork {
 public:
  /// \param body is called as body(begin, end) and must outlive this
  template <class Body>
  requires(!std::same_as<Body, RangeWork>) RangeWork(const Body& body)  // implicit: arguments convert
      : body_(&body),
        call_([](const void* b, Index begin, Index end) { (*static_cast<const Body*>(b))(begin, end); }) {}
  /// Does it.
  void operator()(Index begin, Index end) const { call_(body_, begin, end); }

 private:
  const void* body_;
  void (*call_)(const void*, Index, Index);
};

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

  /// Does the work on 0 ... pieces - 1, cut into ranges, and returns when all is done. The work must not
  /// throw. A second caller at the same time, or work that calls, does all by itself.
  void run(Index pieces, const RangeWork& work) {
    if (helpers_.empty() || pieces < 2 || busy_.exchange(true, std::memory_order_acquire)) {
      work(0, pieces);
      return;
    }
    const Index ranges = pieces < 64 ? pieces : 64;  // as many as bits
    work_ = &work;
    pieces_ = pieces;
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
        const Index ranges = ranges_.load(std::memory_order_relaxed);
        (*work_)(range * pieces_ / ranges, (range + 1) * pieces_ / ranges);
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
  const RangeWork* work_ = nullptr;
  Index pieces_ = 0;
  std::atomic<Index> ranges_{0};
  alignas(64) std::atomic<std::uint64_t> runs_{0};
  alignas(64) std::atomic<std::uint64_t> open_{0};  // a bit for each range that nobody has taken
  alignas(64) std::atomic<Index> left_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace harmonium
