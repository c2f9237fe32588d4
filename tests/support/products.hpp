// Part of what all tests read first: Eigen's products are compiled once, by products.cpp, and not by
// each of the test files. They were a fifth of the time that all of them take.
#pragma once

#include <harmonium/backend/products.hpp>

namespace harmonium::detail {
extern template void multiply_by_eigen<float>(Op, Op, float, View<const float>, View<const float>, float,
                                              View<float>);
extern template void multiply_by_eigen<double>(Op, Op, double, View<const double>, View<const double>, double,
                                               View<double>);
}  // namespace harmonium::detail
