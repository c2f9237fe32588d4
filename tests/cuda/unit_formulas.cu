// Host and device share the unit formulas: this compiles every function of every bundled unit type as device
// code, and the functions derived for user-defined types.
#include <harmonium/backend/bodies.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/categorical.hpp>
#include <harmonium/units/drelu.hpp>
#include <harmonium/units/family.hpp>
#include <harmonium/units/gaussian.hpp>
#include <harmonium/units/poisson.hpp>
#include <harmonium/units/rectified.hpp>
#include <harmonium/units/spin.hpp>

#include "../support/units.hpp"

using namespace harmonium;

static_assert(philox({{0, 0, 0, 0}}, 0, 0).word[0] == 0x6627e8d5u,
              "the compiler's own Philox is the published one");

template <class U, class T, class... Shape>
__global__ void elements(const T* in, T* out, Draws draws, Shape... shape) {
  using F = Family<U>;
  const unsigned i = threadIdx.x;
  const T x = in[i];
  T sum = F::log_partition(x, shape...) + F::mean(x, shape...) + F::variance(x, shape...) +
          F::mode(x, shape...) + F::backpropagate(x, x, shape...) + F::energy(x, shape...);
  sum += LogPartitionBody<F>{}(x, x, shape...) + EnergyBody<F>{}(x, x, shape...);
  if constexpr (F::shapes > 0)
    sum += StatisticBody<F, 0>{}(x, x, shape...) + MeanStatisticBody<F, 0>{}(x, x, shape...);
  if constexpr (F::shapes > 1)
    sum += StatisticBody<F, 1>{}(x, x, shape...) + MeanStatisticBody<F, 1>{}(x, x, shape...);
  if constexpr (F::shapes > 2)
    sum += StatisticBody<F, 2>{}(x, x, shape...) + MeanStatisticBody<F, 2>{}(x, x, shape...);
  NoRandom none;
  sum += MeanBody<F>{}(x, x, none, shape...) + ModeBody<F>{}(x, x, none, shape...) +
         BackpropagateBody<F>{}(x, x, none, shape...);
  if constexpr (F::one_uniform) {
    OneUniform random{draws.words_of_four_rows(i / 4, 0).word[i % 4]};
    sum += SampleBody<F>{}(x, x, random, shape...);
    auto extreme = ExtremeUniform::at(draws, random.word, i, 0);
    sum += SampleBody<F>{}(x, x, extreme, shape...);
  } else {
    Random random{draws, i, 0};
    sum += SampleBody<F>{}(x, x, random, shape...);
  }
  out[i] = sum;
}

template <class U, class T>
__global__ void groups(const T* in, const T* bias, T* out, Draws draws, Index states) {
  using F = Family<U>;
  const GroupField<T> field{in, bias, states};
  const Group<const T> delta{in, states};
  const Group<T> result{out, states};
  OneUniform random{draws.words_of_four_rows(0, 0).word[0]};
  MeanBody<F>{}(field, delta, random, result);
  ModeBody<F>{}(field, delta, random, result);
  BackpropagateBody<F>{}(field, delta, random, result);
  SampleBody<F>{}(field, delta, random, result);
  auto extreme = ExtremeUniform::at(draws, random.word, 0, 0);
  SampleBody<F>{}(field, delta, extreme, result);
  out[0] += LogPartitionBody<F>{}(delta, delta) + EnergyBody<F>{}(delta, delta);
}

template __global__ void elements<Bernoulli, float>(const float*, float*, Draws);
template __global__ void elements<Bernoulli, double>(const double*, double*, Draws);
template __global__ void elements<Gaussian, float, float>(const float*, float*, Draws, float);
template __global__ void elements<Gaussian, double, double>(const double*, double*, Draws, double);
template __global__ void elements<Spin, float>(const float*, float*, Draws);
template __global__ void elements<Spin, double>(const double*, double*, Draws);
template __global__ void elements<Rectified, float, float>(const float*, float*, Draws, float);
template __global__ void elements<Rectified, double, double>(const double*, double*, Draws, double);
template __global__ void elements<Drelu, float, float, float, float>(const float*, float*, Draws, float,
                                                                     float, float);
template __global__ void elements<Drelu, double, double, double, double>(const double*, double*, Draws,
                                                                         double, double, double);
template __global__ void elements<Poisson, float>(const float*, float*, Draws);
template __global__ void elements<Poisson, double>(const double*, double*, Draws);
template __global__ void elements<test::PlainSpin, float>(const float*, float*, Draws);
template __global__ void elements<test::PlainSpin, double>(const double*, double*, Draws);
template __global__ void elements<test::Quintic, float, float, float>(const float*, float*, Draws, float,
                                                                      float);
template __global__ void elements<test::Quintic, double, double, double>(const double*, double*, Draws,
                                                                         double, double);
template __global__ void groups<Categorical, float>(const float*, const float*, float*, Draws, Index);
template __global__ void groups<Categorical, double>(const double*, const double*, double*, Draws, Index);
template __global__ void groups<test::AtMostOne, float>(const float*, const float*, float*, Draws, Index);
template __global__ void groups<test::AtMostOne, double>(const double*, const double*, double*, Draws, Index);
