/// \file
/// Random numbers by their address: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, "Parallel random
/// numbers: as easy as 1, 2, 3"). A draw is a function of (seed, stream, step, sample, row, number of the
/// draw) and of nothing else. Results therefore depend neither on threads nor on how work is split into
/// batches, a run can resume at any step, and CPU and GPU draw the same bits. Nothing is seeded implicitly.
#pragma once

#include <cstddef>
#include <cstdint>

#include "math.hpp"

namespace harmonium {

namespace detail {
/// Four words, in lanes of 32 bits, or of 64 bits whose upper halves are unused.
template <class Lane>
struct PhiloxLanes {
  Lane word[4];  ///< the words
};

/// Ten rounds of Philox4x32. Always inlined: clang++ vectorises loops over blocks only then.
template <class Lane>
[[gnu::always_inline]] constexpr PhiloxLanes<Lane> philox_rounds(PhiloxLanes<Lane> counter,
                                                                 std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * static_cast<std::uint32_t>(counter.word[0]);
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * static_cast<std::uint32_t>(counter.word[2]);
    counter = {{static_cast<Lane>(b >> 32) ^ counter.word[1] ^ key0, static_cast<Lane>(b),
                static_cast<Lane>(a >> 32) ^ counter.word[3] ^ key1, static_cast<Lane>(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}
}  // namespace detail

/// Four words of 32 random bits, or the counter that they are computed from.
using PhiloxBlock = detail::PhiloxLanes<std::uint32_t>;

/// Ten rounds of Philox4x32.
constexpr PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  return detail::philox_rounds(counter, key0, key1);
}

/// What a draw is for. Different purposes never share a random number.
enum class Stream : std::uint32_t {
  weights,
  shuffle,
  split,
  start,
  hidden,
  visible,
  binarize,
  toy,
  statistics,
  swap,
  pseudo_likelihood,
  exact,
  annealing,
  bootstrap,
  bound,
  clamped,
  dropout,
  wake,
  dream
};

/// The address of the draws of one pass over a layer. The row, the sample's position in the pass and the
/// number of the draw complete it.
struct Draws {
  std::uint64_t seed = 0;           ///< key of the generator
  std::uint64_t step = 0;           ///< which pass: an update, a step of a chain
  std::uint32_t first_sample = 0;   ///< global number of the sample in the first column of the pass
  Stream stream = Stream::visible;  ///< what the draws are for

  /// The same address in another stream.
  constexpr Draws in(Stream other) const { return {seed, step, first_sample, other}; }

  /// The block whose words 0 to 3 belong to four consecutive rows (row r gets word r % 4), for units that
  /// need a single word; `block` = row / 4.
  constexpr PhiloxBlock words_of_four_rows(std::uint32_t block, std::uint32_t column) const {
    return at(block, column, static_cast<std::uint32_t>(stream) << 20);
  }
  /// The same words, each in the lower half of a 64-bit lane.
  constexpr detail::PhiloxLanes<std::uint64_t> lanes_of_four_rows(std::uint32_t block,
                                                                  std::uint32_t column) const {
    return detail::philox_rounds<std::uint64_t>(
        {{block, first_sample + column, low_step(), static_cast<std::uint32_t>(stream) << 20}},
        static_cast<std::uint32_t>(key()), static_cast<std::uint32_t>(key() >> 32));
  }
  /// The whole block of one row and draw, for units that need more than one word.
  constexpr PhiloxBlock block_of_row(std::uint32_t row, std::uint32_t column, std::uint32_t draw) const {
    return at(row, column, 0x80000000u | static_cast<std::uint32_t>(stream) << 20 | draw);
  }

 private:
  constexpr PhiloxBlock at(std::uint32_t place, std::uint32_t column, std::uint32_t purpose) const {
    return philox({{place, first_sample + column, low_step(), purpose}}, static_cast<std::uint32_t>(key()),
                  static_cast<std::uint32_t>(key() >> 32));
  }
  // A block has room for 32 bits of the step. The others change the key: by 0 in the first 2^32 steps, and
  // then by another multiple of an odd number each time, so that no steps of one seed share a key and a
  // counter.
  constexpr std::uint32_t low_step() const { return static_cast<std::uint32_t>(step); }
  constexpr std::uint64_t key() const { return seed ^ (step >> 32) * 0x9E3779B97F4A7C15u; }
};

/// What a derived seed is for.
enum class SeedFor : std::uint32_t {
  layer,
  codes,
  fine_tuning,
  wake_sleep,
  run,
  trajectory,
  coverage,
  clusters,
  shard
};

/// A seed for a part of what a user's seed is for: words 0 and 1 of a Philox block whose key is the seed, at
/// an address that no draw has. Sums such as seed + i would give part i + 1 of one seed the numbers of part i
/// of the next seed.
constexpr std::uint64_t seed_for(std::uint64_t seed, SeedFor what, std::uint32_t index = 0) {
  const PhiloxBlock block = philox({{index, static_cast<std::uint32_t>(what), 0, 0x40000000u}},
                                   static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
  return std::uint64_t{block.word[1]} << 32 | block.word[0];
}

/// The seed of layer, or RBM, number `i` of a stack: the lowest one's is the stack's own.
constexpr std::uint64_t seed_of_layer(std::uint64_t seed, std::size_t i) {
  return i == 0 ? seed : seed_for(seed, SeedFor::layer, static_cast<std::uint32_t>(i));
}

/// A number in [0, 1) from a word: k 2^-24, identical in single and double precision. u < p is false for p =
/// 0 and true for p = 1.
template <std::floating_point T>
constexpr T uniform_from(std::uint32_t word) {
  return static_cast<T>(static_cast<std::int32_t>(word >> 8)) * T(5.9604644775390625e-8);
}

/// One of 0, ..., count - 1 from a word, all equally probable as far as a grid of 2^-24 allows.
constexpr std::ptrdiff_t index_from(std::uint32_t word, std::ptrdiff_t count) {
  return static_cast<std::ptrdiff_t>(uniform_from<double>(word) * static_cast<double>(count));
}

/// A number in (0, 1) from words 0 and 1 of a block, on a grid of 2^-52: for probabilities of any size, in
/// double precision.
constexpr double fine_uniform_from(const PhiloxBlock& block) {
  const std::uint64_t bits = (std::uint64_t{block.word[0]} << 32 | block.word[1]) >> 12;
  return (static_cast<double>(static_cast<std::int64_t>(bits)) + 0.5) * 0x1p-52;
}

/// Is a word so close to either end that its uniform number decides about probabilities near or below the
/// grid of 2^-24? True for one word in 2^15. Such a draw takes a second word: see `ExtremeUniform`.
constexpr bool is_extreme(std::uint32_t word) { return word + 0x10000u < 0x20000u; }

/// For units that never draw.
struct NoRandom {};

/// For units that draw one uniform number, whose word has been generated already.
struct OneUniform {
  std::uint32_t word;  ///< 32 random bits
  /// Uniform in [0, 1).
  template <class T>
  constexpr T uniform() {
    return uniform_from<T>(word);
  }
};

/// For units that draw one uniform number, whose word is an extreme one: the low end in steps of 2^-64, and
/// the high end by its distance from 1, which is known as precisely.
struct ExtremeUniform : OneUniform {
  std::uint32_t more;  ///< 32 more random bits

  /// The second word of a unit and sample, from a draw that units of one uniform number do not use otherwise.
  static constexpr ExtremeUniform at(const Draws& draws, std::uint32_t word, std::uint32_t row,
                                     std::uint32_t column) {
    return {{word}, draws.block_of_row(row, column, 1).word[0]};
  }
  /// Is it near 1 rather than near 0?
  constexpr bool high() const { return word >= 0x80000000u; }
  /// Uniform in (0, 1); near 1 on the grid of `uniform_from`.
  template <class T>
  constexpr T uniform() const {
    return high() ? uniform_from<T>(word) : small<T>(word);
  }
  /// 1 - u, if u is near 1.
  template <class T>
  constexpr T complement() const {
    return small<T>(~word);
  }

 private:
  template <class T>
  constexpr T small(std::uint32_t upper) const {
    const T lower = (static_cast<T>(more) + T(0.5)) * T(0x1p-32);
    return (static_cast<T>(upper) + lower) * T(0x1p-32);
  }
};

/// True with probability sigmoid(field), from one uniform number; to within 2^-64 from either end, if extreme
/// words are drawn from as `ExtremeUniform`.
template <class T, class R>
constexpr bool draw_sigmoid(T field, R& random) {
  if constexpr (std::same_as<R, ExtremeUniform>)
    if (random.high()) return !(random.template complement<T>() < sigmoid(-field));
  return random.template uniform<T>() < sigmoid(field);
}

/// The draws of one unit and sample, in order. Each takes a whole block, so the only state is a count.
struct Random {
  Draws draws;               ///< the pass
  std::uint32_t row;         ///< the unit's row in its layer
  std::uint32_t column;      ///< the sample's column in the pass
  std::uint32_t number = 0;  ///< how many draws have been taken

  /// Uniform in [0, 1).
  template <class T>
  constexpr T uniform() {
    return uniform_from<T>(draws.block_of_row(row, column, number++).word[0]);
  }
  /// Uniform in (0, 1) with 48 random bits where they matter, near zero; single precision may round to 1.
  template <class T>
  constexpr T open_uniform() {
    return open_uniform_from<T>(draws.block_of_row(row, column, number++));
  }
  /// Normal with mean 0 and variance 1 (Box and Muller, 1958). The tails reach 8 standard deviations, since
  /// the uniform number behind the radius has 48 random bits where they matter, near zero.
  template <class T>
  constexpr T normal() {
    const PhiloxBlock block = draws.block_of_row(row, column, number++);
    return square_root(T(-2) * logarithm(open_uniform_from<T>(block))) *
           cosine_of_turns(uniform_from<T>(block.word[1]));
  }

 private:
  template <class T>
  static constexpr T open_uniform_from(const PhiloxBlock& block) {
    const T low =
        (static_cast<T>(static_cast<std::int32_t>(block.word[2] >> 8)) + T(0.5)) * T(5.9604644775390625e-8);
    return (static_cast<T>(static_cast<std::int32_t>(block.word[0] >> 8)) + low) * T(5.9604644775390625e-8);
  }
};

}  // namespace harmonium
