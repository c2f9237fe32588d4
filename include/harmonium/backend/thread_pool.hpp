/// \file
/// A few threads that process the pieces of one job after another. Each thread starts at its own fixed share
/// of the pieces, so that it mostly finds its data still in its core's cache; a thread that is done helps the
/// others. Callers split jobs into pieces determined by the shape, so results do not depend on which thread
/// does what.
#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "../core/view.hpp"

namespace harmonium {

/// A reference to a function of a range of pieces: callers' loops are compiled once each, and the code that
/// distributes them once for all.
class RangeWork {
 public:
  /// \param body called as body(begin, end); must outlive this object
  template <class Body>
  requires(!std::same_as<Body, RangeWork>) RangeWork(const Body& body)  // implicit: arguments convert
      : body_(&body),
        call_([](const void* b, Index begin, Index end) { (*static_cast<const Body*>(b))(begin, end); }) {}
  /// Processes the pieces from `begin` to `end`.
  void operator()(Index begin, Index end) const { call_(body_, begin, end); }

 private:
  const void* body_;
  void (*call_)(const void*, Index, Index);
};

/// The caller of `run` and `threads - 1` helpers. Between runs, helpers spin for about a tenth of a
/// millisecond, then sleep.
class ThreadPool {
 public:
  /// Starts `threads - 1` helpers. \throws std::system_error if the system has no more threads
  explicit ThreadPool(int threads) {
    try {
      for (int i = 1; i < threads; ++i) helpers_.emplace_back([this, i, threads] { help(i, threads); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() { stop(); }

  /// Number of threads, including the caller.
  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Runs the work on 0 ... pieces - 1, split into ranges, and returns when all is done. A concurrent or
  /// nested call does all of its work on its own thread. \throws what the work throws: once all other ranges
  /// are done, the first exception
  void run(Index pieces, const RangeWork& work) {
    if (helpers_.empty() || pieces < 2 || busy_.exchange(true, std::memory_order_acquire)) {
      work(0, pieces);
      return;
    }
    const Index ranges = pieces < 64 ? pieces : 64;  // one per bit of `open_`
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
    const std::exception_ptr error = std::exchange(error_, nullptr);
    failed_.store(false, std::memory_order_relaxed);
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
  }

 private:
  void stop() {
    stopped_.store(true, std::memory_order_relaxed);
    announce();
    for (std::thread& helper : helpers_) helper.join();
  }
  void announce() {
    runs_.fetch_add(1, std::memory_order_release);
    runs_.notify_all();
  }

  // The thread that clears a range's bit processes it. The range belongs to the run in progress at that
  // moment, even if the thread came for an earlier one.
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
        try {
          (*work_)(range * pieces_ / ranges, (range + 1) * pieces_ / ranges);
        } catch (...) {
          if (!failed_.exchange(true, std::memory_order_relaxed)) error_ = std::current_exception();
        }
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

  std::atomic<bool> busy_{false};  // not a mutex: a body may call `run` of its own pool
  std::vector<std::thread> helpers_;
  const RangeWork* work_ = nullptr;
  Index pieces_ = 0;
  std::atomic<Index> ranges_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;  // the first one; visible to the caller of `run` once `left_` is 0
  alignas(64) std::atomic<std::uint64_t> runs_{0};
  alignas(64) std::atomic<std::uint64_t> open_{0};  // one bit for each range not yet taken
  alignas(64) std::atomic<Index> left_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace harmonium
