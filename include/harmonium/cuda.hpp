/// \file
/// Training and inference on a CUDA device: `Cuda<float>` as the last template argument of a model, and
/// `CudaDataset`. Plain C++ for any compiler; the program links the CMake target harmonium::cuda.
///
///     Rbm<Bernoulli, Bernoulli, Cuda<float>> rbm{{.visible = 784, .hidden = 500}};
///     ContrastiveDivergence{rbm, {.epochs = 10}}.fit(CudaDataset(train), ProgressBar{});
#pragma once

#include "backend/cuda.hpp"
#include "cuda/dataset.hpp"
#include "optimizers/optimizer.hpp"
#include "units/bernoulli.hpp"
#include "units/categorical.hpp"
#include "units/drelu.hpp"
#include "units/family.hpp"
#include "units/gaussian.hpp"
#include "units/poisson.hpp"
#include "units/rectified.hpp"
#include "units/relu.hpp"
#include "units/spin.hpp"

namespace harmonium {

// What harmonium::cuda contains.
/// \cond
template <>
inline constexpr bool cuda_compiled<Bernoulli> = true;
template <>
inline constexpr bool cuda_compiled<Categorical> = true;
template <>
inline constexpr bool cuda_compiled<Drelu> = true;
template <>
inline constexpr bool cuda_compiled<Gaussian> = true;
template <>
inline constexpr bool cuda_compiled<Poisson> = true;
template <>
inline constexpr bool cuda_compiled<Rectified> = true;
template <>
inline constexpr bool cuda_compiled<Relu> = true;
template <>
inline constexpr bool cuda_compiled<Spin> = true;
template <class U>
requires Unit<U> || Activation<U>
inline constexpr bool cuda_compiled<Family<U>> = cuda_compiled<U>;

template <>
inline constexpr bool cuda_compiled<Momentum::Rule<float>> = true;
template <>
inline constexpr bool cuda_compiled<Momentum::Rule<double>> = true;
template <>
inline constexpr bool cuda_compiled<Adam::Rule<float>> = true;
template <>
inline constexpr bool cuda_compiled<Adam::Rule<double>> = true;
template <>
inline constexpr bool cuda_compiled<Nesterov::Rule<float>> = true;
template <>
inline constexpr bool cuda_compiled<Nesterov::Rule<double>> = true;
template <>
inline constexpr bool cuda_compiled<Sgd::Rule<float>> = true;
template <>
inline constexpr bool cuda_compiled<Sgd::Rule<double>> = true;
template <class Rule, class T>
inline constexpr bool cuda_compiled<detail::ShrinkingRule<Rule, T>> = cuda_compiled<Rule>;
/// \endcond

}  // namespace harmonium
