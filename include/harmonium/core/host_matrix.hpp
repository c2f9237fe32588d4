/// \file
/// Matrices on the host, as users have them.
#pragma once

#include <Eigen/Core>

namespace harmonium {

/// A dense column-major Eigen matrix of numbers `T`.
template <class T>
using HostMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

}  // namespace harmonium
