/// \file
/// Device code for a unit type, activation or optimizer of one's own. Its header says `static constexpr bool
/// cuda_compiled = true` in the type; a file that nvcc compiles, linked with harmonium::cuda, has four lines:
///
///     #include <harmonium/cuda/unit.cuh>
///     #include "my_unit.hpp"
///     template struct harmonium::CudaUnit<MyUnit, float>;
///     template struct harmonium::CudaUnit<MyUnit, double>;
///
/// For an optimizer it is `CudaOptimizer`, and its rule says `cuda_compiled`.
#pragma once

#include "../backend/cuda/kernels.cuh"
#include "code.hpp"
