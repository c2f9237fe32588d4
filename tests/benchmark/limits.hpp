// The machine's limits: products of each precision, and memory.
#pragma once

#include <algorithm>
#include <array>
#include <barrier>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#if defined(HARMONIUM_ONEDNN)
#include <dnnl.hpp>
#include <harmonium/backend/products.hpp>
#endif

namespace benchmark {

// Operations per second of `threads` threads that start together, each doing work() of `each` operations; the
// best of several rounds, because a limit is measured when nothing interferes. The workers check the clock
// themselves: with all processors busy, no other thread would notice in time.
inline double rate(int threads, double each, const std::function<std::function<void()>()>& make) {
  using Clock = std::chrono::steady_clock;
  constexpr int rounds = 8;
  const auto count = static_cast<std::size_t>(threads);
  std::vector<std::array<Clock::time_point, rounds>> begun(count), ended(count);
  std::barrier ready(threads);
  std::vector<std::thread> team;
  for (std::size_t i = 0; i < count; ++i)
    team.emplace_back([&, i] {
      const std::function<void()> work = make();
      work();
      for (std::size_t round = 0; round < rounds; ++round) {
        ready.arrive_and_wait();
        begun[i][round] = Clock::now();
        work();
        ended[i][round] = Clock::now();
      }
    });
  for (std::thread& thread : team) thread.join();
  double best = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    Clock::time_point first = begun[0][round], last = ended[0][round];
    for (std::size_t i = 1; i < count; ++i) {
      first = std::min(first, begun[i][round]);
      last = std::max(last, ended[i][round]);
    }
    best = std::max(best, threads * each / std::chrono::duration<double>(last - first).count());
  }
  return best;
}

// Fused multiply-adds in registers: the peak in single precision, two operations each.
inline double float_operations(int threads) {
  constexpr int lanes = 16, chains = 12, repeats = 2'000'000;
  return rate(threads, 2.0 * lanes * chains * repeats, [] {
    return [] {
      using Pack = float __attribute__((vector_size(lanes * sizeof(float))));
      Pack x[chains], factor = Pack{} + 0.999999f, term = Pack{} + 1e-6f;
      for (int i = 0; i < chains; ++i) x[i] = Pack{} + static_cast<float>(i);
      for (int n = 0; n < repeats; ++n)
        for (Pack& pack : x) pack = pack * factor + term;
      volatile float kept = 0;
      for (const Pack& pack : x) kept = kept + pack[0];
    };
  });
}

// Bytes per second read and written by a = b + s c, over more memory than any cache holds.
inline double memory_bytes(int threads) {
  constexpr std::size_t count = std::size_t{1} << 24;
  return rate(threads, 3.0 * sizeof(float) * count, [] {
    return [a = std::vector<float>(count), b = std::vector<float>(count, 1.0f),
            c = std::vector<float>(count, 2.0f)]() mutable {
      for (std::size_t i = 0; i < count; ++i) a[i] = b[i] + 3.0f * c[i];
    };
  });
}

#if defined(HARMONIUM_ONEDNN)
// Operations per second of oneDNN's product of large matrices, in another precision.
inline double product_operations(int threads, dnnl::memory::data_type left, dnnl::memory::data_type right,
                                 dnnl::memory::data_type sum) {
  constexpr dnnl::memory::dim size = 1024;
  return rate(threads, 2.0 * size * size * size, [=]() -> std::function<void()> {
    omp_set_num_threads(1);
    using Memory = dnnl::memory;
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const auto shape = [](Memory::data_type type) {
      return Memory::desc({size, size}, type, Memory::format_tag::ab);
    };
    const dnnl::matmul::primitive_desc described({shape(left), shape(right), shape(sum)}, engine);
    const auto zeros = [&](Memory::data_type type) {
      Memory memory(shape(type), engine);
      std::fill_n(static_cast<char*>(memory.get_data_handle()), memory.get_desc().get_size(), char{0});
      return memory;
    };
    return [product = dnnl::matmul(described), a = zeros(left), b = zeros(right), c = zeros(sum),
            stream = dnnl::stream(engine)]() mutable {
      product.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
      stream.wait();
    };
  });
}
#endif

// All limits for a number of threads. Precisions that the product library does not offer are null.
inline nlohmann::ordered_json limits(int threads) {
  nlohmann::ordered_json found = {{"threads", threads},
                                  {"fp32_flops", float_operations(threads)},
                                  {"memory_bytes_per_second", memory_bytes(threads)},
                                  {"bf16_product_flops", nullptr},
                                  {"int8_product_ops", nullptr}};
#if defined(HARMONIUM_ONEDNN)
  using Type = dnnl::memory::data_type;
  found["bf16_product_flops"] = product_operations(threads, Type::bf16, Type::bf16, Type::f32);
  found["int8_product_ops"] = product_operations(threads, Type::u8, Type::s8, Type::s32);
#endif
  return found;
}

}  // namespace benchmark
