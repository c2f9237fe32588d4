/// \file
/// The pass of a rule over matrices.
#pragma once

#include <type_traits>
#include <utility>

#include "pass.hpp"

namespace harmonium::detail {

/// rule(x, others...) on each number. A rule takes the numbers that it only reads by value.
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
  // Does the rule only read its argument number `place`? If so, it accepts a temporary there.
  template <int place, int at>
  using Argument = std::conditional_t<at == place, T, T&>;
  template <int place, std::size_t... I>
  static constexpr bool reads_of(std::index_sequence<I...> /*others*/) {
    return std::is_invocable_v<const Rule&, T&, Argument<place, static_cast<int>(I) + 1>...>;
  }
  template <int place>
  static constexpr bool reads = reads_of<place>(std::make_index_sequence<static_cast<std::size_t>(others)>{});
};

}  // namespace harmonium::detail
