/// \file
/// The number of trials of binomial units.
#pragma once

#include <cmath>

#include "../core/error.hpp"
#include "../core/host_matrix.hpp"
#include "../units/binomial.hpp"
#include "layer.hpp"

namespace harmonium {

/// Gives all units of a layer `trials` trials. \throws ValueError unless they are a whole number from 1 to
/// 16777216, which single precision still counts
///
///     Rbm<Binomial, Bernoulli> rbm{{.visible = 30, .hidden = 10}};
///     set_trials(rbm.visible, 12);
template <class B>
void set_trials(Layer<Binomial, B>& layer, Index trials) {
  check<ValueError>(trials >= 1 && trials <= 16777216, "set_trials: there are ", trials,
                    " trials, expected 1 to 16777216");
  B{}.fill(view_of(layer.parameters).columns(1, 1), static_cast<ScalarOf<B>>(trials - 1));
}

/// Gives each unit of a layer its own number of trials. \throws ShapeError unless there is one for each unit,
/// ValueError as above; before anything is changed
template <class B, class Numbers>
void set_trials(Layer<Binomial, B>& layer, const Eigen::MatrixBase<Numbers>& trials) {
  using T = ScalarOf<B>;
  check<ShapeError>(trials.size() == layer.rows(), "set_trials: there are ", trials.size(),
                    " numbers of trials for ", layer.rows(), " units");
  HostMatrix<T> more(layer.rows(), 1);
  for (Index r = 0; r < layer.rows(); ++r) {
    const auto count = static_cast<double>(trials.derived().coeff(r));
    check<ValueError>(count >= 1 && count <= 16777216 && std::floor(count) == count, "set_trials: unit ", r,
                      " has ", count, " trials, expected a whole number from 1 to 16777216");
    more(r, 0) = static_cast<T>(count - 1);
  }
  B{}.upload(View<const T>(more), view_of(layer.parameters).columns(1, 1));
}

}  // namespace harmonium
