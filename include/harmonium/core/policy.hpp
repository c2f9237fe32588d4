/// \file
/// Policies: options that have a type of their own, or a variant of several such types.
#pragma once

#include <type_traits>

#include "variant.hpp"

namespace harmonium::detail {

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
