/// \file
/// Device code of the bundled optimizers and rules.
#include <tuple>

#include "../backend/cuda/kernels.cuh"
#include "code.hpp"

namespace harmonium {

namespace detail {

template <class T>
struct CudaRules {
  static constexpr auto code = std::tuple(
      &CudaUpdate<Add, T, 1>::run, &CudaUpdate<Subtract, T, 1>::run, &CudaUpdate<SubtractFrom, T, 1>::run,
      &CudaUpdate<Multiply, T, 1>::run, &CudaUpdate<SetToSum, T, 2>::run, &CudaUpdate<PutBack, T, 2>::run,
      &CudaUpdate<ScaleBy<T>, T, 0>::run, &CudaUpdate<SetToMultiple<T>, T, 1>::run,
      &CudaUpdate<Mix<T>, T, 1>::run, &CudaUpdate<SetToCombination<T>, T, 2>::run,
      &CudaUpdate<MoveTowards<T>, T, 1>::run, &CudaUpdate<Pull<T>, T, 1>::run,
      &CudaUpdate<NormSlope<T>, T, 0>::run, &CudaUpdate<AddDifference, T, 2>::run,
      &CudaUpdate<SubtractProduct, T, 2>::run, &CudaUpdate<NormLimit<T>, T, 0>::run,
      &CudaUpdate<StepAgainst<T>, T, 1>::run, &CudaUpdate<MixLimited<T>, T, 1>::run,
      &CudaUpdate<TakeUnitSpread, T, 4>::run, &CudaUpdate<SetToSign, T, 1>::run);
};

template struct CudaRules<float>;
template struct CudaRules<double>;

}  // namespace detail

template struct CudaOptimizer<Momentum, float>;
template struct CudaOptimizer<Momentum, double>;
template struct CudaOptimizer<Adam, float>;
template struct CudaOptimizer<Adam, double>;
template struct CudaOptimizer<Nesterov, float>;
template struct CudaOptimizer<Nesterov, double>;
template struct CudaOptimizer<Sgd, float>;
template struct CudaOptimizer<Sgd, double>;

}  // namespace harmonium
