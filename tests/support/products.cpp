#include "products.hpp"

namespace harmonium::detail {
template void multiply_by_eigen<float>(Op, Op, float, View<const float>, View<const float>, float,
                                       View<float>);
template void multiply_by_eigen<double>(Op, Op, double, View<const double>, View<const double>, double,
                                        View<double>);
}  // namespace harmonium::detail
