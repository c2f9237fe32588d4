#include <harmonium/cuda/unit.cuh>
#include "notch.hpp"
template struct harmonium::CudaUnit<Notch, float>;
template struct harmonium::CudaUnit<Notch, double>;
