/// \file
/// The errors of the CUDA backend, one type for each situation. Every message says what to do.
#pragma once

#include "../../core/error.hpp"

namespace harmonium {

/// Base class of all errors of the CUDA backend.
struct CudaError : Error {
  using Error::Error;
};

/// There is no NVIDIA driver or device, or none is visible to the program.
struct NoCudaDevice : CudaError {
  using CudaError::CudaError;
};

/// The driver is older than the CUDA runtime that the program was built with.
struct CudaDriverError : CudaError {
  using CudaError::CudaError;
};

/// The device is out of memory.
struct CudaOutOfMemory : CudaError {
  using CudaError::CudaError;
};

/// The program has no code for this device's architecture, or the device is too old.
struct UnsupportedCudaDevice : CudaError {
  using CudaError::CudaError;
};

/// A kernel, or a library that the backend calls, failed. The device's state may be lost.
struct CudaKernelError : CudaError {
  using CudaError::CudaError;
};

}  // namespace harmonium
