/// \file
/// Which types have device code. Bodies have it if their unit type has.
#pragma once

#include "../backend.hpp"

namespace harmonium {

/// Is there device code for this body, rule, unit type or activation? Your own types declare it themselves,
/// with `static constexpr bool cuda_compiled = true`, and have a .cu file; see cuda/unit.cuh.
template <class X>
inline constexpr bool cuda_compiled = false;
/// \cond
template <class X>
requires requires { X::cuda_compiled; }
inline constexpr bool cuda_compiled<X> = X::cuda_compiled;

template <class F>
inline constexpr bool cuda_compiled<MeanBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<ModeBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<SampleBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<BackpropagateBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<LogPartitionBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<EnergyBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<SpreadBody<F>> = cuda_compiled<F>;
template <class F>
inline constexpr bool cuda_compiled<EnergySlopeBody<F>> = cuda_compiled<F>;
template <class F, int which>
inline constexpr bool cuda_compiled<StatisticSlopeBody<F, which>> = cuda_compiled<F>;
template <class F, int which>
inline constexpr bool cuda_compiled<StatisticBody<F, which>> = cuda_compiled<F>;
template <class F, int which>
inline constexpr bool cuda_compiled<MeanStatisticBody<F, which>> = cuda_compiled<F>;
template <>
inline constexpr bool cuda_compiled<detail::DropoutBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::ZeroSumBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::DifferentBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::SquareBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::SquaredDifferenceBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::IdentityBody> = true;
template <>
inline constexpr bool cuda_compiled<detail::NotFiniteBody> = true;
template <>
inline constexpr bool cuda_compiled<Add> = true;
template <>
inline constexpr bool cuda_compiled<Subtract> = true;
template <>
inline constexpr bool cuda_compiled<SubtractFrom> = true;
template <>
inline constexpr bool cuda_compiled<Multiply> = true;
template <>
inline constexpr bool cuda_compiled<SetToSum> = true;
template <>
inline constexpr bool cuda_compiled<AddDifference> = true;
template <>
inline constexpr bool cuda_compiled<SubtractProduct> = true;
template <>
inline constexpr bool cuda_compiled<PutBack> = true;
template <class T>
inline constexpr bool cuda_compiled<ScaleBy<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<SetToMultiple<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<Mix<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<MixLimited<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<SetToCombination<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<MoveTowards<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<Pull<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<NormSlope<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<NormLimit<T>> = true;
template <class T>
inline constexpr bool cuda_compiled<StepAgainst<T>> = true;
template <>
inline constexpr bool cuda_compiled<SetToSign> = true;
template <>
inline constexpr bool cuda_compiled<TakeUnitSpread> = true;
template <>
inline constexpr bool cuda_compiled<StateBody> = true;
template <>
inline constexpr bool cuda_compiled<ScaledStateBody> = true;
/// \endcond

}  // namespace harmonium
