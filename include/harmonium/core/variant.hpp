/// \file
/// Variants, visited in a way that compiles fast.
#pragma once

#include <cstddef>
#include <variant>

namespace harmonium::detail {

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

/// std::visit() for one variant, which compiles several times faster: f(what it holds), of alternatives from
/// number `First` on. All results have one type. \throws std::bad_variant_access if it holds nothing
template <std::size_t First = 0, class F, class Variant>
constexpr decltype(auto) visit_variant(F&& f, Variant& variant) {
  if constexpr (First + 1 < std::variant_size_v<Variant>) {
    if (variant.index() != First) return visit_variant<First + 1>(f, variant);
  } else {
    if (variant.index() != First) throw std::bad_variant_access();
  }
  return f(*std::get_if<First>(&variant));
}

}  // namespace harmonium::detail
