/// \file
/// The operations that a unit type, an optimizer or a rule consists of. Taking the addresses of all their
/// functions instantiates their device code. For harmonium/cuda/*.cu and the tests.
#pragma once

#include <tuple>

#include "../backend/cuda/operations.hpp"
#include "../optimizers/optimizer.hpp"
#include "../units/family.hpp"

namespace harmonium::detail {

/// Does a unit type have a mode, its own or a derived one?
template <class U, class T, std::size_t... I>
constexpr bool has_mode(std::index_sequence<I...> /*shapes*/) {
  return FiniteUnit<U> || requires(T field) { U::mode(field, (static_cast<void>(I), field)...); };
}

template <class U, class T, std::size_t... I>
constexpr auto cuda_code_of_shapes(std::index_sequence<I...> /*shapes*/) {
  using F = Family<U>;
  return std::tuple(&CudaSumOverSamples<StatisticBody<F, static_cast<int>(I)>, T>::run...,
                    &CudaSumOverSamples<MeanStatisticBody<F, static_cast<int>(I)>, T>::run...,
                    &CudaTransform<StatisticSlopeBody<F, static_cast<int>(I)>, T>::run...);
}

/// The slope of the energy, which units without shape parameters need nowhere.
template <class U, class T>
constexpr auto cuda_code_of_slopes() {
  if constexpr (has_shapes<U>) {
    return std::tuple(&CudaTransform<EnergySlopeBody<Family<U>>, T>::run);
  } else {
    return std::tuple<>();
  }
}

/// The spread, of units whose scale training chooses.
template <class U, class T>
constexpr auto cuda_code_of_spreads() {
  if constexpr (has_free_scale<U>) {
    return std::tuple(&CudaTransform<SpreadBody<Family<U>>, T>::run);
  } else {
    return std::tuple<>();
  }
}

/// The address of `weigh` for means; grouped units have none.
template <class U, class T>
constexpr auto cuda_code_of_weights() {
  if constexpr (is_grouped<U>) {
    return std::tuple<>();
  } else {
    return std::tuple(&CudaWeigh<MeanBody<Family<U>>, T>::run);
  }
}

/// All functions of a unit type or activation.
template <class U, class T>
constexpr auto cuda_code_of_unit() {
  using F = Family<U>;
  const auto means =
      std::tuple(&CudaTransform<MeanBody<F>, T>::run, &CudaTransform<BackpropagateBody<F>, T>::run);
  if constexpr (is_activation<U>) {
    return means;
  } else {
    using Shapes = std::make_index_sequence<static_cast<std::size_t>(shapes_of<U>)>;
    const auto all = std::tuple_cat(
        means,
        std::tuple(&CudaTransform<SampleBody<F>, T>::run, &CudaSumOverUnits<LogPartitionBody<F>, T>::run,
                   &CudaSumOverUnits<EnergyBody<F>, T>::run),
        cuda_code_of_shapes<U, T>(Shapes{}), cuda_code_of_slopes<U, T>(), cuda_code_of_spreads<U, T>(),
        cuda_code_of_weights<U, T>());
    if constexpr (has_mode<U, T>(Shapes{})) {
      return std::tuple_cat(all, std::tuple(&CudaTransform<ModeBody<F>, T>::run));
    } else {
      return all;
    }
  }
}

}  // namespace harmonium::detail

namespace harmonium {

/// Instantiates the device code of unit type or activation `U` for numbers of type `T`; see cuda/unit.cuh.
template <class U, class T>
struct CudaUnit {
  static constexpr auto code =
      detail::cuda_code_of_unit<U, T>();  ///< addresses, so that all of it is compiled
};

/// The same for an optimizer.
template <class O, class T>
struct CudaOptimizer {
  /// The update of one number.
  using Rule = detail::ShrinkingRule<decltype(std::declval<const O&>().template rule<T>(1, 0.0)), T>;
  static constexpr auto code = &detail::CudaUpdate<Rule, T, 1 + O::moments>::run;  ///< its address
};

}  // namespace harmonium
