/// \file
/// Contrastive divergence for any `EnergyModel`: gradient ascent along the statistics of the data minus those
/// of short Markov chains (Hinton, 2002; Tieleman, 2008). The statistics of both phases are one product whose
/// columns are weighted +1/B and -1/M.
#pragma once

#include "chains/negative_phase.hpp"
#include "contrastive_divergence_options.hpp"
#include "gradient/label_gradient.hpp"
#include "gradient/missing_entries.hpp"
#include "run/first_pass.hpp"
#include "run/mean_free_energy.hpp"
#include "run/reconstruction_error.hpp"
#include "run/scale_warnings.hpp"
#include "trainer.hpp"

namespace harmonium {

/// The objective of contrastive divergence: see training/objective.hpp.
template <class Model_, class Options_>
class ContrastiveDivergenceObjective {
  static_assert(
      EnergyModel<Model_>,
      "ContrastiveDivergence trains an EnergyModel: see models/energy_model.hpp for what it must offer");

 public:
  using Model = Model_;                                           ///< what is trained
  using Options = Options_;                                       ///< its options
  using Backend = typename Model::Backend;                        ///< where the model lives
  using Phase = NegativePhase<Model, decltype(Options::chains)>;  ///< its chains

  /// \throws ValueError if an option is out of range, or requires something that the model does not have
  static void check(const Options& options) {
    constexpr const char* trainer = "ContrastiveDivergence";
    detail::check_contrastive_divergence_options(options);
    detail::check_penalties_of_model<Model>(trainer, options.penalties);
    harmonium::check<ValueError>(options.discriminative == 0 || LabelGradient<Model>::possible, trainer,
                                 ": discriminative is for joint RBMs, whose visible units are a sample and a "
                                 "label");
    harmonium::check<ValueError>(options.statistics == Statistics::means || SamplesStatistics<Model>, trainer,
                                 ": statistics = samples is for models with set_sampled_statistics");
  }
  /// Allocates memory for batches of `options.batch_size` samples and for their chains.
  ContrastiveDivergenceObjective(const Backend& on, const Model& model, const Options& options)
      : negative_(options.chains, model), most_(options.batch_size), most_chains_(negative_.count(most_)) {
    const Index columns = most_chains_ + most_;
    state_ = make_state(model, columns);
    detail::clear_state(on, chains(most_chains_));
    work_ = make_workspace(model, columns);
    weights_ = detail::PhaseWeights<Backend>(columns);
    if constexpr (LabelGradient<Model>::possible)
      if (options.discriminative > 0) label_gradient_ = LabelGradient<Model>(model, most_);
  }

  /// The buffer for n samples, rows x n.
  ViewOf<Backend> samples(Index n) { return data(n).visible; }
  /// Visible states of the last update's chains, rows x chains.
  ConstViewOf<Backend> fantasies() const { return ConstViewOf<Backend>(state_.visible).columns(0, chains_); }
  /// The chains.
  const Phase& negative_phase() const { return negative_; }

  /// \throws DataError if a unit does not accept one of its numbers \throws ValueError if a grouped unit is
  /// partly known
  template <class Source>
  void check_source(const Backend& on, const char* caller, const Options& /*options*/, const Model& model,
                    const Source& source) {
    detail::check_values<Backend>(on, caller, model.visible, source, samples(most_));
    if constexpr (SourceWithMissing<Source, Backend>)
      detail::for_each_block(source.size(), most_, [&](std::span<const Index> columns) {
        const auto known = missing_.known(source.rows(), static_cast<Index>(columns.size()), most_);
        source.fill_known(on, columns, known);
        detail::check_known(caller, model.visible, ConstViewOf<Backend>(known), columns.front());
      });
  }
  /// Fresh biases start at the data's means.
  template <class Source>
  void prepare(const Backend& on, const Options& options, Model& model, const Source& source) {
    if (options.fit_visible_biases)
      detail::start_at_means<Backend>(on, model, source, samples(most_), options.pseudo_count,
                                      leaves_out(options));
  }
  /// Are missing entries no part of a sample's model?
  static bool leaves_out(const Options& options) { return options.missing == Missing::left_out; }
  /// Which entries of a batch are known. \throws ShapeError, ValueError if they do not fit the batch
  void take(const Backend& on, const Model& model,
            const Batch<ScalarOf<Backend>, typename Backend::Memory>& batch) {
    const Index rows = batch.values.rows, n = batch.values.cols;
    is_missing_ = batch.known.cols > 0;
    if (!is_missing_) return;
    harmonium::check<ShapeError>(batch.known.rows == rows && batch.known.cols == n, "step: known is ",
                                 batch.known.rows, " x ", batch.known.cols, ", the batch ", rows, " x ", n);
    detail::check_known("step", model.visible, batch.known);
    on.copy(batch.known, missing_.known(rows, n, most_));
  }
  /// Which entries of a source's samples are known.
  template <class Source>
  void take(const Backend& on, const Source& source, std::span<const Index> columns) {
    is_missing_ = SourceWithMissing<Source, Backend>;
    if constexpr (SourceWithMissing<Source, Backend>)
      source.fill_known(on, columns,
                        missing_.known(source.rows(), static_cast<Index>(columns.size()), most_));
  }

  /// Statistics of the samples minus those of the chains. Where the user allows rounded factors
  /// (`Precision::mixed`), both phases round the same ones.
  void set_gradient(const Backend& full, const Options& options, const Model& model, const Update& update,
                    Model& gradient) {
    const Backend on = has_two_layers && negative_.may_round() ? rounding(full) : full;
    samples_ = update.samples;
    chains_ = chains_for(samples_);
    const auto positive = data(samples_), negative = chains(chains_);
    const Draws draws{.seed = options.seed, .step = update.step * static_cast<std::uint64_t>(options.steps)};
    total_ =
        weights_.write(on, chains_, samples_, negative_.follows_data(), update.weights, update.mean_weight);

    const bool missing = std::exchange(is_missing_, false), left_out = missing && leaves_out(options);
    if (left_out) missing_.leave_out(on, positive.visible);
    if (missing && !left_out) draw_missing(on, options, model, update.step, positive);
    refresh(on, model, positive);
    if (left_out) {
      missing_.advance(on, model, positive, negative, work_, options.steps, draws);
    } else {
      negative_.advance(on, model, update, positive, negative, work_, options.steps, draws);
    }
    negative_.weigh(on, total_, chains_, weights_);
    set_statistics_of(on, options, model, draws, gradient);
    negative_.subtract(full, model, gradient);
    negative_.learned(full, gradient);
    if constexpr (LabelGradient<Model>::possible)
      if (options.discriminative > 0)
        label_gradient_.add(full, model, positive.visible, weights_.columns(chains_, samples_),
                            static_cast<ScalarOf<Backend>>(options.discriminative), gradient);
  }
  /// The last update's samples.
  BatchStates<Model> batch() { return {data(samples_), weights_.columns(chains_, samples_), total_, work_}; }
  /// Do the chains reject the model that an update produced?
  bool refuses(const Backend& on, const Model& model) requires Phase::may_refuse {
    return negative_.refuses(on, model);
  }
  /// The model that then replaces it.
  const Model& fallback() const requires Phase::may_refuse { return negative_.fallback(); }
  /// The factor by which they reduce the rate.
  double rate_share() const requires Phase::may_refuse { return negative_.rate_share(); }

  /// Reconstruction error, norm of the gradient, and the chains' own metrics.
  template <class Source>
  void report(const Backend& on, const Options& options, const Model& model, const Source& source,
              const Model& gradient, std::vector<std::pair<std::string, double>>& metrics) {
    metrics = {
        {"reconstruction_error", detail::reconstruction_error(
                                     on, model, source, most_, options.seed, [&](Index n) { return data(n); },
                                     work_, reconstructed_, leaves_out(options))},
        {"gradient_norm", norm(on, gradient)}};
    negative_.report(on, state_.visible, metrics);
    if constexpr (Phase::may_know_log_z)
      if (const auto z = negative_.log_z(on, model, chains(chains_))) {
        metrics.insert(metrics.end(), {{"log_z", z->log_z}, {"log_z_error", z->standard_error}});
        if constexpr (!SourceWithMissing<Source, Backend>)
          metrics.emplace_back("log_likelihood",
                               -detail::mean_free_energy(on, model, source, most_, options.seed,
                                                         [&](Index n) { return data(n); }) -
                                   z->log_z);
      }
  }
  /// Rows of real numbers that are far from mean 0 and variance 1.
  template <class Source>
  void warn(const Backend& on, const Options& options, const Model& model, const Source& source,
            std::vector<std::string>& warnings) {
    detail::warn_of_layer_scales<Backend>(on, model.visible, source, options.seed, samples(most_), warnings);
  }
  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const Backend& /*on*/, F&& f) {
    negative_.for_each_state(f, chains(most_chains_));
  }

 private:
  // A step of a Boltzmann machine adds up changes of its input: rounding them would add up, too.
  static constexpr bool has_two_layers = requires(const Model& model) { model.hidden; };

  // Chains come first, so that the chains and a batch (a short one too) form one block of columns.
  auto chains(Index count) { return state_.columns(0, count); }
  auto data(Index n) { return state_.columns(chains_for(n), n); }
  // A policy could ask for more than there is room for.
  Index chains_for(Index n) const {
    const Index count = negative_.count(n);
    harmonium::check<ShapeError>(count >= 1 && count <= most_chains_, "ContrastiveDivergence: there are ",
                                 count, " chains for ", n, " samples, expected 1 to ", most_chains_,
                                 ", as for a full batch");
    return count;
  }

  void draw_missing(const Backend& on, const Options& options, const Model& model, std::uint64_t step,
                    typename Model::StateView data) {
    missing_.draw(on, model, data, work_, options.missing_steps,
                  {.seed = options.seed,
                   .step = 2 * step * static_cast<std::uint64_t>(options.missing_steps),
                   .stream = Stream::clamped});
  }
  void set_statistics_of(const Backend& on, const Options& options, const Model& model, Draws draws,
                         Model& gradient) {
    const auto both = chains(chains_ + samples_);
    const auto weights = weights_.columns(0, chains_ + samples_);
    if constexpr (SamplesStatistics<Model>)
      if (options.statistics == Statistics::samples)
        return set_sampled_statistics(on, model, both, weights, 0, gradient, work_, draws);
    set_statistics(on, model, both, weights, 0, gradient, work_);
  }

  Phase negative_;
  Index most_, most_chains_;        // samples and chains of a full batch
  Index samples_ = 0, chains_ = 0;  // of the last update
  double total_ = 1;                // weight of its samples
  typename Model::State state_;
  typename Model::Workspace work_;
  detail::PhaseWeights<Backend> weights_;
  detail::MissingEntries<Model> missing_;
  bool is_missing_ = false;
  LabelGradient<Model> label_gradient_;
  Matrix<Backend> reconstructed_;
};

/// Trains an `EnergyModel` by contrastive divergence; the interface is that of `Trainer`.
///
///     ContrastiveDivergence trainer{rbm, {.epochs = 30, .chains = Persistent{.chains = 100}, .seed = 1}};
///     History history = trainer.fit(data, ProgressBar{});
///
/// If a source has missing entries (`MissingData`, `RatingData`), they are redrawn at each update, given the
/// known ones, or left out of their sample's model: see `Missing`.
/// Reports the metrics `reconstruction_error` (mean squared difference per known visible number after a
/// mean-field pass up and down, over up to 1000 samples drawn once by the seed, weighted by their sample
/// weights), `gradient_norm` (of the last update), `chain_autocorrelation` for chains that persist (of
/// visible states, over the last update), and the chains' own metrics.
template <class Model, class Options = ContrastiveDivergenceOptions<>>
class ContrastiveDivergence : public Trainer<ContrastiveDivergenceObjective<Model, Options>> {
 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit ContrastiveDivergence(Model& model, Options options = {},
                                 typename Model::Backend on = Model::Backend::all())
      : Trainer<ContrastiveDivergenceObjective<Model, Options>>(model, std::move(options), std::move(on)) {}

  /// The buffer for the n samples that `update` learns from, rows x n.
  /// \throws ValueError if updates are cut into shards; so does `update`
  ViewOf<typename Model::Backend> samples(Index n) {
    this->require_one_shard("samples");
    return this->objective().samples(n);
  }
  /// One update from the n samples in that buffer, at most `batch_size`, for trainers that produce them
  /// themselves: `step` without its checks, which wait for the backend. A sample is weighted by its weight
  /// over `mean_weight`; without weights all are equal.
  void update(Index n, std::span<const double> weights = {}, double mean_weight = 1) {
    this->require_one_shard("update");
    this->learn({n, weights, mean_weight, this->steps()});
  }
  /// Visible states of the last update's chains, rows x chains; of the first shard, if there are several.
  ConstViewOf<typename Model::Backend> fantasies() const { return this->objective().fantasies(); }
  /// The state of the chains' policy (a variant, if the policy is one), such as the ladder of `Tempered`; of
  /// the first shard, if there are several.
  const auto& chains() const { return this->objective().negative_phase().memory(); }
  /// Number of chains for a batch of n samples; of the first shard, if there are several.
  Index chain_count(Index n) const { return this->objective().negative_phase().count(n); }
};

}  // namespace harmonium
