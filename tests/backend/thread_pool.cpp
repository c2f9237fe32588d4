#include <sys/resource.h>
#include <harmonium/backend/thread_pool.hpp>

#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/catch.hpp"

using harmonium::Index;
using harmonium::ThreadPool;

namespace {
// Calls f piece by piece.
template <class F>
auto each(F f) {
  return [f](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) f(i);
  };
}
}  // namespace

TEST_CASE("a thread pool does each piece once, run after run", "[backend][threads]") {
  for (const int threads : {1, 2, 3, 5, 8}) {
    ThreadPool pool(threads);
    CHECK(pool.size() == threads);
    Index wrong = 0;
    for (int run = 0; run < 2000; ++run) {
      const Index pieces = run % 65;
      std::vector<std::atomic<int>> done(65);
      pool.run(pieces, each([&](Index i) { ++done[static_cast<std::size_t>(i)]; }));
      for (Index i = 0; i < 65; ++i)
        wrong += done[static_cast<std::size_t>(i)] != (i < pieces ? 1 : 0) ? 1 : 0;
    }
    INFO(threads << " threads");
    CHECK(wrong == 0);
  }
}

TEST_CASE("what a thread pool's pieces wrote is visible when run returns", "[backend][threads]") {
  ThreadPool pool(4);
  std::vector<Index> numbers(64);  // not atomic: the pool must make the writes visible
  for (Index run = 0; run < 3000; ++run) {
    pool.run(64, each([&](Index i) { numbers[static_cast<std::size_t>(i)] += run * i; }));
    if (run % 500 == 499) {
      const Index runs = run * (run + 1) / 2;
      Index wrong = 0;
      for (Index i = 0; i < 64; ++i) wrong += numbers[static_cast<std::size_t>(i)] != runs * i ? 1 : 0;
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a thread pool takes more pieces than it can number", "[backend][threads]") {
  ThreadPool pool(3);
  std::atomic<Index> sum{0};
  const Index pieces = (Index{1} << 20) + 3;
  pool.run(pieces, each([&](Index i) { sum.fetch_add(i, std::memory_order_relaxed); }));
  CHECK(sum == pieces * (pieces - 1) / 2);
}

TEST_CASE("a piece may use the thread pool that it runs on", "[backend][threads]") {
  ThreadPool pool(3);
  for (int run = 0; run < 200; ++run) {
    std::atomic<int> inner{0};
    pool.run(7, each([&](Index) { pool.run(5, each([&](Index) { ++inner; })); }));
    REQUIRE(inner == 35);
  }
}

TEST_CASE("several callers share a thread pool", "[backend][threads]") {
  ThreadPool pool(3);
  std::vector<std::atomic<int>> done(4);
  std::vector<std::thread> callers;
  for (auto& own : done)
    callers.emplace_back([&] {
      for (int run = 0; run < 500; ++run) pool.run(9, each([&](Index) { ++own; }));
    });
  for (std::thread& caller : callers) caller.join();
  for (const auto& own : done) CHECK(own == 4500);
}

TEST_CASE("a thread pool that slept wakes up, and one that never worked ends", "[backend][threads]") {
  { ThreadPool idle(8); }
  ThreadPool pool(4);
  std::atomic<int> done{0};
  for (int round = 0; round < 3; ++round) {
    pool.run(100, each([&](Index) { ++done; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // helpers spin for microseconds, then sleep
  }
  CHECK(done == 300);
}

TEST_CASE("an exception in a thread pool's work reaches the caller, and the pool works on",
          "[backend][threads][hostile]") {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (Index run = 0; run < 200; ++run) {
      std::atomic<Index> done{0};
      const auto work = each([&](Index i) {
        if (i % 7 == run % 7) throw std::runtime_error("piece " + std::to_string(i % 7));
        ++done;
      });
      CHECK_THROWS_WITH(pool.run(64, work), "piece " + std::to_string(run % 7));
      done = 0;
      pool.run(64, each([&](Index) { ++done; }));
      CHECK(done == 64);
    }
  }
}

#if !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // which need addresses
TEST_CASE("a thread pool that cannot start its threads ends those that it started",
          "[backend][threads][hostile]") {
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  const rlimit little{std::min<rlim_t>(rlim_t{2} << 30, before.rlim_max), before.rlim_max};
  setrlimit(RLIMIT_AS, &little);  // stacks of a thousand threads do not fit
  CHECK_THROWS_AS(ThreadPool(1024), std::system_error);
  setrlimit(RLIMIT_AS, &before);
  CHECK(ThreadPool(4).size() == 4);
}
#endif
