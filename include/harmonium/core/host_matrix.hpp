/// \file
/// Matrices in host memory, as users pass them.
#pragma once

#include <Eigen/Core>

namespace harmonium {

/// A dense column-major Eigen matrix of `T`.
template <class T>
using HostMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

}  // namespace harmonium
