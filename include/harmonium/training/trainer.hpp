/// \file
/// The training loop: gradient ascent on an objective, batch by batch.
#pragma once

#include <string>
#include <vector>

#include "../models/gauge.hpp"
#include "../models/shapes.hpp"
#include "gradient/centered_gradient.hpp"
#include "gradient/clipping.hpp"
#include "gradient/hidden_spread.hpp"
#include "gradient/optimizer_state.hpp"
#include "gradient/penalties.hpp"
#include "gradient/sample_shares.hpp"
#include "objective.hpp"
#include "run/averaging.hpp"
#include "run/checks.hpp"
#include "run/epochs.hpp"
#include "run/objectives.hpp"
#include "run/progress.hpp"

namespace harmonium {

/// Trains the model of an objective `O`. Holds the state of training: moments, averages, the objective.
template <Objective O>
class Trainer {
 public:
  using Model = typename O::Model;          ///< what is trained
  using Options = typename O::Options;      ///< its options
  using Backend = typename Model::Backend;  ///< where the model lives
  using Scalar = ScalarOf<Backend>;         ///< its numbers
  using Gradient = detail::Climbed<O>;      ///< the model, or the part of it that the objective trains
  /// Can it learn from such data? Those without labels and targets may not be enough.
  template <class Data>
  static constexpr bool takes = SamplesFor<Data, Backend> &&
                                (detail::takes_matrices<O> || BatchSource<Data, Backend>);

  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on
  /// \throws ValueError if an option is out of range
  Trainer(Model& model, Options options, Backend on)
      : model_(model),
        options_(checked(std::move(options))),
        on_(std::move(on)),
        objectives_(on_, model_, options_),
        gradient_(zeros_like(climbed())),
        optimizer_(climbed(), options_.optimizer) {
    if constexpr (SeesStates<O>) centering_ = Centering<Model>(model_);
    if constexpr (has_spread) spread_ = HiddenSpread<Model>(model_);
    cut_into_shards();
  }

  /// One update from a batch of at most `batch_size` samples.
  /// \throws ShapeError if the batch's rows do not match the model, it has no samples or too many, or what
  /// comes with it has the wrong shape \throws DataError if a number is not finite, or labels, targets or
  /// weights are invalid \throws ValueError if entries are missing and the model cannot draw them. In a group
  /// of processes, each is given the whole batch.
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_model("step", model_);
    shapes_.check("step: something", model_);
    detail::check_batch(on_, batch, rows(), options_.batch_size);
    const Update update{.samples = n, .weights = batch.weights, .step = steps()};
    if constexpr (detail::Objectives<O>::may_be_cut) {
      if (objectives_.are_cut()) {
        check<ShapeError>(n >= shard_count(), "step: the batch has ", n, " samples, expected at least ",
                          shard_count(), " (shards.count)");
        learn_in_shards(update, false, [&](O& one, Index first, Index count) {
          take(one, detail::columns_of(batch, first, count));
        });
        return;
      }
    }
    take(objective(), batch);
    learn(update);
  }

  /// One pass over all samples, in the order of epoch `number`; see `fit` for what it takes and checks.
  template <class Data>
  requires(takes<Data>) void epoch(const Data& data, int number = 1) {
    const auto& source = source_of<Backend>(data);
    group().together([&] { check_source(source, "epoch"); });
    const double mean = detail::mean_weight(source);
    for_each_batch(
        source.size(), options_.batch_size, seed_of_order(), number,
        [&](std::span<const Index> columns) { learn_from(source, columns, mean, false, false); }, 0,
        reading_of(source));
  }

  /// Trains on samples of any kind for all epochs, or until an observer ends the run. A sample with weight 2
  /// is equivalent to two samples. \throws ShapeError if the data's rows do not match the model, or the
  /// model's weights its layers \throws DataError if there are no samples, a unit does not accept one of its
  /// numbers (the message names row and column), or weights, labels or targets are invalid; all before
  /// anything is changed \throws ValueError if the parameters stop being finite
  template <class Data, Observer... Observers>
  requires(takes<Data>) History fit(const Data& data, Observers&&... observers) {
    const auto& source = source_of<Backend>(data);
    using Source = std::remove_cvref_t<decltype(source)>;
    group().together([&] { check_source(source, "fit"); });
    const double mean = detail::mean_weight(source);
    const auto prepare = [&] {
      plan_run(source.size());
      if constexpr (requires { objective().prepare(on_, options_, model_, source); })
        objectives_.for_each(options_,
                             [&](O& one, const Options& own) { one.prepare(on_, own, model_, source); });
    };
    const auto learn_batch = [&](std::span<const Index> columns, bool last, bool pause) {
      return learn_from(source, columns, mean, last, pause);
    };
    const auto measure = [&](EpochReport& report) {
      progress_.count_epoch();
      auto judged = detail::end_epoch(on_, options_, progress(), average_, model_, report,
                                      progress_.continues(steps()));
      if constexpr (requires {
                      objective().report(on_, options_, model_, source, gradient_, report.metrics);
                    })
        objectives_.report(options_, model_, report.metrics, [&](O& one, const Options& own, auto& metrics) {
          one.report(on_, own, model_, source, gradient_, metrics);
        });
      if constexpr (requires { objective().warn(on_, options_, model_, source, report.warnings); })
        if (report.epoch == 1)
          objective().warn(on_, objectives_.options_of_first(options_), model_, source, report.warnings);
      return judged;
    };
    return run_resumable_epochs(
        {.phase = options_.phase,
         .epochs = planned_epochs(options_.epochs, options_.batch_size, source.size()),
         .batch_size = options_.batch_size,
         .seed = seed_of_order(),
         .epochs_before = progress_.epochs_before(steps()),
         .group = group(),
         .reading = reading_of(source)},
        source.size(), model_, TrainerParts<Trainer, Source>{*this, source}, prepare, learn_batch, measure,
        observers...);
  }

  /// Plans a run of single steps as `fit` does: schedules extend over the next `epochs` passes over `samples`
  /// samples.
  void plan(Index samples) { progress_.plan(steps(), samples, options_); }
  /// Plans a run of `updates` updates over as many calls of `fit`, `epoch` and `step` as it takes, for data
  /// that come in portions: schedules and the mean of the last updates extend over all of it, and each epoch
  /// of `fit` sees its samples in another order. Until it is over, `fit` leaves the model as the last update
  /// made it; then the mean takes its place, and the next call of `fit` plans anew. \throws ValueError if
  /// there are no updates
  void plan_updates(std::uint64_t updates) {
    check<ValueError>(updates > 0, "plan_updates: there are 0 updates, expected at least 1");
    progress_.plan_updates(steps(), updates);
    average_.clear();
    if constexpr (requires { objective().plan_updates(updates); }) objective().plan_updates(updates);
  }
  /// What `fit` does first: `plan`, unless a run over several calls is under way.
  void plan_run(Index samples) {
    if (progress_.continues(steps())) return;
    plan(samples);
    average_.clear();
  }
  /// The last update's gradient with respect to the parameters that the optimizer moves (the centered ones
  /// unless the options say otherwise), without penalties on weights.
  const Gradient& gradient() const { return gradient_; }
  /// Number of updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }
  /// Its options.
  const Options& options() const { return options_; }

  /// The state of training besides the model, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("optimizer", optimizer_);
    if constexpr (RefusesUpdates<O>) f("forgotten_at", optimizer_.forgotten_at());
    f("progress", progress_);
    if constexpr (SeesStates<O>) f("centering", centering_);
    if constexpr (has_spread) f("spread", spread_);
    objectives_.for_each_state(on_, f);
    f("average", average_, model_);
  }
  /// Fetches the state of what other processes compute; all must call it before `for_each_state`.
  void bring_together() { objectives_.bring_together(on_); }

 protected:
  /// The objective.
  O& objective() { return objectives_.first(); }
  /// The objective, read-only.
  const O& objective() const { return objectives_.first(); }

  /// One update from the samples in the objective's `samples(n)`.
  void learn(const Update& update) {
    objective().set_gradient(on_, options_, model_, update, gradient_);
    shapes_.check("the objective", model_);
    if constexpr (SeesStates<O>) {
      centering_.follow(on_, options_, objective().batch(), model_);
      follow_spread();
    }
    climb();
  }
  /// \throws ValueError if updates are cut into shards, and so have no buffer of samples
  void require_one_shard(const char* caller) const {
    check<ValueError>(!objectives_.are_cut(), caller, ": updates are cut into ", shard_count(),
                      " shards, each with samples of its own; use fit, epoch or step");
  }

 private:
  // Has the model hidden units whose scale is kept, and the objective the option and the states for it?
  static constexpr bool has_spread = SeesStates<O> && HiddenSpread<Model>::template offered_by<Options>;

  // Moves the model along the gradient.
  void climb() {
    const double now = progress();
    if constexpr (SeesStates<O>) {
      penalties_.pull_activities(on_, options_.penalties, centering_.means(), gradient_);
      centering_.begin(on_, options_.centered, model_, gradient_);
      penalties_.shrink_groups(on_, options_.penalties, model_, gradient_);
      penalties_.shrink_sums(on_, options_.penalties, model_, gradient_);
    }
    if constexpr (requires { options_.max_gradient_norm; })
      clipping_.apply(on_, options_.max_gradient_norm, gradient_);
    optimizer_.step(on_, options_.optimizer, now, options_.weight_decay, detail::l1_of(options_), gradient_,
                    climbed(), rate_share());
    norms_.limit(on_, detail::max_norm_of(options_), climbed());
    if constexpr (SeesStates<O>) centering_.end(on_, options_.centered, model_);
    fix_gauges();
    limit_again();
    if (refused()) return put_back();
    if (detail::joins_average(options_, progress())) join_average();
    if constexpr (requires { objective().updated(on_, gradient_); })
      objectives_.for_each(options_, [&](O& one, const Options&) { one.updated(on_, gradient_); });
  }

  static Options checked(Options options) {
    O::check(options);
    return options;
  }
  void follow_spread() {
    if constexpr (has_spread)
      if (options_.standardized)
        spread_.follow(on_, options_.offset_rate, objective().batch(), centering_.means().lambda(), model_);
  }
  // What the distribution does not depend on: the sum of a categorical unit's weights, the scale of a hidden
  // unit.
  void fix_gauges() {
    if constexpr (detail::has_gauge<Model> && requires { options_.zero_sum; })
      if (options_.zero_sum && !leaves_entries_out()) fix_gauge(on_, model_, gauge_);
    if constexpr (has_spread) {
      if (!options_.standardized) return;
      spread_.fix(on_, centering_.means().lambda(), model_);
      optimizer_.for_each_moment(options_.optimizer,
                                 [&](int power, Model& moment) { spread_.rescale(on_, power, moment); });
    }
  }
  // Gauges of hidden units may have made their weights longer.
  void limit_again() {
    if constexpr (SeesStates<O> && detail::has_hidden_units<Model>) {
      if (detail::max_norm_of(options_) <= 0) return;
      bool longer = false;
      if constexpr (has_spread) longer = options_.standardized;
      if constexpr (detail::has_gauge<Model> && requires { options_.zero_sum; })
        if (options_.zero_sum)
          for_each_categorical_block(model_.hidden, [&](Index, Index, Index) { longer = true; });
      if (!longer) return;
      centering_.begin(on_, options_.centered, model_);
      norms_.limit(on_, detail::max_norm_of(options_), model_);
      centering_.end(on_, options_.centered, model_);
    }
  }
  // Then a sample's model may lack a unit, and the weights that its gauge took to others would be missed.
  bool leaves_entries_out() const {
    if constexpr (requires { O::leaves_out(options_); }) return O::leaves_out(options_);
    return false;
  }
  Gradient& climbed() { return detail::climbed<O>(model_); }
  Index rows() { return objective().samples(1).rows; }
  double progress() const { return progress_.at(steps()); }
  // An objective may name the purpose of its seeds, so that successive phases see the samples in different
  // orders.
  std::uint64_t seed_of_order() const {
    if constexpr (requires { O::seeds; }) return seed_for(options_.seed, O::seeds);
    return options_.seed;
  }

  void join_average() {
    if constexpr (SeesStates<O>) {
      centering_.join(on_, options_.centered, model_, average_);
    } else {
      average_.add(on_, model_);
    }
  }
  double rate_share() const {
    if constexpr (requires { objective().rate_share(); }) return objective().rate_share();
    return 1;
  }
  bool refused() {
    if constexpr (RefusesUpdates<O>) return objective().refuses(on_, model_);
    return false;
  }
  // The moments belong to the update that was refused.
  void put_back() {
    if constexpr (RefusesUpdates<O>) {
      shapes_.check("the objective's fallback", objective().fallback());
      for_each_parameter([&](const ParameterName&, Role, auto x, auto kept) { on_.copy(kept, x); }, model_,
                         objective().fallback());
      optimizer_.forget(on_);
    }
  }

  // Returns whether to pause after this update: was this process, or any other, asked to?
  template <class Source>
  bool learn_from(const Source& source, std::span<const Index> columns, double mean_weight, bool last,
                  bool pause) {
    const auto n = static_cast<Index>(columns.size());
    detail::pick_weights(weights_of(source), columns, sample_weights_);
    const Update update{n, sample_weights_, mean_weight, steps(), last};
    if constexpr (detail::Objectives<O>::may_be_cut)
      if (objectives_.are_cut())
        return learn_in_shards(update, pause, [&](O& one, Index first, Index count) {
          fill(one, source,
               columns.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
        });
    as_one(on_, [&] {
      fill(objective(), source, columns);
      learn(update);
    });
    return false;
  }
  template <class Source>
  void fill(O& one, const Source& source, std::span<const Index> columns) {
    source.fill(on_, columns, one.samples(static_cast<Index>(columns.size())));
    if constexpr (requires { one.take(on_, source, columns); }) one.take(on_, source, columns);
  }
  void take(O& one, const Batch<Scalar, typename Backend::Memory>& batch) {
    if constexpr (requires { one.take(on_, model_, batch); }) one.take(on_, model_, batch);
    on_.copy(batch.values, one.samples(batch.values.cols));
  }

  Index shard_count() const { return detail::shard_count(options_); }
  ProcessGroup group() const { return detail::group_of(options_); }
  void cut_into_shards() {
    bool with_means = false;
    if constexpr (SeesStates<O>) with_means = Centering<Model>::needs_means(options_);
    objectives_.cut(on_, model_, options_, gradient_, with_means);
    if constexpr (has_spread)
      check<ValueError>(!options_.standardized || !objectives_.are_cut(),
                        "shards: hidden units that are standardized are not cut into ", shard_count(),
                        " shards, expected 1 or standardized = false");
  }
  template <class Fill>
  bool learn_in_shards(const Update& update, bool pause, const Fill& fill_part) {
    detail::ShardedGradient<O>& shards = *objectives_.shards();
    const detail::ShardedUpdate done =
        shards.compute(on_, objective(), model_, update, pause, fill_part, gradient_);
    shapes_.check("the objective", model_);
    if constexpr (SeesStates<O>) centering_.follow(on_, options_, done.total, shards.means());
    climb();
    return done.pause;
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    detail::check_model(caller, model_);
    detail::check_size(caller, source, rows());
    shapes_.check((std::string(caller) + ": something").c_str(), model_);
    if constexpr (requires { objective().check_source(on_, caller, options_, model_, source); })
      objective().check_source(on_, caller, objectives_.options_of_first(options_), model_, source);
    check<DataError>(source.size() >= shard_count(), caller, ": there are ", source.size(), " samples for ",
                     shard_count(), " shards (shards.count), expected at least as many");
    if constexpr (requires { source.draws(); })
      check<ValueError>(shard_count() == 1 || !source.draws(), caller,
                        ": the samples are drawn as they are read, and so cannot be cut into ", shard_count(),
                        " shards, expected 1");
  }

  Model& model_;
  Options options_;
  Backend on_;
  detail::Shapes shapes_{model_};  // what all buffers here were made for
  detail::Objectives<O> objectives_;
  Gradient gradient_;
  OptimizerState<Gradient> optimizer_;
  Centering<Model> centering_;
  std::conditional_t<has_spread, HiddenSpread<Model>, detail::NoMeans> spread_;
  Penalizing<Model> penalties_;
  detail::Clipping<Backend> clipping_;
  detail::NormLimits<Backend> norms_;
  GaugeScratch<Backend> gauge_;
  Average<Model> average_;
  detail::Progress progress_;
  std::vector<double> sample_weights_;
};

}  // namespace harmonium
