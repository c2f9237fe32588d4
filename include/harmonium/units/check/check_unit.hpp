/// \file
/// Is a unit type right? `check_unit<U>()` weighs the unit's states by its energy alone and compares all
/// functions of the unit, its own and the derived ones, with sums over the states: the log-partition with the
/// log of the sum, mean, variance and statistics with expectations, draws with the distribution.
///
/// The states of a finite unit are known. Those of any other unit are the whole numbers if all draws are
/// whole, else the real numbers, which are integrated by the double-exponential rule (Takahasi and Mori,
/// 1974). They are limited by the unit's `accepts`, or by the options `lowest` and `highest`.
#pragma once

#include "circle.hpp"
#include "elements.hpp"
#include "groups.hpp"

namespace harmonium {

/// Compares all functions of a unit type with sums over its states, at each of the options' fields and
/// shapes. \throws ValueError if the options leave nothing to check
template <class U>
UnitReport check_unit(const UnitCheckOptions& options = {}) {
  static_assert(require_unit<U>());
  detail::UnitChecker checker(U::name, options);
  if constexpr (CircleUnit<U>) {
    detail::check_circle_unit<U>(checker);
  } else if constexpr (is_grouped<U>) {
    detail::check_grouped_unit<U>(checker);
  } else {
    detail::check_element_unit<U>(checker);
  }
  return checker.report;
}

}  // namespace harmonium
