/// \file
/// Centering within training: the running means of both layers, and steps in the parameters centered at them.
#pragma once

#include <algorithm>
#include <utility>

#include "../../models/layer_shapes.hpp"
#include "../objective.hpp"
#include "../run/averaging.hpp"
#include "hidden_spread.hpp"

namespace harmonium {

/// Follows the layers' means over the data, and lets a model learn in its centered parameters
/// (models/centering.hpp).
template <class Model>
class Centering {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  Centering() = default;
  /// Memory for a model's means.
  explicit Centering(const Model& model) {
    if constexpr (CenterableModel<Model>) means_ = make_means(model);
  }

  /// Moves the means towards those of the batch, if they are needed.
  template <class Options>
  void follow(const B& on, const Options& options, const BatchStates<Model>& batch, const Model& model) {
    if constexpr (CenterableModel<Model>)
      if (needs_means(options)) track(on, options.offset_rate, batch, model);
  }
  /// The same, for a batch whose samples weigh `total`: `sum` is their means times that, and is overwritten.
  template <class Options>
  void follow(const B& on, const Options& options, double total, detail::MeansOf<Model>& sum) {
    if constexpr (CenterableModel<Model>) {
      if (!needs_means(options) || total <= 0) return;
      const MoveTowards<T> towards{static_cast<T>(share_of(options.offset_rate, total))};
      detail::for_each_pair_of_means(means_, sum, [&](ViewOf<B> mean, ViewOf<B> batch) {
        on.update(ScaleBy<T>{static_cast<T>(1 / total)}, batch);
        on.update(towards, mean, ConstViewOf<B>(batch));
      });
    }
  }
  /// Are the means needed?
  template <class Options>
  static bool needs_means(const Options& options) {
    return options.centered || options.penalties.sparsity > 0 || standardizes(options);
  }
  /// Before a step: turns the gradient into that with respect to the centered parameters.
  void begin(const B& on, bool centered, const Model& model, Model& gradient) {
    if constexpr (CenterableModel<Model>) {
      if (!centered) return;
      center(on, model, means_, gradient);
      begin(on, centered, model);
    }
  }
  /// Before weights change by other means than a gradient.
  void begin(const B& on, bool centered, const Model& model) {
    if constexpr (CenterableModel<Model>)
      if (centered) set_offset_fields(on, model, means_, 0);
  }
  /// After it: adjusts the model's biases to its weights and shape parameters.
  void end(const B& on, bool centered, Model& model) {
    if constexpr (CenterableModel<Model>) {
      if (!centered) return;
      set_offset_fields(on, model, means_, 1);
      follow_offset_fields(on, means_, model);
    }
  }
  /// Adds a model to a mean of models. Where shape parameters differ, to the mean of their centered
  /// parameters, since that of the others would depend on where zero is; without shape parameters both are
  /// the same.
  void join(const B& on, bool centered, const Model& model, Average<Model>& average) {
    if constexpr (detail::model_has_shapes<Model> &&
                  requires { means_.visible_fields(0), means_.hidden_fields(0); }) {
      if (centered && average.count() > 0) {
        set_offset_fields(on, average.mean(), means_, 0);
        set_offset_fields(on, model, means_, 1);
        const MoveTowards<T> towards{T(1) / static_cast<T>(average.count() + 1)};
        on.update(towards, means_.visible_fields(0), ConstViewOf<B>(means_.visible_fields(1)));
        on.update(towards, means_.hidden_fields(0), ConstViewOf<B>(means_.hidden_fields(1)));
        average.add(on, model);
        set_offset_fields(on, average.mean(), means_, 1);
        return follow_offset_fields(on, means_, average.mean());
      }
    }
    average.add(on, model);
  }
  /// The means, of a `CenterableModel`.
  const detail::MeansOf<Model>& means() const { return means_; }
  /// The same, to change with the units of measurement of hidden units.
  detail::MeansOf<Model>& means() { return means_; }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("tracked", tracked_);
    if constexpr (CenterableModel<Model>) means_.for_each_state(f);
  }

 private:
  template <class Options>
  static bool standardizes(const Options& options) {
    if constexpr (HiddenSpread<Model>::template offered_by<Options>) return options.standardized;
    return false;
  }
  // The first batch with any weight sets the means.
  double share_of(double rate, double total) {
    return std::exchange(tracked_, true) ? std::min(1.0, rate * total) : 1.0;
  }
  void track(const B& on, double rate, const BatchStates<Model>& batch, const Model& model) {
    if (batch.total <= 0) return;
    const double share = share_of(rate, batch.total);
    if (shares_.cols() < batch.shares.cols) shares_ = Matrix<B>(1, batch.shares.cols);
    const auto shares = view_of(shares_).columns(0, batch.shares.cols);
    on.update(SetToMultiple<T>{static_cast<T>(share / batch.total)}, shares, batch.shares);
    track_means(on, model, batch.states, shares, static_cast<T>(1 - share), means_, batch.work);
  }

  detail::MeansOf<Model> means_;
  Matrix<B> shares_;
  bool tracked_ = false;
};

}  // namespace harmonium
