/// \file
/// Penalties and constraints on weights and codes, in addition to the objective. L2 is an option of every
/// trainer; the rest is here.
#pragma once

#include <cmath>

#include "../../models/centering.hpp"

namespace harmonium {

/// Penalties on the weights, each 0 (off) by default. A hidden unit's weights are the column of `weights`
/// that belongs to it. The objective is the mean log likelihood per sample in nats, minus these: at its
/// maximum the biases' gradient is 0, centered or not.
struct Penalties {
  double l1 = 0;   ///< l1 times the sum of |w|; weights become exactly 0, but those of categorical units
                   ///< only with `zero_sum = false`
  double l1b = 0;  ///< l1b / (2 V) times the sum over hidden units of the squared sum of |w|, where V is the
                   ///< number of visible rows (sites times states): unlike l1, it keeps units alike in size
                   ///< and makes strong ones sparser (Tubiana, Cocco and Monasson, 2019)
  double group = 0;              ///< group times the sum over hidden units of their weights' Euclidean norm
  double sparsity = 0;           ///< pull of hidden units' mean activity towards the target, on their biases
  double activity_target = 0.1;  ///< the target (Lee, Ekanadham and Ng, 2008)
  /// After each update hidden units' weights have at most this norm. Weights that were scaled back to it may
  /// not sum to zero over a categorical hidden unit's states, nor give a dReLU unit variance 1, until the
  /// next.
  double max_norm = 0;
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Penalties& options) {
  const auto& [l1, l1b, group, sparsity, activity_target, max_norm] =
      options;  // every field, or this does not compile
  f("l1", l1);
  f("l1b", l1b);
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
  good("l1b", penalties.l1b);
  good("group", penalties.group);
  good("sparsity", penalties.sparsity);
  good("max_norm", penalties.max_norm);
  check<ValueError>(std::isfinite(penalties.activity_target), trainer, ": activity_target is ",
                    penalties.activity_target, ", expected a finite number");
}

/// The options' penalty on the sum of |w|; 0 for options without one.
template <class Options>
double l1_of(const Options& options) {
  if constexpr (requires { options.penalties.l1; }) return options.penalties.l1;
  return 0;
}
/// The largest norm of a unit's weights that the options allow; 0: no limit.
template <class Options>
double max_norm_of(const Options& options) {
  if constexpr (requires { options.penalties.max_norm; }) return options.penalties.max_norm;
  if constexpr (requires { options.max_norm; }) return options.max_norm;
  return 0;
}

template <class Model>
inline constexpr bool has_hidden_units = requires(Model& model) {
  model.hidden;
};

/// \throws ValueError if a penalty is only for models with hidden units, and this model has none
template <class Model>
void check_penalties_of_model(const char* trainer, const Penalties& penalties) {
  check_penalties(trainer, penalties);
  check<ValueError>(has_hidden_units<Model> || (penalties.l1b == 0 && penalties.group == 0 &&
                                                penalties.max_norm == 0 && penalties.sparsity == 0),
                    trainer, ": l1b, group, max_norm and sparsity are for models with hidden units");
}

/// Functions of the norms of a matrix's columns, with the memory they need.
template <class B>
class ColumnNorms {
 public:
  /// factors(0, c) = rule(norm of column c)
  template <class Rule>
  ConstViewOf<B> factors(const B& on, ConstViewOf<B> weights, Rule rule) {
    if (factors_.cols() < weights.cols) factors_ = Matrix<B>(1, weights.cols);
    const ViewOf<B> factors = view_of(factors_).columns(0, weights.cols);
    on.column_norms(weights, factors);
    on.update(rule, factors);
    return factors;
  }

 private:
  Matrix<B> factors_;
};

/// Scales columns of weights whose norm is too large back to the largest norm allowed.
template <class B>
class NormLimits {
 public:
  /// Does so in each of a model's weight matrices; does nothing if `most` is 0.
  template <class Model>
  void limit(const B& on, double most, Model& model) {
    if (most <= 0) return;
    for_each_parameter(
        [&](const ParameterName&, Role role, ViewOf<B> w) {
          if (role != Role::weight) return;
          const NormLimit<ScalarOf<B>> rule{static_cast<ScalarOf<B>>(most)};
          on.scale_columns(w, norms_.factors(on, w, rule));
        },
        model);
  }

 private:
  ColumnNorms<B> norms_;
};
}  // namespace detail

/// Penalties on activities and on groups of weights.
template <class Model>
class Penalizing {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  /// Pulls the hidden biases by sparsity * (target - mean activity). Applied to the plain gradient.
  /// \param means the running means of the layers, as tracked by centering
  void pull_activities(const B& on, const Penalties& penalties, const detail::MeansOf<Model>& means,
                       Model& gradient) {
    if constexpr (detail::has_hidden_units<Model> && CenterableModel<Model>) {
      if (penalties.sparsity <= 0) return;
      const Pull<T> pull{static_cast<T>(penalties.sparsity), static_cast<T>(penalties.activity_target)};
      for_each_bias(gradient.hidden, [&](auto bias, Index first) {
        on.update(pull, bias, means.lambda().rows_from(first, bias.rows));
      });
    }
  }
  /// gradient -= group * the slope of the sum of hidden units' norms. Applied to the centered gradient.
  void shrink_groups(const B& on, const Penalties& penalties, const Model& model, Model& gradient) {
    if constexpr (detail::has_hidden_units<Model>) {
      if (penalties.group <= 0) return;
      const ConstViewOf<B> weights = model.weights;
      make_room(weights);
      on.copy(weights, slope_);
      on.scale_columns(slope_, norms_.factors(on, weights, NormSlope<T>{static_cast<T>(penalties.group)}));
      on.update(Subtract{}, view_of(gradient.weights), ConstViewOf<B>(slope_));
    }
  }

  /// gradient -= the slope of l1b / (2 V) times the sum of squared sums of |w|: l1b / V times that sum, with
  /// each weight's sign. Applied to the centered gradient.
  void shrink_sums(const B& on, const Penalties& penalties, const Model& model, Model& gradient) {
    if constexpr (detail::has_hidden_units<Model>) {
      if (penalties.l1b <= 0) return;
      const ConstViewOf<B> weights = model.weights;
      make_room(weights);
      if (sums_.cols() == 0) sums_ = Matrix<B>(1, weights.cols);
      on.update(SetToSign{}, view_of(slope_), weights);
      on.fill(sums_, 0);
      on.dot_columns(static_cast<T>(penalties.l1b / static_cast<double>(weights.rows)), weights,
                     ConstViewOf<B>(slope_), view_of(sums_));
      on.scale_columns(view_of(slope_), ConstViewOf<B>(sums_));
      on.update(Subtract{}, view_of(gradient.weights), ConstViewOf<B>(slope_));
    }
  }

 private:
  void make_room(ConstViewOf<B> weights) {
    if (slope_.cols() == 0) slope_ = Matrix<B>(weights.rows, weights.cols);
  }

  Matrix<B> slope_, sums_;
  detail::ColumnNorms<B> norms_;
};

}  // namespace harmonium
