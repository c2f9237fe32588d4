/// \file
/// Unit types of a stack of layers. They are known at compile time; the number of layers and their sizes are
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

/// Unit types from the bottom up; the last one is repeated for all further layers.
template <class... U>
struct Stack {
  static_assert(sizeof...(U) >= 1, "a Stack names at least one unit type");
  static constexpr std::size_t named = sizeof...(U);  ///< number of types that are named
  /// Type of the units in layer `I`, the visible layer being 0.
  template <std::size_t I>
  using At = std::tuple_element_t<std::min(I, named - 1), std::tuple<U...>>;

  /// \name Layout of a feed-forward network
  /// @{
  static constexpr bool mirrored = false;  ///< are the outputs like the inputs?
  /// Number of layers of a network with `sizes` sizes, counting the inputs but not the head.
  static constexpr std::size_t layers(std::size_t sizes) { return sizes; }
  /// The inverse of `layers`.
  static constexpr std::size_t sizes(std::size_t layers) { return layers; }
  /// The index of a layer's size and type.
  static constexpr std::size_t place(std::size_t layer, std::size_t /*sizes*/) { return layer; }
  /// @}
};

/// Size of a layer in a stack: `500`, `GroupedSize{.units = 5, .states = 3}`, or a tuple of such sizes.
struct StackSize {
  Index units = 0;                    ///< number of units
  Index states = 0;                   ///< rows per unit, if they are grouped
  std::vector<StackSize> parts = {};  ///< sizes of the parts, if it is a tuple
  /// A number of units.
  StackSize(Index unit_count) : units(unit_count) {}  // NOLINT: numbers are sizes
  /// A number of units with a number of states each.
  StackSize(GroupedSize size) : units(size.units), states(size.states) {}  // NOLINT
  /// The sizes of the parts of a mixed layer.
  template <class... S>
  StackSize(const std::tuple<S...>& sizes)  // NOLINT
      : parts(std::apply([](const auto&... size) { return std::vector{StackSize(size)...}; }, sizes)) {}
  /// Are the sizes equal?
  bool operator==(const StackSize&) const = default;

  /// Converts to the size type of a layer of units `U`. \throws ShapeError if that is a tuple of another
  /// length
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
/// A variant of the distinct types.
template <class... Types>
using UniqueVariant = typename Unique<std::variant<>, Types...>::type;

template <template <std::size_t> class At, class Indices>
struct Kinds;
template <template <std::size_t> class At, std::size_t... I>
struct Kinds<At, std::index_sequence<I...>> {
  using type = UniqueVariant<At<I>...>;
};
/// A variant of the distinct types among At<0>, ..., At<count - 1>.
template <template <std::size_t> class At, std::size_t count>
using AnyKind = typename Kinds<At, std::make_index_sequence<count>>::type;

/// Calls f with the std::integral_constant min(layer, limit - 1), which turns a run-time layer index into a
/// compile-time one.
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
