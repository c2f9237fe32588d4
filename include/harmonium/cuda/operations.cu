/// \file
/// Device code of all operations that do not belong to a unit type or an optimizer.
#include <tuple>

#include "../backend/cuda/kernels.cuh"

namespace harmonium::detail {

template <class T>
struct CudaOperations {
  static constexpr auto code =
      std::tuple(&CudaTransform<DropoutBody, T>::run, &CudaTransform<ZeroSumBody, T>::run,
                 &CudaSumOverUnits<ScaledStateBody, T>::run, &CudaSumOverSamples<StateBody, T>::run,
                 &CudaSum<DifferentBody, T, 2>::run, &CudaSum<SquareBody, T, 1>::run,
                 &CudaSum<SquaredDifferenceBody, T, 2>::run, &CudaSum<IdentityBody, T, 1>::run,
                 &CudaSum<NotFiniteBody, T, 1>::run);
};

template struct CudaOperations<float>;
template struct CudaOperations<double>;
template struct CudaBasics<float>;
template struct CudaBasics<double>;
template struct CudaGather<std::uint8_t, float>;
template struct CudaGather<std::uint8_t, double>;
template struct CudaGather<float, float>;
template struct CudaGather<float, double>;
template struct CudaGather<double, float>;
template struct CudaGather<double, double>;

}  // namespace harmonium::detail
