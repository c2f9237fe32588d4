/// \file
/// A layer and data, both on the host: which numbers its units accept, and initial parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "../core/host_matrix.hpp"
#include "layer.hpp"

namespace harmonium {

namespace detail {
/// `find_unacceptable` for units with fixed shapes, on which what they accept may depend.
template <class U, class B>
std::pair<Index, Index> find_unacceptable_given(const Layer<U, B>& layer, View<const ScalarOf<B>> x) {
  using T = ScalarOf<B>;
  HostMatrix<T> parameters(layer.rows(), 1 + shapes_of<U>);
  B{}.download(layer.parameters, View<T>(parameters));
  const auto is_good = [&]<std::size_t... I>(Index r, T number, std::index_sequence<I...>) {
    if constexpr (requires { U::accepts(number, parameters(r, static_cast<Index>(I) + 1)...); }) {
      return static_cast<bool>(U::accepts(number, parameters(r, static_cast<Index>(I) + 1)...));
    } else if constexpr (requires { U::accepts(number); }) {
      return static_cast<bool>(U::accepts(number));
    } else {
      return std::isfinite(number);
    }
  };
  for (Index c = 0; c < x.cols; ++c)
    for (Index r = 0; r < x.rows; ++r)
      if (!is_good(r, x(r, c), ShapesOf<U>{})) return {r, c};
  return {-1, -1};
}
}  // namespace detail

/// The first entry (row, column) of a host matrix that the layer's units do not accept, or (-1, -1).
template <class U, class B>
std::pair<Index, Index> find_unacceptable(const Layer<U, B>& layer, View<const ScalarOf<B>> x) {
  using T = ScalarOf<B>;
  if constexpr (has_fixed_shapes<U>) return detail::find_unacceptable_given(layer, x);
  for (Index c = 0; c < x.cols; ++c) {
    if constexpr (requires { U::accepts(x(0, 0)); } && !is_grouped<U>) {
      bool all_good = true;  // first checked without branches, which compilers vectorise
      for (Index r = 0; r < x.rows; ++r) all_good &= static_cast<bool>(U::accepts(x.column(c)[r]));
      if (all_good) continue;
    }
    for (Index r = 0; r < x.rows; r += layer.group) {
      bool good = false;
      if constexpr (is_grouped<U>) {
        const Group<const T> group{x.column(c) + r, layer.group};
        if constexpr (requires { U::accepts(group); }) {
          good = U::accepts(group);
        } else {
          good = true;
          for (Index i = 0; i < layer.group; ++i) good = good && std::isfinite(group[i]);
        }
      } else if constexpr (requires { U::accepts(x(r, c)); }) {
        good = U::accepts(x(r, c));
      } else {
        good = std::isfinite(x(r, c));
      }
      if (!good) return {r, c};
    }
  }
  return {-1, -1};
}

/// A description of what the unit in a row accepts.
template <class U, class B>
std::string accepted_values(const Layer<U, B>& /*layer*/, Index /*row*/ = 0) {
  if constexpr (requires { U::accepted; }) {
    return std::string("a ") + U::name + " unit takes " + U::accepted;
  } else {
    return std::string("a ") + U::name + " unit takes finite numbers";
  }
}

namespace detail {
/// Rows that do not vary, up to the rounding of their means' squares, have no scale of their own: they get a
/// thousandth of the other rows' variance (its geometric mean), or of their mean's square if no row varies.
template <class T>
HostMatrix<T> floored_variances(View<const T> means, View<const T> variances) {
  const auto varies = [&](Index r) {
    return variances(r, 0) > std::numeric_limits<T>::epsilon() * means(r, 0) * means(r, 0);
  };
  double logs = 0, count = 0;
  for (Index r = 0; r < means.rows; ++r)
    if (varies(r)) {
      logs += std::log(static_cast<double>(variances(r, 0)));
      count += 1;
    }
  HostMatrix<T> floored(means.rows, 1);
  for (Index r = 0; r < means.rows; ++r) {
    const T scale = count > 0 ? static_cast<T>(std::exp(logs / count)) : means(r, 0) * means(r, 0);
    floored(r, 0) = varies(r) ? variances(r, 0) : std::max(variances(r, 0), T(1e-3) * scale);
  }
  return floored;
}
}  // namespace detail

/// Sets the layer's parameters so that without input it has the means and variances (rows x 1, on the host)
/// of `counts` samples per row (rows x 1, the same for all rows of a grouped unit; a sum of weights need not
/// be whole), to the extent that the unit type can match them. Where a unit has a scale, a row that does not
/// vary is given a spread that is small compared with the others'.
template <class U, class B>
void fit(Layer<U, B>& layer, View<const ScalarOf<B>> means, View<const ScalarOf<B>> variances,
         View<const ScalarOf<B>> counts) {
  using T = ScalarOf<B>;
  HostMatrix<T> fitted(layer.rows(), 1 + shapes_of<U>), floored;
  if constexpr (has_shapes<U>) {
    floored = detail::floored_variances(means, variances);
    variances = View<const T>(floored);
  }
  B{}.download(layer.parameters, View<T>(fitted));
  for (Index r = 0; r < layer.rows(); r += layer.group) {
    if constexpr (is_grouped<U>) {
      if constexpr (requires(Group<const T> m, Group<T> b) { U::fit(m, T(1), b); })
        U::fit(Group<const T>{means.data + r, layer.group}, counts(r, 0),
               Group<T>{fitted.data() + r, layer.group});
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        if constexpr (requires(T & b) {
                        U::fit(T(0), T(1), T(1), b, fitted(r, static_cast<Index>(I) + 1)...);
                      })
          U::fit(means(r, 0), variances(r, 0), counts(r, 0), fitted(r, 0),
                 fitted(r, static_cast<Index>(I) + 1)...);
      }
      (detail::ShapesOf<U>{});
    }
  }
  B{}.upload(View<const T>(fitted), layer.parameters);
}

/// The same for rows that have all `count` samples.
template <class U, class B>
void fit(Layer<U, B>& layer, View<const ScalarOf<B>> means, View<const ScalarOf<B>> variances, Index count) {
  using T = ScalarOf<B>;
  const HostMatrix<T> counts = HostMatrix<T>::Constant(layer.rows(), 1, static_cast<T>(count));
  fit(layer, means, variances, View<const T>(counts));
}

}  // namespace harmonium
