/// \file
/// Walks over tuples.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

namespace harmonium::detail {

/// Calls f(element) for each element, in order: what std::apply() would do, and compiles faster.
template <class F, class... T>
constexpr void for_each_element([[maybe_unused]] const std::tuple<T...>& tuple, [[maybe_unused]] F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(std::get<I>(tuple)), ...); }
  (std::index_sequence_for<T...>{});
}

}  // namespace harmonium::detail
