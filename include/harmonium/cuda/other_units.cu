/// \file
/// Device code of the other bundled units, and of activations.
#include "../units/drelu.hpp"
#include "../units/gaussian.hpp"
#include "../units/poisson.hpp"
#include "../units/rectified.hpp"
#include "../units/relu.hpp"
#include "unit.cuh"

namespace harmonium {

template struct CudaUnit<Drelu, float>;
template struct CudaUnit<Drelu, double>;
template struct CudaUnit<Gaussian, float>;
template struct CudaUnit<Gaussian, double>;
template struct CudaUnit<Poisson, float>;
template struct CudaUnit<Poisson, double>;
template struct CudaUnit<Rectified, float>;
template struct CudaUnit<Rectified, double>;
template struct CudaUnit<Relu, float>;
template struct CudaUnit<Relu, double>;

}  // namespace harmonium
