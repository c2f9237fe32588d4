/// \file
/// What training wants of weights and codes besides likelihood. L2 is an option of every trainer; the rest is
/// here.
#pragma once

#include <cmath>

#include "../../models/centering.hpp"

namespace harmonium {

/// Penalties on the weights, each 0 unless asked for. A hidden unit's weights are the column of `weights`
/// that belongs to it. The objective is the mean log likelihood of a sample in nats, minus these.
struct Penalties {
  double l1 = 0;                 ///< l1 times the sum of |w|
  double group = 0;              ///< group times the sum over hidden units of their weights' Euclidean norm
  double sparsity = 0;           ///< pull of hidden units' mean activity towards the target, on their biases
  double activity_target = 0.1;  ///< the target (Lee, Ekanadham and Ng, 2008)
  double max_norm = 0;           ///< hidden units' weights are scaled back to this norm after each update
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Penalties& options) {
  const auto& [l1, group, sparsity, activity_target, max_norm] =
      options;  // every field, or this does not compile
  f("l1", l1);
  f("group", group);
  f("sparsity", sparsity);
  f("activity_target", activity_target);
  f("max_norm", max_norm);
}

namespace detail {
/// \throws ValueError if a penalty is negative or not finite
inline void check_penalties(const char* trainer, const Penalties& penalties) {
  const auto good = [&](const char* name, double value) {
    check<ValueError>(value >= 0 && value < 1e6, trainer, ": ", name, " is ", value,
                      ", expected a number of at least 0");
  };
  good("l1", penalties.l1);
  good("group", penalties.group);
  good("sparsity", penalties.sparsity);
  good("max_norm", penalties.max_norm);
  check<ValueError>(std::isfinite(penalties.activity_target), trainer, ": activity_target is ",
                    penalties.activity_target, ", expected a finite number");
}

/// The hidden biases' gradient is pulled towards the target: by sparsity * (target - mean activity).
template <class B, class L>
void add_sparsity(const B& on, const Penalties& penalties, const LayerMeans<B>& means, L& gradient) {
  using T = ScalarOf<B>;
  const auto cost = static_cast<T>(penalties.sparsity), target = static_cast<T>(penalties.activity_target);
  for_each_bias(gradient, [&](auto bias, Index first) {
    on.update(Pull<T>{cost, target}, bias,
              ConstViewOf<B>(view_of(means.hidden).columns(1, 1).rows_from(first, bias.rows)));
  });
}

/// Where the norms of a matrix's columns go, and what they become.
template <class B>
class ColumnNorms {
 public:
  /// factors(0, c) = what the rule makes of the squared norm of column c
  template <class Rule>
  ConstViewOf<B> factors(const B& on, ConstViewOf<B> weights, Rule rule) {
    if (squares_.cols() != weights.cols) squares_ = Matrix<B>(1, weights.cols);
    const ViewOf<B> squares = squares_;
    on.fill(squares, 0);
    on.dot_columns(1, weights, weights, squares);
    on.update(rule, squares);
    return squares;
  }

 private:
  Matrix<B> squares_;
};

/// gradient -= factor * the derivative of the sum of column norms; `scratch` has the weights' shape.
template <class B>
void subtract_group_penalty(const B& on, ConstViewOf<B> weights, double factor, ColumnNorms<B>& norms,
                            ViewOf<B> scratch, ViewOf<B> gradient) {
  using T = ScalarOf<B>;
  on.copy(weights, scratch);
  on.scale_columns(scratch, norms.factors(on, weights, NormSlope<T>{static_cast<T>(factor)}));
  on.update(Subtract{}, gradient, ConstViewOf<B>(scratch));
}

/// Scales columns whose norm is above `most` back to it.
template <class B>
void limit_column_norms(const B& on, double most, ColumnNorms<B>& norms, ViewOf<B> weights) {
  using T = ScalarOf<B>;
  on.scale_columns(weights, norms.factors(on, weights, NormLimit<T>{static_cast<T>(most)}));
}
}  // namespace detail
}  // namespace harmonium
