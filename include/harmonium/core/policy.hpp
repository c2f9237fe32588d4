/// \file
/// Variants, and policies: options that have a type of their own, or a variant of several such types.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
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

/// Calls f with a policy: the one that a variant holds, or the policy itself.
template <class F, class Policy>
decltype(auto) visit_policy(F&& f, Policy& policy) {
  if constexpr (is_variant<std::remove_const_t<Policy>>) {
    return visit_variant(f, policy);
  } else {
    return f(policy);
  }
}

}  // namespace harmonium::detail
