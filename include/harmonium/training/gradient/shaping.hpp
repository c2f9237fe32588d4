/// \file
/// What is done to a gradient between statistics and optimizer: centring, sparsity, groups, clipping.
#pragma once

#include <algorithm>

#include "../../models/centering.hpp"
#include "clipping.hpp"
#include "penalties.hpp"

namespace harmonium {

/// Shapes a model's gradients; holds the running means that centring and sparsity go by.
template <class Model>
class GradientShaping {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  GradientShaping() = default;
  /// Memory for a model's means.
  explicit GradientShaping(const Model& model) {
    if constexpr (CenterableModel<Model>) means_ = make_means(model);
  }

  /// \param data are the batch's states and `weights` what each counted in the gradient, `total` in all
  template <class Options>
  void apply(const B& on, const Options& options, const Model& model, typename Model::StateView data,
             ConstViewOf<B> weights, double total, typename Model::Workspace& work, Model& gradient) {
    const Penalties& penalties = options.penalties;
    if constexpr (CenterableModel<Model>) {
      if (options.centered || penalties.sparsity > 0)
        track(on, options.offset_rate, model, data, weights, total, work);
      if (options.centered) center(on, means_, gradient);
    }
    if constexpr (has_hidden) {
      if (penalties.sparsity > 0) detail::add_sparsity(on, penalties, means_, gradient.hidden);
      if (penalties.group > 0) {
        if (scratch_.cols() == 0) scratch_ = Matrix<B>(model.weights.rows(), model.weights.cols());
        detail::subtract_group_penalty<B>(on, model.weights, penalties.group, norms_, scratch_,
                                          gradient.weights);
      }
    }
    if (options.max_gradient_norm > 0) clipping_.apply(on, options.max_gradient_norm, gradient);
  }

  /// After an update: hidden units' weights above the largest norm are scaled back to it.
  void limit(const B& on, const Penalties& penalties, Model& model) {
    if constexpr (has_hidden) {
      if (penalties.max_norm > 0)
        detail::limit_column_norms<B>(on, penalties.max_norm, norms_, model.weights);
    }
  }

  /// What it remembers: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("tracked", tracked_);
    if constexpr (CenterableModel<Model>) means_.for_each_state(f);
  }

  /// \throws ValueError if a penalty is for models with hidden units, and this is none
  static void check_penalties(const char* trainer, const Penalties& penalties) {
    check<ValueError>(
        has_hidden || (penalties.group == 0 && penalties.max_norm == 0 && penalties.sparsity == 0), trainer,
        ": group, max_norm and sparsity are for models with hidden units");
  }

 private:
  static constexpr bool has_hidden = requires(Model & model) { model.hidden; };

  // The first batch with any weight sets the means.
  void track(const B& on, double rate, const Model& model, typename Model::StateView data,
             ConstViewOf<B> weights, double total, typename Model::Workspace& work) {
    if (total <= 0) return;
    const double share = tracked_ ? std::min(1.0, rate * total) : 1.0;
    tracked_ = true;
    if (shares_.cols() < weights.cols) shares_ = Matrix<B>(1, weights.cols);
    const auto shares = view_of(shares_).columns(0, weights.cols);
    on.update(SetToMultiple<T>{static_cast<T>(share / total)}, shares, weights);
    track_means(on, model, data, ConstViewOf<B>(shares), static_cast<T>(1 - share), means_, work);
  }
  detail::MeansOf<Model> means_;
  detail::ColumnNorms<B> norms_;
  Matrix<B> scratch_, shares_;
  detail::Clipping<B> clipping_;
  bool tracked_ = false;
};

}  // namespace harmonium
