/// \file
/// Matrices in host memory, as users pass them.
#pragma once

#include <Eigen/Core>
#include <type_traits>

namespace harmonium {

/// A dense column-major Eigen matrix of `T`.
template <class T>
using HostMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A column of `T`.
template <class T>
using HostVector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// `double`, as a type that depends on `Of`. A template of `Of` that computes with matrices of it is compiled
/// where it is used; with `double` itself compilers look into each expression of Eigen's wherever the header
/// is included.
template <class Of>
using DoubleIn = std::conditional_t<std::is_void_v<Of>, double, double>;

}  // namespace harmonium
