/// \file
/// What a trainer maximizes. A `Trainer` owns the loop: batches, centering, penalties, clipping, the
/// optimizer, averaging, reports, resuming. An objective supplies the gradient, and keeps only what it needs
/// for that.
#pragma once

#include <cstdint>
#include <span>

#include "../data/batch_source.hpp"
#include "../models/centering.hpp"

namespace harmonium {

/// One update, as an objective sees it. The samples are in the objective's `samples(n)`.
struct Update {
  Index samples = 0;                     ///< n, at least 1 and at most the options' batch_size
  std::span<const double> weights = {};  ///< one per sample; if empty, all are equal
  double mean_weight = 1;                ///< over the whole source
  std::uint64_t step = 0;                ///< number of updates before this one
  bool last_of_epoch = false;            ///< does a report follow?
};

/// The visible states that a gradient was computed from, for trainers that center it. `states` is up to date
/// with the model, `shares` (1 x n) holds the weight of each column, `total` their sum.
template <class Model>
struct BatchStates {
  typename Model::StateView states;             ///< n columns
  ConstViewOf<typename Model::Backend> shares;  ///< 1 x n
  double total = 1;                             ///< sum of the shares
  typename Model::Workspace& work;              ///< room for n columns
};

namespace detail {
/// The part of a model that an objective's gradient belongs to: all of it, unless the objective names a part.
template <class O>
auto& climbed(typename O::Model& model) {
  if constexpr (requires { O::climbed(model); }) {
    return O::climbed(model);
  } else {
    return model;
  }
}
template <class O>
using Climbed = std::remove_reference_t<decltype(climbed<O>(std::declval<typename O::Model&>()))>;

template <class O>
inline constexpr bool takes_matrices = true;
template <class O>
requires requires { O::takes_matrices; }
inline constexpr bool takes_matrices<O> = O::takes_matrices;
}  // namespace detail

/// An objective, with `Model` and `Options` as member types. Required:
///
/// - `O::check(options)`: throws ValueError if an option is out of range
/// - `O(on, model, options)`: constructed once per trainer, with memory for batches of `options.batch_size`
/// - `samples(n)`: where the trainer puts a batch's n samples, rows x n
/// - `set_gradient(on, options, model, update, gradient)`: the gradient, uphill, for the samples in that
///   buffer
///
/// Optional, at no cost when absent:
///
/// - `climbed(model)`, static: the part of the model that the gradient belongs to
/// - `takes_matrices`, static: false if a matrix without labels or targets is not enough
/// - `check_source(on, caller, options, model, source)`: throws if the data do not fit, before anything
///   changes
/// - `prepare(on, options, model, source)`: before the first update of a run
/// - `take(on, model, batch)`, `take(on, source, columns)`: whatever comes with a batch in addition to its
///   values; the former checks it and is called before the values are copied, the latter afterwards
/// - `batch()`: the last batch as `BatchStates`, which allows centering and penalties on activities
/// - `leaves_out(options)`, static: whether a sample's model may lack units, so that gauges of units are not
/// kept
/// - `updated(on, gradient)`: after an update
/// - `adds_up`, static: true if metrics are sums over the samples that an objective has learned from. Batches
///   that are cut into shards (training/run/shards.hpp) have an objective for each, whose metrics are then
///   added; otherwise they are those of the first
/// - `refuses(on, model)` and `fallback()`: whether the model that an update produced is rejected, and the
///   model that then replaces it; the optimizer's moments are reset
/// - `rate_share()`: a factor of the optimizer's rate
/// - `report(on, options, model, source, gradient, metrics)`: adds its metrics after an epoch
/// - `warn(on, options, model, source, warnings)`: adds warnings about the data to the first epoch's report
/// - `for_each_state(on, f)`: its state between updates (training/run/run_state.hpp)
template <class O>
concept Objective = requires {
  typename O::Model;
  typename O::Options;
}
&&requires(O& objective, const typename O::Model::Backend& on, typename O::Model& model,
           const typename O::Options& options, const Update& update, detail::Climbed<O>& gradient) {
  O::check(options);
  O(on, model, options);
  { objective.samples(Index(1)) } -> std::same_as<ViewOf<typename O::Model::Backend>>;
  objective.set_gradient(on, options, model, update, gradient);
};

/// An objective that exposes the states it learned from.
template <class O>
concept SeesStates = requires(O& objective) {
  { objective.batch() } -> std::same_as<BatchStates<typename O::Model>>;
};

/// An objective that may reject the result of an update.
template <class O>
concept RefusesUpdates = requires(O& objective, const typename O::Model::Backend& on,
                                  const typename O::Model& model) {
  { objective.refuses(on, model) } -> std::same_as<bool>;
  { objective.fallback() } -> std::convertible_to<const typename O::Model&>;
};

}  // namespace harmonium
