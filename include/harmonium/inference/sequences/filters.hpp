/// \file
/// What hidden units look for in sequences: their weights, letter by letter.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "../../backend/on_host.hpp"
#include "../../models/rbm.hpp"

namespace harmonium {

/// The weights of a hidden unit, letters x sites, in the zero-sum gauge: those of a site sum to zero. For
/// `draw_logo`. \throws ShapeError if the model's weights do not fit its layers \throws ValueError if there
/// is no such hidden unit
template <class H, class B>
Eigen::MatrixXd letter_weights(const Rbm<Categorical, H, B>& rbm, Index unit) {
  check_shapes("letter_weights", rbm);
  check<ValueError>(unit >= 0 && unit < rbm.hidden.rows(), "letter_weights: there is no hidden unit ", unit,
                    ", the RBM has ", rbm.hidden.rows());
  const Index states = rbm.visible.group;
  const Eigen::MatrixXd column = detail::on_host(B{}, view_of(rbm.weights).columns(unit, 1));
  Eigen::MatrixXd weights(states, rbm.visible.units());
  for (Index i = 0; i < weights.cols(); ++i) {
    double mean = 0;
    for (Index k = 0; k < states; ++k) mean += column(i * states + k, 0) / static_cast<double>(states);
    for (Index k = 0; k < states; ++k) weights(k, i) = column(i * states + k, 0) - mean;
  }
  return weights;
}

/// The hidden units by the norms of their weights (`letter_weights`), the largest first. \throws ShapeError
/// if the model's weights do not fit its layers
template <class H, class B>
std::vector<Index> units_by_weight(const Rbm<Categorical, H, B>& rbm) {
  std::vector<double> norms;
  for (Index unit = 0; unit < rbm.hidden.rows(); ++unit) norms.push_back(letter_weights(rbm, unit).norm());
  std::vector<Index> order(norms.size());
  std::iota(order.begin(), order.end(), Index(0));
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return norms[static_cast<std::size_t>(a)] > norms[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace harmonium
