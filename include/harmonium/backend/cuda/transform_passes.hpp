/// \file
/// Passes over a layer: every unit's mean, draw, or whatever else a body computes.
#pragma once

#include <utility>

#include "pass.hpp"

namespace harmonium::detail {

/// x = body(input + bias, other), element by element: adds the bias, computes a mean or a draw, and stores
/// it, in one pass. A thread handles the four rows that share a block of random words, or a single row if a
/// unit takes several draws or many parameters.
template <class Body, class T>
struct TransformPass {
  static constexpr int each = Body::needs == Needs::random    ? 1
                              : Body::needs == Needs::nothing ? numbers_at_once<Body>
                                                              : 4;  // rows per thread
  Body body;
  CudaIn<T> parameters, input, other;
  CudaOut<T> x;
  Draws draws;
  Index first_row;
  bool aligned;  // are all columns aligned for moving four numbers at once?

  constexpr Index skip() const { return first_row % each; }
  constexpr Cells cells() const { return {(skip() + x.rows + each - 1) / each, x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [cell, c] = cells().at(i);
    const Index first = each * cell - skip();
    if constexpr (each == 1) {
      set(first, c, 0);
    } else {
      PhiloxBlock words{};
      if constexpr (Body::needs == Needs::one_uniform)
        words = draws.words_of_four_rows(static_cast<std::uint32_t>(first_row / 4 + cell),
                                         static_cast<std::uint32_t>(c));
      if (aligned && first + 4 <= x.rows) {
        Four<T> four = read_four(input.column(c) + first);
        const Four<T> bias = read_four(parameters.column(0) + first),
                      with = read_four(other.column(c) + first);
        for (int k = 0; k < 4; ++k)
          four.number[k] =
              value(four.number[k] + bias.number[k], with.number[k], first + k, c, words.word[k]);
        write_four(four, x.column(c) + first);
      } else {
        for (int k = 0; k < 4; ++k)
          if (first + k >= 0 && first + k < x.rows) set(first + k, c, words.word[k]);
      }
    }
  }

 private:
  constexpr void set(Index r, Index c, std::uint32_t word) const {
    x.column(c)[r] = value(input.column(c)[r] + parameters.column(0)[r], other.column(c)[r], r, c, word);
  }
  constexpr T value(T field, T with, Index r, Index c, std::uint32_t word) const {
    return value_with_shapes(field, with, r, c, word,
                             std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{});
  }
  template <std::size_t... I>
  constexpr T value_with_shapes(T field, T with, Index r, Index c, [[maybe_unused]] std::uint32_t word,
                                std::index_sequence<I...> /*shapes*/) const {
    if constexpr (Body::needs == Needs::one_uniform) {
      if (is_extreme(word)) {
        auto extreme = ExtremeUniform::at(draws, word, static_cast<std::uint32_t>(first_row + r),
                                          static_cast<std::uint32_t>(c));
        return body(field, with, extreme, parameters.column(static_cast<Index>(I) + 1)[r]...);
      }
      OneUniform random{word};
      return body(field, with, random, parameters.column(static_cast<Index>(I) + 1)[r]...);
    } else if constexpr (Body::needs == Needs::random) {
      Random random{draws, static_cast<std::uint32_t>(first_row + r), static_cast<std::uint32_t>(c)};
      return body(field, with, random, parameters.column(static_cast<Index>(I) + 1)[r]...);
    } else {
      NoRandom random;
      return body(field, with, random, parameters.column(static_cast<Index>(I) + 1)[r]...);
    }
  }
};

/// The same for grouped units, one thread per unit; a group uses the word of its first row.
template <class Body, class T>
struct TransformGroupsPass {
  Body body;
  CudaIn<T> parameters;
  Index group;
  CudaIn<T> input, other;
  CudaOut<T> x;
  Draws draws;
  Index first_row;
  constexpr Cells cells() const { return {x.rows / group, x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [unit, c] = cells().at(i);
    const Index r = unit * group;
    apply_to_group(body, GroupField<T>{input.column(c) + r, parameters.column(0) + r, group},
                   Group<const T>{other.column(c) + r, group}, Group<T>{x.column(c) + r, group}, draws,
                   static_cast<std::uint32_t>(first_row + r), static_cast<std::uint32_t>(c));
  }
};

}  // namespace harmonium::detail
