// Precompiled (precompiled.cmake), so that Eigen's products are compiled once, in products.cpp, rather than
// in every test file, where they took a fifth of the compile time.
#pragma once

#include <harmonium/backend/products.hpp>

namespace harmonium::detail {
extern template void multiply_by_eigen<float>(Op, Op, float, View<const float>, View<const float>, float,
                                              View<float>);
extern template void multiply_by_eigen<double>(Op, Op, double, View<const double>, View<const double>, double,
                                               View<double>);
}  // namespace harmonium::detail
