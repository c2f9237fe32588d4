/// \file
/// Standardized hidden units within training: the running variance of units of a free scale over the data,
/// and the gauge that makes it 1 (models/hidden_scale.hpp). Their offsets are centering's.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "../../models/centering.hpp"
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

  /// After `fix`: a moment of an optimizer, the `power` of whose unit is that of weights and biases, which
  /// were multiplied by scales.
  void rescale(const B& on, int power, Model& moment) {
    if (!tracked_) return;
    if (powers_.rows() == 0) powers_ = Matrix<B>(numbers_.rows(), 2);
    const ViewOf<B> scale = view_of(powers_).columns(0, 1), all = view_of(powers_).columns(1, 1);
    on.copy(ConstViewOf<B>(view_of(numbers_).columns(1, 1)), scale);
    if (power < 0) on.update(NormSlope<T>{1}, scale);
    on.fill(all, 1);
    for (int i = 0; i < std::abs(power); ++i) on.update(Multiply{}, all, ConstViewOf<B>(scale));
    on.scale_columns(view_of(moment.weights), ConstViewOf<B>(all.data, 1, all.rows, 1));
    for_each_bias(moment.hidden, [&](auto bias, Index first) {
      on.update(Multiply{}, bias, ConstViewOf<B>(all.rows_from(first, bias.rows)));
    });
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
  Matrix<B> powers_;  // hidden rows x 2: scales or their inverses, and a power of them
  bool tracked_ = false;
};

}  // namespace harmonium
