/// \file
/// Device code for your own unit type, activation or optimizer. The type declares `static constexpr bool
/// cuda_compiled = true`; a file that is compiled by nvcc and linked with harmonium::cuda has four lines:
///
///     #include <harmonium/cuda/unit.cuh>
///     #include "my_unit.hpp"
///     template struct harmonium::CudaUnit<MyUnit, float>;
///     template struct harmonium::CudaUnit<MyUnit, double>;
///
/// For an optimizer, use `CudaOptimizer`; its rule declares `cuda_compiled`.
#pragma once

#include "../backend/cuda/kernels.cuh"
#include "code.hpp"
