/// \file
/// Unit types of a stack of layers: known at compile time, while the number of layers and their sizes are
/// not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "layer.hpp"

namespace harmonium {

/// Unit types from the bottom up; the last one named repeats as often as there are layers.
template <class... U>
struct Stack {
  static_assert(sizeof...(U) >= 1, "a Stack names at least one unit type");
  static constexpr std::size_t named = sizeof...(U);  ///< how many are named
  /// Type of the units in layer `I`, the visible layer being 0.
  template <std::size_t I>
  using At = std::tuple_element_t<std::min(I, named - 1), std::tuple<U...>>;

  /// \name How a feed-forward network is laid out
  /// @{
  static constexpr bool mirrored = false;  ///< does it end where it began?
  /// Layers of a network of so many sizes, its inputs among them and its head not.
  static constexpr std::size_t layers(std::size_t sizes) { return sizes; }
  /// The other way round.
  static constexpr std::size_t sizes(std::size_t layers) { return layers; }
  /// Which of the sizes, and of the types, a layer has.
  static constexpr std::size_t place(std::size_t layer, std::size_t /*sizes*/) { return layer; }
  /// @}
};

/// Size of a layer in a stack: `500`, `GroupedSize{.units = 5, .states = 3}`, or a tuple of such sizes.
struct StackSize {
  Index units = 0;                    ///< units
  Index states = 0;                   ///< rows of each, if they are grouped
  std::vector<StackSize> parts = {};  ///< of a tuple, which has no units of its own
  /// So many units.
  StackSize(Index unit_count) : units(unit_count) {}  // NOLINT: numbers are sizes
  /// So many units of so many states.
  StackSize(GroupedSize size) : units(size.units), states(size.states) {}  // NOLINT
  /// The sizes of the parts of a mixed layer.
  template <class... S>
  StackSize(const std::tuple<S...>& sizes)  // NOLINT
      : parts(std::apply([](const auto&... size) { return std::vector{StackSize(size)...}; }, sizes)) {}
  /// Are they the same?
  bool operator==(const StackSize&) const = default;

  /// As a layer of units `U` wants it. \throws ShapeError if that is a tuple of another length
  template <class U>
  LayerSize<U> as() const {
    return as(std::type_identity<LayerSize<U>>{});
  }

 private:
  Index as(std::type_identity<Index> /*wanted*/) const { return units; }
  GroupedSize as(std::type_identity<GroupedSize> /*wanted*/) const { return {units, states}; }
  template <class... S>
  std::tuple<S...> as(std::type_identity<std::tuple<S...>> /*wanted*/) const {
    check<ShapeError>(parts.size() == sizeof...(S), "StackSize: there are sizes of ", parts.size(),
                      " parts for a layer of ", sizeof...(S));
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<S...>(parts[I].as(std::type_identity<S>{})...);
    }
    (std::index_sequence_for<S...>{});
  }
};

namespace detail {
template <class Done, class... Types>
struct Unique;
template <class... Done>
struct Unique<std::variant<Done...>> {
  using type = std::variant<Done...>;
};
template <class... Done, class First, class... Rest>
struct Unique<std::variant<Done...>, First, Rest...>
    : std::conditional_t<(std::is_same_v<First, Done> || ...), Unique<std::variant<Done...>, Rest...>,
                         Unique<std::variant<Done..., First>, Rest...>> {};
/// A variant of the types, each once.
template <class... Types>
using UniqueVariant = typename Unique<std::variant<>, Types...>::type;

template <template <std::size_t> class At, class Indices>
struct Kinds;
template <template <std::size_t> class At, std::size_t... I>
struct Kinds<At, std::index_sequence<I...>> {
  using type = UniqueVariant<At<I>...>;
};
/// A variant of At<0>, ..., At<count - 1>, each once.
template <template <std::size_t> class At, std::size_t count>
using AnyKind = typename Kinds<At, std::make_index_sequence<count>>::type;

/// Calls f with std::integral_constant min(layer, limit - 1): a run-time layer's compile-time kind.
template <std::size_t limit, class F>
void with_kind(std::size_t layer, F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (void)((I == std::min(layer, limit - 1) ? (f(std::integral_constant<std::size_t, I>{}), true) : false) ||
           ...);
  }
  (std::make_index_sequence<limit>{});
}
}  // namespace detail
}  // namespace harmonium
