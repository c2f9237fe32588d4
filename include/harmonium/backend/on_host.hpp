/// \file
/// Numbers of a backend on the host, in double precision.
#pragma once

#include "../core/host_matrix.hpp"
#include "backend.hpp"

namespace harmonium::detail {

/// A copy of x. Waits for a device.
template <class B>
Eigen::MatrixXd on_host(const B& on, ConstViewOf<B> x) {
  HostMatrix<ScalarOf<B>> host(x.rows, x.cols);
  on.download(x, View<ScalarOf<B>>(host));
  return host.template cast<double>();
}

/// The numbers of a single row. Waits for a device.
template <class B>
Eigen::VectorXd row_on_host(const B& on, ConstViewOf<B> row) {
  return on_host(on, row).row(0).transpose();
}

}  // namespace harmonium::detail
