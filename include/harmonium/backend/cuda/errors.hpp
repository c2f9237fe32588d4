/// \file
/// What can go wrong with a CUDA device, one type for each situation. Every message says what to do.
#pragma once

#include "../../core/error.hpp"

namespace harmonium {

/// Base of all errors of the CUDA backend.
struct CudaError : Error {
  using Error::Error;
};

/// There is no NVIDIA driver or device, or the program may not see one.
struct NoCudaDevice : CudaError {
  using CudaError::CudaError;
};

/// The driver is older than the CUDA runtime that the program was built with.
struct CudaDriverError : CudaError {
  using CudaError::CudaError;
};

/// The device's memory is used up.
struct CudaOutOfMemory : CudaError {
  using CudaError::CudaError;
};

/// The program has no code for this device's architecture, or the device is too old.
struct UnsupportedCudaDevice : CudaError {
  using CudaError::CudaError;
};

/// A kernel failed, or a library that the backend calls. The device's state may be lost with it.
struct CudaKernelError : CudaError {
  using CudaError::CudaError;
};

}  // namespace harmonium
