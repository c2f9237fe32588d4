/// \file
/// The objective of a trainer; or, where updates are cut into shards, those of all shards.
#pragma once

#include <optional>
#include <utility>

#include "agreement.hpp"
#include "sharded_gradient.hpp"

namespace harmonium::detail {

/// An objective, and its shards if there are several.
template <class O>
class Objectives {
  using Model = typename O::Model;
  using Options = typename O::Options;
  using B = typename Model::Backend;

 public:
  /// Can updates be cut? One that some shards' chains refuse would have to be refused by all.
  static constexpr bool may_be_cut = has_shards<Options> && !RefusesUpdates<O>;

  /// Of shard 0, which is all of them unless updates are cut.
  Objectives(const B& on, Model& model, const Options& options)
      : first_(on, model, options_of_shard(options, 0)) {}
  /// Cuts updates into shards, if the options say so. \param gradient, with_means see `ShardedGradient`
  /// \throws ValueError if they cannot be cut
  void cut(const B& on, Model& model, const Options& options, const Climbed<O>& gradient, bool with_means) {
    const Index count = shard_count(options);
    if (count == 1) return;
    check<ValueError>(may_be_cut, "shards: chains that may refuse an update are not cut into ", count,
                      " shards, expected 1");
    if constexpr (may_be_cut) shards_.emplace(on, model, options, gradient, with_means);
  }

  /// That of the first shard.
  O& first() { return first_; }
  /// The same, read-only.
  const O& first() const { return first_; }
  /// Its options. \param options those of the run
  const Options& options_of_first(const Options& options) const {
    if constexpr (may_be_cut)
      if (shards_) return shards_->options(0);
    return options;
  }
  /// The shards; null if there is but one.
  ShardedGradient<O>* shards() { return shards_ ? &*shards_ : nullptr; }
  /// Are there several?
  bool are_cut() const { return shards_.has_value(); }

  /// Calls f(objective, its options) for all of them.
  template <class F>
  void for_each(const Options& options, F f) {
    if constexpr (may_be_cut)
      if (shards_) return shards_->for_each(first_, f);
    f(first_, options);
  }
  /// An epoch's metrics, the same in all processes: report(objective, its options, metrics) adds those of one
  /// objective. \throws ValueError if processes have come to different models
  template <class Report>
  void report(const Options& options, const Model& model, Metrics& metrics, Report report) {
    if constexpr (may_be_cut)
      if (shards_) {
        shards_->report(first_, metrics, report);
        return check_same_model(group_of(options), model);
      }
    report(first_, options, metrics);
  }

  /// The states of all, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const B& on, F& f) {
    if constexpr (requires { first_.for_each_state(on, f); }) {
      first_.for_each_state(on, f);
      if constexpr (may_be_cut)
        if (shards_) shards_->for_each_state(on, f);
    }
  }
  /// Fetches the state of what other processes compute.
  void bring_together(const B& on) {
    if constexpr (may_be_cut)
      if (shards_) shards_->bring_together(on, first_);
  }

 private:
  O first_;
  std::optional<ShardedGradient<O>> shards_;
};

}  // namespace harmonium::detail
