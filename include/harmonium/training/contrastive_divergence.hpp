/// \file
/// Contrastive divergence for any `EnergyModel`: uphill along the statistics of the data minus those of short
/// Markov chains (Hinton, 2002; Tieleman, 2008). Both phases' statistics are one product, columns weighted
/// +1/B and -1/M.
#pragma once

#include "../data/batch_source.hpp"
#include "../models/gauge.hpp"
#include "chains/autocorrelation.hpp"
#include "contrastive_divergence_options.hpp"
#include "gradient/label_gradient.hpp"
#include "gradient/missing_entries.hpp"
#include "gradient/optimizer_state.hpp"
#include "gradient/phase_weights.hpp"
#include "gradient/shaping.hpp"
#include "run/averaging.hpp"
#include "run/epochs.hpp"
#include "run/first_pass.hpp"

namespace harmonium {

/// Trains `Model`. Holds what training remembers: moments, chains, counts.
///
///     ContrastiveDivergence trainer{rbm, {.epochs = 30, .chains = Persistent{.chains = 100}, .seed = 1}};
///     History history = trainer.fit(data, ProgressBar{});
template <class Model, class Options = ContrastiveDivergenceOptions<>>
class ContrastiveDivergence {
  static_assert(
      EnergyModel<Model>,
      "ContrastiveDivergence trains an EnergyModel: see models/energy_model.hpp for what it must offer");

 public:
  using Backend = typename Model::Backend;  ///< where the model lives
  using Scalar = typename Model::Scalar;    ///< its numbers

  /// \param model is trained in place and must outlive the trainer
  /// \param on with which means; by default all processors
  /// \throws ValueError if an option is out of range
  explicit ContrastiveDivergence(Model& model, Options options = {}, Backend on = Backend::all())
      : model_(model),
        options_(checked(std::move(options))),
        on_(std::move(on)),
        chains_(Chains::make(options_.chains, model_)) {
    const Index chains = chain_count(options_.batch_size);
    gradient_ = zeros_like(model_);
    optimizer_ = OptimizerState<Model>(model_, options_.optimizer);
    state_ = make_state(model_, chains + options_.batch_size);
    detail::clear_state(on_, state_.columns(0, chains));
    work_ = make_workspace(model_, chains + options_.batch_size);
    weights_ = detail::PhaseWeights<Backend>(chains + options_.batch_size);
    shaping_ = GradientShaping<Model>(model_);
    if constexpr (LabelGradient<Model>::possible) {
      if (options_.discriminative > 0) label_gradient_ = LabelGradient<Model>(model_, options_.batch_size);
    }
  }

  /// One update from a batch of at most `batch_size` samples.
  /// \throws ShapeError if the batch has other rows than the model, no samples or too many \throws DataError
  /// if a number is not finite \throws ValueError if numbers are missing and the model has no hidden units,
  /// or some rows of a grouped unit are missing and others not
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(on_, batch, rows(), options_.batch_size);
    const bool missing = batch.known.cols > 0;
    check<ShapeError>(!missing || (batch.known.rows == rows() && batch.known.cols == n), "step: known is ",
                      batch.known.rows, " x ", batch.known.cols, ", the batch ", rows(), " x ", n);
    if (missing) detail::check_known("step", model_.visible, batch.known);
    on_.copy(batch.values, data_columns(n).visible);
    if (missing) on_.copy(batch.known, missing_.known(rows(), n, options_.batch_size));
    learn(n, batch.weights, 1, missing);
  }

  /// One pass over all samples, in the order of epoch `number`; see `fit` for what it checks.
  template <BatchSource<Backend> Source>
  void epoch(const Source& source, int number = 1) {
    check_source(source, "epoch");
    const double mean = detail::mean_weight(source);
    for_each_batch(source.size(), options_.batch_size, options_.seed, number,
                   [&](std::span<const Index> columns) { learn_columns(source, columns, mean); });
  }

  /// Trains for all epochs. A sample with weight 2 counts as two; of a source with missing entries
  /// (`MissingData`) they are drawn anew at each update, given what is known. Reports the metrics
  /// `reconstruction_error` (mean squared difference a visible row after one step down of means, over the
  /// first 1000 samples), `gradient_norm` (of the last update), for chains that go on `chain_autocorrelation`
  /// (of visible states, over the last update), and what the chains report. \throws ShapeError if the data
  /// have other rows than the model \throws DataError if there are no samples, one has a number that its unit
  /// cannot take (row and column named), or sample weights are wrong \throws ValueError if a grouped unit is
  /// known in part; all before anything is changed \throws ValueError if the parameters stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    const double mean = detail::mean_weight(source);
    return run_resumable_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), model_, TrainerParts<ContrastiveDivergence, Source>{*this, source},
        [&] {
          plan(source.size());
          average_.clear();
          if (options_.fit_visible_biases)
            detail::fit_fresh_layer<Backend>(on_, model_.visible, source,
                                             data_columns(options_.batch_size).visible);
        },
        [&](std::span<const Index> columns, bool last_of_epoch) {
          watch_chains_ = last_of_epoch;
          learn_columns(source, columns, mean);
          watch_chains_ = false;
        },
        [&](EpochReport& report) {
          detail::end_epoch(on_, options_, progress_.at(optimizer_.steps()), average_, model_, report);
          report.metrics = {{"reconstruction_error", reconstruction_error(source)},
                            {"gradient_norm", norm(on_, gradient_)}};
          if (const Index moved = autocorrelation_.chains(); moved > 0)
            report.metrics.emplace_back("chain_autocorrelation",
                                        autocorrelation_.of(on_, state_.columns(0, moved).visible));
          detail::visit_policy(
              [&](const auto& chains) {
                if constexpr (requires { chains.report(report.metrics); }) chains.report(report.metrics);
              },
              chains_);
        },
        observers...);
  }
  /// The same for a matrix of one's own, rows x samples.
  template <Observer... Observers>
  History fit(View<const Scalar, typename Backend::Memory> data, Observers&&... observers) {
    return fit(MatrixSource<Scalar, typename Backend::Memory>{data}, observers...);
  }

  /// Plans a run of single steps as `fit` does by itself: schedules go their way in the next `epochs` passes
  /// over so many samples.
  void plan(Index samples) { progress_.plan(optimizer_.steps(), samples, options_); }
  /// Where the n samples lie that `update` learns from, rows x n.
  ViewOf<Backend> samples(Index n) { return data_columns(n).visible; }
  /// One update from the n samples that were put there, at most `batch_size`, for trainers that make them
  /// themselves: `step` without its checks, which wait for the backend. A sample counts by its weight over
  /// `mean_weight`, or all count the same.
  void update(Index n, std::span<const double> weights = {}, double mean_weight = 1) {
    learn(n, weights, mean_weight, false);
  }
  /// Visible states of the last update's chains, rows x chains.
  ConstViewOf<Backend> fantasies() const {
    return ConstViewOf<Backend>(state_.visible).columns(0, last_chains_);
  }
  /// The last update's direction, without L2 and L1.
  const Model& gradient() const { return gradient_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }
  /// What the chains' policy remembers (a variant, if the policy is one), such as the ladder of `Tempered`.
  const auto& chains() const { return chains_; }
  /// What it was asked for.
  const Options& options() const { return options_; }

  /// What training remembers besides the model: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("optimizer", optimizer_);
    f("progress", progress_);
    f("centring", shaping_);
    f("average", average_, model_);
    detail::visit_policy(
        [&]<class Policy>(const Policy& policy) {
          if constexpr (!detail::follows_data<Policy>)
            f("chains", state_.columns(0, chain_count(options_.batch_size)));
          using Memory = typename detail::ChainsMemory<Policy, Model>::type;
          if constexpr (!std::is_same_v<Memory, Policy>) {
            Memory* memory = nullptr;
            if constexpr (detail::is_variant<typename Chains::type>) {
              memory = std::get_if<Memory>(&chains_);
            } else {
              memory = &chains_;
            }
            static_assert(
                requires { memory->for_each_state(f); },
                "chains that remember more than states say what: for_each_state(f), see "
                "training/run/run_state.hpp");
            f(Policy::name, *memory);
          }
          static_cast<void>(policy);
        },
        options_.chains);
  }

 private:
  using Chains = detail::ChainsMemory<decltype(Options::chains), Model>;
  static constexpr bool has_gauge =
      requires(Model & model, const Backend& on, GaugeScratch<Backend>& scratch) {
    fix_gauge(on, model, scratch);
  };

  static Options checked(Options options) {
    detail::check_contrastive_divergence_options(options);
    GradientShaping<Model>::check_penalties("ContrastiveDivergence", options.penalties);
    check<ValueError>(options.discriminative == 0 || LabelGradient<Model>::possible,
                      "ContrastiveDivergence: discriminative is for joint RBMs, whose visible units are a "
                      "sample and a label");
    return options;
  }
  Index rows() const { return model_.visible.rows(); }
  Index chain_count(Index batch) const {
    return detail::visit_policy(
        [&](const auto& memory) {
          if constexpr (requires { memory.count(batch); }) {
            return memory.count(batch);
          } else {
            return detail::visit_policy([&](const auto& c) { return c.count(batch); }, options_.chains);
          }
        },
        chains_);
  }
  // Chains lie in front, so that chains and a batch, a short one too, are one block of columns.
  auto data_columns(Index n) { return state_.columns(chain_count(n), n); }
  // One update from the n samples that lie in the state's data columns.
  void learn(Index n, std::span<const double> sample_weights, double mean_weight, bool missing) {
    const Index chains = last_chains_ = chain_count(n);
    const auto data = state_.columns(chains, n), negative = state_.columns(0, chains);
    const auto first_step =
        static_cast<std::uint32_t>(optimizer_.steps() * static_cast<std::uint64_t>(options_.steps));
    const Draws draws{.seed = options_.seed, .step = first_step};
    const bool follows = detail::visit_policy(
        []<class Memory>(const Memory&) { return detail::follows_data<Memory>; }, chains_);
    const double total = weights_.write(on_, chains, n, follows, sample_weights, mean_weight);
    detail::visit_policy(
        [&](auto& policy) {
          // Not before the first update, so that chains begin at the visible biases that `fit` may have set.
          if (optimizer_.steps() == 0) {
            start(on_, model_, negative, {.seed = options_.seed});
            if constexpr (requires { policy.begin(on_, model_, negative, draws); })
              policy.begin(on_, model_, negative, {.seed = options_.seed});
          }
          if (missing)
            missing_.draw(on_, model_, data, work_, options_.missing_steps,
                          {.seed = options_.seed,
                           .step = 2 * static_cast<std::uint32_t>(optimizer_.steps()) *
                                   static_cast<std::uint32_t>(options_.missing_steps),
                           .stream = Stream::clamped});
          refresh(on_, model_, data);
          constexpr bool weighs = requires { policy.weigh(on_, 1.0, ViewOf<Backend>()); };
          if constexpr (!weighs && !detail::follows_data<std::remove_reference_t<decltype(policy)>>) {
            if (watch_chains_) autocorrelation_.remember(on_, negative.visible);
          }
          policy.advance(on_, model_, data, negative, work_, options_.steps, draws);
          if constexpr (weighs) policy.weigh(on_, total, weights_.overwritten(chains));
        },
        chains_);
    const auto weights = weights_.columns(0, chains + n), data_weights = weights_.columns(chains, n);
    if (options_.statistics == Statistics::means) {
      set_statistics(on_, model_, state_.columns(0, chains + n), weights, Scalar(0), gradient_, work_);
    } else {
      set_sampled_statistics(on_, model_, state_.columns(0, chains + n), weights, Scalar(0), gradient_, work_,
                             draws);
    }
    if constexpr (LabelGradient<Model>::possible) {
      if (options_.discriminative > 0)
        label_gradient_.add(on_, model_, ConstViewOf<Backend>(data.visible), data_weights,
                            static_cast<Scalar>(options_.discriminative), gradient_);
    }
    shaping_.apply(on_, options_, model_, data, data_weights, total, work_, gradient_);
    optimizer_.step(on_, options_.optimizer, progress_.at(optimizer_.steps()), options_.weight_decay,
                    options_.penalties.l1, gradient_, model_);
    shaping_.limit(on_, options_.penalties, model_);
    if constexpr (has_gauge) {
      if (options_.zero_sum) fix_gauge(on_, model_, gauge_);
    }
    detail::join_average(on_, options_, progress_.at(optimizer_.steps()), model_, average_);
    detail::visit_policy(
        [&](auto& policy) {
          if constexpr (requires { policy.learned(on_, gradient_); }) policy.learned(on_, gradient_);
        },
        chains_);
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns, double mean_weight) {
    const auto n = static_cast<Index>(columns.size());
    detail::pick_weights(weights_of(source), columns, sample_weights_);
    as_one(on_, [&] {
      source.fill(on_, columns, data_columns(n).visible);
      constexpr bool missing = SourceWithMissing<Source, Backend>;
      if constexpr (missing) source.fill_known(on_, columns, missing_.known(rows(), n, options_.batch_size));
      learn(n, sample_weights_, mean_weight, missing);
    });
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    detail::check_size(caller, source, rows());
    detail::check_values<Backend>(on_, caller, model_.visible, source,
                                  data_columns(options_.batch_size).visible);
    if constexpr (SourceWithMissing<Source, Backend>)
      detail::for_each_block(source.size(), options_.batch_size, [&](std::span<const Index> columns) {
        const auto known = missing_.known(rows(), static_cast<Index>(columns.size()), options_.batch_size);
        source.fill_known(on_, columns, known);
        detail::check_known(caller, model_.visible, ConstViewOf<Backend>(known), columns.front());
      });
  }

  template <class Source>
  double reconstruction_error(const Source& source) {
    return detail::reconstruction_error(
        on_, source, options_.batch_size, [&](Index n) { return samples(n); },
        [&](Index n) {
          const auto block = data_columns(n);
          const auto out = ViewOf<Backend>(reconstructed()).columns(0, n);
          refresh(on_, model_, block);
          reconstruct(on_, model_, block, work_, out);
          return out;
        });
  }
  Matrix<Backend>& reconstructed() {
    if (reconstructed_.cols() == 0) reconstructed_ = Matrix<Backend>(rows(), options_.batch_size);
    return reconstructed_;
  }

  Model& model_;
  Options options_;
  Backend on_;
  Model gradient_;
  OptimizerState<Model> optimizer_;
  typename Model::State state_;
  typename Model::Workspace work_;
  detail::PhaseWeights<Backend> weights_;
  typename Chains::type chains_;
  GradientShaping<Model> shaping_;
  LabelGradient<Model> label_gradient_;
  Autocorrelation<Backend> autocorrelation_;
  GaugeScratch<Backend> gauge_;
  Average<Model> average_;
  std::vector<double> sample_weights_;
  Matrix<Backend> reconstructed_;
  detail::MissingEntries<Model> missing_;
  detail::Progress progress_;
  Index last_chains_ = 0;
  bool watch_chains_ = false;
};

}  // namespace harmonium
