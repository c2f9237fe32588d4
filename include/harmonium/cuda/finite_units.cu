/// \file
/// Device code of the bundled units with finitely many states.
#include "../units/bernoulli.hpp"
#include "../units/categorical.hpp"
#include "../units/spin.hpp"
#include "unit.cuh"

namespace harmonium {

template struct CudaUnit<Bernoulli, float>;
template struct CudaUnit<Bernoulli, double>;
template struct CudaUnit<Categorical, float>;
template struct CudaUnit<Categorical, double>;
template struct CudaUnit<Spin, float>;
template struct CudaUnit<Spin, double>;

}  // namespace harmonium
