/// \file
/// What the threads of a launch do. A *pass* is a plain value with a plain function, so that the tests can
/// walk a launch's blocks and threads on the host; `run_pass` and `run_reduction` in kernels.cuh are the
/// only kernels. A pass's function is called once for each of its items, whatever the launch is.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "../backend.hpp"
#include "memory.hpp"

namespace harmonium::detail {

template <class T>
using CudaOut = View<T, CudaMemory>;
template <class T>
using CudaIn = View<const T, CudaMemory>;

/// All items of the thread that stands at `first` among `threads`: the loop that every thread runs.
template <class Pass>
constexpr void walk(const Pass& pass, Index first, Index threads) {
  for (Index i = first; i < pass.items(); i += threads) pass(i);
}

/// How cells of `rows` rows are counted through columns. Divides in 32 bits where that is enough, which
/// devices do several times as fast.
struct Cells {
  Index rows, cols;
  struct Place {
    Index row, column;
  };
  constexpr Index count() const { return rows * cols; }
  constexpr Place at(Index i) const {
    if (i < rows) return {i, 0};
    if (count() <= 0xffffffff) {
      const auto n = static_cast<std::uint32_t>(i), d = static_cast<std::uint32_t>(rows);
      return {static_cast<Index>(n % d), static_cast<Index>(n / d)};
    }
    return {i % rows, i / rows};
  }
};

/// Four rows of a column belong to one thread.
constexpr Index quads(Index rows) { return (rows + 3) / 4; }
/// Can four rows be moved at once? Columns then begin at multiples of four numbers.
template <class T>
bool moves_by_four(const T* first, Index distance) {
  return reinterpret_cast<std::uintptr_t>(first) % (4 * sizeof(T)) == 0 && distance % 4 == 0;
}
/// They move as one of these.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T number[4];
};
template <class T>
constexpr Four<T> read_four(const T* first) {
  return *reinterpret_cast<const Four<T>*>(first);
}
template <class T>
constexpr void write_four(const Four<T>& four, T* first) {
  *reinterpret_cast<Four<T>*>(first) = four;
}

/// x = value
template <class T>
struct FillPass {
  CudaOut<T> x;
  T value;
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    for (Index r = 4 * quad; r < 4 * quad + 4 && r < x.rows; ++r) x.column(c)[r] = value;
  }
};

/// Numbers that come with the launch itself: the way of small uploads, without waiting and without memory
/// that must outlive the call.
template <class T>
struct StorePass {
  static constexpr Index most = 3840 / static_cast<Index>(sizeof(T));  // a launch takes 4096 bytes
  CudaOut<T> x;
  Index first, count;  // which numbers of x, counted through its columns
  T values[static_cast<std::size_t>(most)];
  constexpr Index items() const { return count; }
  constexpr void operator()(Index i) const {
    const auto [r, c] = Cells{x.rows, x.cols}.at(first + i);
    x.column(c)[r] = values[i];
  }
};

/// x(:, i) = scale * table(:, columns[i]), for columns that come with the launch itself
template <class From, class T>
struct GatherPass {
  static constexpr Index most = 960;
  CudaIn<From> table;
  T scale;
  CudaOut<T> x;
  std::int32_t columns[static_cast<std::size_t>(most)];
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    const From* from = table.column(columns[c]);
    T* to = x.column(c);
    for (Index r = 4 * quad; r < 4 * quad + 4 && r < x.rows; ++r) to[r] = static_cast<T>(from[r]) * scale;
  }
};

/// x(:, c) *= weights(0, c)
template <class T>
struct ScaleColumnsPass {
  CudaOut<T> x;
  CudaIn<T> weights;
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    const T weight = *weights.column(c);
    T* column = x.column(c);
    for (Index r = 4 * quad; r < 4 * quad + 4 && r < x.rows; ++r) column[r] *= weight;
  }
};

/// x = body(input + bias, other), element by element: bias, mean or draw, and store in one pass. A thread has
/// the four rows that share a block of random words, or one row whose draws are many.
template <class Body, class T>
struct TransformPass {
  static constexpr int each = Body::needs == Needs::random ? 1 : 4;  // rows of a thread
  Body body;
  CudaIn<T> parameters, input, other;
  CudaOut<T> x;
  Draws draws;
  Index first_row;
  bool aligned;  // do all columns begin where four numbers can be moved at once?

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

/// The same for grouped units, a thread to each; a group draws with the word of its first row.
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
    OneUniform random{0};
    if constexpr (Body::needs != Needs::nothing) {
      const auto row = static_cast<std::uint32_t>(first_row + r);
      const PhiloxBlock words = draws.words_of_four_rows(row / 4, static_cast<std::uint32_t>(c));
      random.word = row % 4 == 0   ? words.word[0]
                    : row % 4 == 1 ? words.word[1]
                    : row % 4 == 2 ? words.word[2]
                                   : words.word[3];
    }
    body(GroupField<T>{input.column(c) + r, parameters.column(0) + r, group},
         Group<const T>{other.column(c) + r, group}, random, Group<T>{x.column(c) + r, group});
  }
};

/// rule(x, others...) on each number. A rule takes by value what it only reads.
template <class Rule, class T, int others>
struct UpdatePass {
  Rule rule;
  CudaOut<T> x;
  CudaOut<T> other[static_cast<std::size_t>(others > 0 ? others : 1)];
  bool aligned;
  constexpr Cells cells() const { return {quads(x.rows), x.cols}; }
  constexpr Index items() const { return cells().count(); }
  constexpr void operator()(Index i) const {
    const auto [quad, c] = cells().at(i);
    apply(4 * quad, c, std::make_index_sequence<static_cast<std::size_t>(others)>{});
  }

 private:
  template <std::size_t... I>
  constexpr void apply(Index first, Index c, std::index_sequence<I...> /*others*/) const {
    if (aligned && first + 4 <= x.rows) {
      by_four(x.column(c) + first, (other[I].column(c) + first)...);
    } else {
      for (Index r = first; r < first + 4 && r < x.rows; ++r) rule(x.column(c)[r], other[I].column(c)[r]...);
    }
  }
  template <class... Numbers>
  constexpr void by_four(T* to, Numbers*... with) const {
    Four<T> own = read_four(to);
    by_four_of(own, with..., read_four(with)...);
    write_four(own, to);
  }
  constexpr void by_four_of(Four<T>& own) const {
    for (int k = 0; k < 4; ++k) rule(own.number[k]);
  }
  constexpr void by_four_of(Four<T>& own, T* to, Four<T> a) const {
    for (int k = 0; k < 4; ++k) rule(own.number[k], a.number[k]);
    if constexpr (!reads<1>) write_four(a, to);
  }
  constexpr void by_four_of(Four<T>& own, T* to_a, T* to_b, Four<T> a, Four<T> b) const {
    for (int k = 0; k < 4; ++k) rule(own.number[k], a.number[k], b.number[k]);
    if constexpr (!reads<1>) write_four(a, to_a);
    if constexpr (!reads<2>) write_four(b, to_b);
  }
  constexpr void by_four_of(Four<T>& own, T* to_a, T* to_b, T* to_c, Four<T> a, Four<T> b, Four<T> d) const {
    for (int k = 0; k < 4; ++k) rule(own.number[k], a.number[k], b.number[k], d.number[k]);
    if constexpr (!reads<1>) write_four(a, to_a);
    if constexpr (!reads<2>) write_four(b, to_b);
    if constexpr (!reads<3>) write_four(d, to_c);
  }
  // Does the rule only read its argument number `place`? Then a temporary can stand there.
  template <int place, int at>
  using Argument = std::conditional_t<at == place, T, T&>;
  template <int place, std::size_t... I>
  static constexpr bool reads_of(std::index_sequence<I...> /*others*/) {
    return std::is_invocable_v<const Rule&, T&, Argument<place, static_cast<int>(I) + 1>...>;
  }
  template <int place>
  static constexpr bool reads = reads_of<place>(std::make_index_sequence<static_cast<std::size_t>(others)>{});
};

// ---- Reductions. The threads of a block sum up one `piece` after another: each its part, then in a tree,
// down to `width` numbers, which `finish` takes. Pieces depend on the shape alone, so the bytes of a result
// depend on nothing else.

/// out(0, c) += factor * the sum over units of body(x, bias)
template <class Body, class T>
struct SumOverUnitsPass {
  static constexpr int width = 1;
  Body body;
  CudaIn<T> parameters;
  Index group;
  CudaIn<T> x;
  T factor;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    double sum = 0;
    const T* column = x.column(c);
    if constexpr (Body::grouped) {
      for (Index r = thread * group; r < x.rows; r += threads * group)
        sum += static_cast<double>(
            body(Group<const T>{column + r, group}, Group<const T>{parameters.column(0) + r, group}));
    } else {
      for (Index r = thread; r < x.rows; r += threads)
        sum += static_cast<double>(
            value(column, r, std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{}));
    }
    return sum;
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) += factor * static_cast<T>(sum);
  }

 private:
  template <std::size_t... I>
  constexpr T value(const T* column, Index r, std::index_sequence<I...> /*shapes*/) const {
    return body(column[r], parameters.column(0)[r], parameters.column(static_cast<Index>(I) + 1)[r]...);
  }
};

/// out(r, 0) += the sum over c of weights(0, c) * body(x, bias); eight rows are a piece, for as many numbers
/// make a line of memory.
template <class Body, class T>
struct SumOverSamplesPass {
  static constexpr int width = 8;
  Body body;
  CudaIn<T> parameters, x, weights;
  CudaOut<T> out;
  constexpr Index pieces() const { return (x.rows + width - 1) / width; }
  constexpr double part(Index piece, int thread, int threads) const {
    const Index r = piece * width + thread % width;
    double sum = 0;
    if (r < x.rows)
      for (Index c = thread / width; c < x.cols; c += threads / width)
        sum += static_cast<double>(
            *weights.column(c) *
            value(x.column(c)[r], r, std::make_index_sequence<static_cast<std::size_t>(Body::shapes)>{}));
    return sum;
  }
  constexpr void finish(Index piece, int lane, double sum) const {
    const Index r = piece * width + lane;
    if (r < x.rows) out.column(0)[r] += static_cast<T>(sum);
  }

 private:
  template <std::size_t... I>
  constexpr T value(T number, Index r, std::index_sequence<I...> /*shapes*/) const {
    return body(number, parameters.column(0)[r], parameters.column(static_cast<Index>(I) + 1)[r]...);
  }
};

/// out(0, c) += factor * the sum over r of x * y
template <class T>
struct DotColumnsPass {
  static constexpr int width = 1;
  T factor;
  CudaIn<T> x, y;
  CudaOut<T> out;
  constexpr Index pieces() const { return x.cols; }
  constexpr double part(Index c, int thread, int threads) const {
    double sum = 0;
    for (Index r = thread; r < x.rows; r += threads)
      sum += static_cast<double>(x.column(c)[r]) * static_cast<double>(y.column(c)[r]);
    return sum;
  }
  constexpr void finish(Index c, int /*lane*/, double sum) const {
    *out.column(c) += factor * static_cast<T>(sum);
  }
};

/// sums[piece] = the sum of body(x, others...) over every so many numbers; `others` counts from x on
template <class Body, class T, int matrices>
struct SumPass {
  static constexpr int width = 1;
  Body body;
  CudaIn<T> matrix[static_cast<std::size_t>(matrices)];
  Index count;  // of pieces
  double* sums;
  constexpr Index pieces() const { return count; }
  constexpr double part(Index piece, int thread, int threads) const {
    const Cells cells{matrix[0].rows, matrix[0].cols};
    double sum = 0;
    for (Index i = piece * threads + thread; i < cells.count(); i += count * threads) {
      const auto [r, c] = cells.at(i);
      sum += static_cast<double>(value(r, c, std::make_index_sequence<static_cast<std::size_t>(matrices)>{}));
    }
    return sum;
  }
  constexpr void finish(Index piece, int /*lane*/, double sum) const { sums[piece] = sum; }

 private:
  template <std::size_t... I>
  constexpr T value(Index r, Index c, std::index_sequence<I...> /*matrices*/) const {
    return body(matrix[I].column(c)[r]...);
  }
};

/// *sum = the sum of so many numbers
struct SumOfSumsPass {
  static constexpr int width = 1;
  const double* sums;
  Index count;
  double* sum;
  constexpr Index pieces() const { return 1; }
  constexpr double part(Index /*piece*/, int thread, int threads) const {
    double part = 0;
    for (Index i = thread; i < count; i += threads) part += sums[i];
    return part;
  }
  constexpr void finish(Index /*piece*/, int /*lane*/, double total) const { *sum = total; }
};

}  // namespace harmonium::detail
