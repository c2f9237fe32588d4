/// \file
/// Standardized hidden units within training: the running variance of units of a free scale over the data,
/// and the gauge that makes it 1 (models/hidden_scale.hpp). Their offsets are centering's.
#pragma once

#include <algorithm>

#include "../../models/hidden_scale.hpp"
#include "../objective.hpp"

namespace harmonium {

/// Follows the hidden units' variances over the data, and keeps them at 1.
template <class Model>
class HiddenSpread {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  /// Has the model units that this is for, and have such options the choice?
  template <class Options>
  static constexpr bool offered_by = detail::hidden_has_free_scale<Model>&& requires(const Options& options) {
    options.standardized;
  };

  HiddenSpread() = default;
  /// Memory for a model's variances.
  explicit HiddenSpread(const Model& model) : numbers_(model.hidden.rows(), 2) { B{}.fill(numbers_, 1); }

  /// Moves the variances about the running means towards those of the batch. \param rate the options'
  /// `offset_rate`
  void follow(const B& on, double rate, const BatchStates<Model>& batch, ConstViewOf<B> means,
              const Model& model) {
    if (batch.total <= 0) return;
    const double share = tracked_ ? std::min(1.0, rate * batch.total) : 1.0;
    tracked_ = true;
    if (shares_.cols() < batch.shares.cols) shares_ = Matrix<B>(1, batch.shares.cols);
    const auto shares = view_of(shares_).columns(0, batch.shares.cols);
    on.update(SetToMultiple<T>{static_cast<T>(share / batch.total)}, shares, batch.shares);
    on.update(ScaleBy<T>{static_cast<T>(1 - share)}, spread());
    add_spread(on, model.hidden, ConstViewOf<B>(batch.states.input), means, ConstViewOf<B>(shares),
               view_of(batch.work.hidden).columns(0, batch.shares.cols), spread());
  }
  /// Makes them 1; the means are then measured in the same units.
  void fix(const B& on, ViewOf<B> means, Model& model) {
    if (tracked_) fix_hidden_scale(on, model, spread(), means, view_of(numbers_).columns(1, 1));
  }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("tracked", tracked_);
    f("spread", spread());
  }

 private:
  ViewOf<B> spread() { return view_of(numbers_).columns(0, 1); }

  Matrix<B> numbers_;  // hidden rows x 2: variances, and room for scales
  Matrix<B> shares_;
  bool tracked_ = false;
};

}  // namespace harmonium
