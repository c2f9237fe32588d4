/// \file
/// The CPU backend's loops over a chunk of rows: one for each kind of element-wise pass, single-threaded, in
/// a form that compilers vectorise.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "backend.hpp"

namespace harmonium::detail {

/// The single-threaded functions of `Cpu<Scalar>`.
template <class Scalar>
struct CpuLoops {
  static constexpr Index chunk_rows = 256;     ///< with its random words, a chunk fits the first-level cache
  static constexpr Index block_columns = 256;  ///< samples that are added in the precision of Scalar
  /// 0 ... shape parameters - 1
  template <class Body>
  using Shapes = std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>;

  // The columns of a shuffled batch are scattered in memory, so the next one is prefetched while this one is
  // converted.
  template <class T>
  static void prefetch([[maybe_unused]] const T* column, [[maybe_unused]] Index rows) {
#if defined(__GNUC__)
    for (Index r = 0; r < rows; r += 64 / static_cast<Index>(sizeof(T))) __builtin_prefetch(column + r);
#endif
  }

  // The words of `count` rows starting at `first_row`: one plain loop over blocks, which compilers vectorise.
  struct Words {
    std::uint32_t word[chunk_rows + 8];
    Words(Draws draws, Index first_row, Index column, Index count) {
      const auto first = static_cast<std::uint32_t>(first_row / 4),
                 sample = static_cast<std::uint32_t>(column);
      const Index skip = first_row % 4;
      const Index blocks = (skip + count + 3) / 4;
      for (Index i = 0; i < blocks; ++i) {
        const std::uint32_t block = first + static_cast<std::uint32_t>(i);
        std::uint32_t* four = word + 4 * i;
#if defined(__AVX512DQ__)  // lanes as wide as the products; otherwise g++ 12 shuffles in every round
        const auto random = draws.lanes_of_four_rows(block, sample);
#else
        const auto random = draws.words_of_four_rows(block, sample);
#endif
        four[0] = static_cast<std::uint32_t>(random.word[0]);
        four[1] = static_cast<std::uint32_t>(random.word[1]);
        four[2] = static_cast<std::uint32_t>(random.word[2]);
        four[3] = static_cast<std::uint32_t>(random.word[3]);
      }
      if (skip != 0) std::memmove(word, word + skip, sizeof(std::uint32_t) * static_cast<std::size_t>(count));
    }
    // Is one of them extreme? Asked of all in one plain loop, which costs next to nothing.
    bool has_extreme(Index count) const {
      std::uint32_t least = ~0u;
      for (Index r = 0; r < count; ++r) least = std::min(least, word[r] + 0x10000u);
      return least < 0x20000u;
    }
  };

  // Part of its caller: clang++ vectorises the loop only so.
  template <class Body, std::size_t... I>
  [[gnu::always_inline]] static void transform_rows(const Body& body, View<const Scalar> parameters,
                                                    const Scalar* input, const Scalar* other, Scalar* x,
                                                    Index count, Draws draws, Index first_row, Index column,
                                                    std::index_sequence<I...> /*shapes*/) {
    const Scalar* bias = parameters.data;
    const auto loop = [&](auto random_at, auto... shape) {
      for (Index r = 0; r < count; ++r) {
        auto random = random_at(r);
        x[r] = body(input[r] + bias[r], other[r], random, shape[r]...);
      }
    };
    if constexpr (Body::needs == Needs::one_uniform) {
      const Words words(draws, first_row, column, count);
      loop([&](Index r) { return OneUniform{words.word[r]}; },
           parameters.column(static_cast<Index>(I) + 1)...);
      if (words.has_extreme(count))
        draw_extremes(body, parameters, input, other, x, count, draws, first_row, column,
                      std::index_sequence<I...>{});
    } else if constexpr (Body::needs == Needs::random) {
      const auto row = static_cast<std::uint32_t>(first_row), sample = static_cast<std::uint32_t>(column);
      loop(
          [=](Index r) {
            return Random{draws, row + static_cast<std::uint32_t>(r), sample};
          },
          parameters.column(static_cast<Index>(I) + 1)...);
    } else {
      loop([](Index) { return NoRandom{}; }, parameters.column(static_cast<Index>(I) + 1)...);
    }
  }

  // Draws those units of a chunk again whose word is extreme.
  template <class Body, std::size_t... I>
  [[gnu::noinline]] static void draw_extremes(const Body& body, View<const Scalar> parameters,
                                              const Scalar* input, const Scalar* other, Scalar* x,
                                              Index count, Draws draws, Index first_row, Index column,
                                              std::index_sequence<I...> /*shapes*/) {
    const Words words(draws, first_row, column, count);  // the caller's would have an address then
    for (Index r = 0; r < count; ++r) {
      if (!is_extreme(words.word[r])) continue;
      auto random = ExtremeUniform::at(draws, words.word[r], static_cast<std::uint32_t>(first_row + r),
                                       static_cast<std::uint32_t>(column));
      x[r] = body(input[r] + parameters(r, 0), other[r], random, parameters(r, static_cast<Index>(I) + 1)...);
    }
  }

  template <class Body>
  static void transform_groups(const Body& body, const Scalar* bias, Index group, const Scalar* input,
                               const Scalar* other, Scalar* x, Index count, Draws draws, Index first_row,
                               Index column) {
    for (Index r = 0; r < count; r += group) {
      apply_to_group(body, GroupField<Scalar>{input + r, bias + r, group},
                     Group<const Scalar>{other + r, group}, Group<Scalar>{x + r, group}, draws,
                     static_cast<std::uint32_t>(first_row + r), static_cast<std::uint32_t>(column));
    }
  }

  template <class Body, std::size_t... I>
  static double sum_rows(const Body& body, View<const Scalar> parameters, const Scalar* x, Index count,
                         std::index_sequence<I...> /*shapes*/) {
    Scalar part[chunk_rows];
    const Scalar* bias = parameters.data;
    const auto loop = [&](auto... shape) {
      for (Index r = 0; r < count; ++r) part[r] = body(x[r], bias[r], shape[r]...);
    };
    loop(parameters.column(static_cast<Index>(I) + 1)...);
    double sum = 0;
    for (Index r = 0; r < count; ++r) sum += static_cast<double>(part[r]);
    return sum;
  }

  template <class Body>
  static double sum_groups(const Body& body, const Scalar* bias, Index group, const Scalar* x, Index rows) {
    double sum = 0;
    for (Index r = 0; r < rows; r += group)
      sum +=
          static_cast<double>(body(Group<const Scalar>{x + r, group}, Group<const Scalar>{bias + r, group}));
    return sum;
  }

  // Numbers of Scalar are added within a block of columns only, and blocks in double precision: in one sum
  // over a million samples, rounding errors of equal terms add up to more than the sampling error.
  template <class Body, std::size_t... I>
  static void sum_samples(const Body& body, View<const Scalar> parameters, View<const Scalar> x,
                          View<const Scalar> weights, Scalar* out, std::index_sequence<I...> /*shapes*/) {
    Scalar part[chunk_rows];
    const auto sum_block = [&](Index first, Index last) {
      std::fill(part, part + x.rows, Scalar(0));
      const Scalar* bias = parameters.data;
      for (Index c = first; c < last; ++c) {
        const Scalar weight = weights(0, c);
        const Scalar* column = x.column(c);
        const auto loop = [&](auto... shape) {
          for (Index r = 0; r < x.rows; ++r) part[r] += weight * body(column[r], bias[r], shape[r]...);
        };
        loop(parameters.column(static_cast<Index>(I) + 1)...);
      }
    };
    if (x.cols <= block_columns) {
      sum_block(0, x.cols);
      for (Index r = 0; r < x.rows; ++r) out[r] += part[r];
      return;
    }
    double sum[chunk_rows] = {};
    for (Index first = 0; first < x.cols; first += block_columns) {
      sum_block(first, std::min(first + block_columns, x.cols));
      for (Index r = 0; r < x.rows; ++r) sum[r] += static_cast<double>(part[r]);
    }
    for (Index r = 0; r < x.rows; ++r) out[r] += static_cast<Scalar>(sum[r]);
  }

  template <class Rule, class... Numbers>
  [[gnu::noinline]] static void apply(const Rule& rule, Index count, Numbers*... numbers) {
    for (Index i = 0; i < count; ++i) rule(numbers[i]...);
  }
};

}  // namespace harmonium::detail
