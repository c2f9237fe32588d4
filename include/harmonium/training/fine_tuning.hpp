/// \file
/// Fine-tuning a network by back-propagation: gradient ascent on the log likelihood of its targets. A
/// classifier learns from labels, an autoencoder from its inputs, any other network from targets.
#pragma once

#include "fine_tuning_options.hpp"
#include "gradient/phase_weights.hpp"
#include "networks/adversary.hpp"
#include "networks/back_propagation.hpp"
#include "networks/dropout.hpp"
#include "networks/targets.hpp"
#include "trainer.hpp"

namespace harmonium {

/// The objective of fine-tuning: see training/objective.hpp.
template <class Model_, class Options_>
class FineTuningObjective {
 public:
  using Model = Model_;                                        ///< what is trained
  using Options = Options_;                                    ///< its options
  using Backend = typename Model::Backend;                     ///< where the model lives
  static constexpr bool takes_matrices = Model::reconstructs;  ///< enough for an autoencoder
  static constexpr SeedFor seeds = SeedFor::fine_tuning;       ///< phases with one seed share no draws
  static constexpr bool adds_up = true;                        ///< losses are sums over samples

  /// \throws ValueError if an option is out of range
  static void check(const Options& options) { detail::check_fine_tuning_options(options); }
  /// Allocates memory for batches of `options.batch_size` samples.
  FineTuningObjective(const Backend& on, const Model& network, const Options& options)
      : activations_(network, options.batch_size),
        dropout_(network, options.input_dropout, options.dropout, options.batch_size),
        targets_(network, options.batch_size),
        values_(network.input_rows(), options.batch_size),
        weights_(options.batch_size),
        ones_(1, options.batch_size) {
    on.fill(ones_, 1);
    if (options.adversarial > 0) adversary_ = detail::Adversary<Model>(network, options.batch_size);
  }

  /// The buffer for n samples, inputs x n.
  ViewOf<Backend> samples(Index n) { return view_of(values_).columns(0, n); }

  /// \throws DataError, ShapeError if required labels or targets are missing, one is invalid, or a number is
  /// not finite
  template <class Source>
  void check_source(const Backend& on, const char* caller, const Options& options, const Model& /*network*/,
                    const Source& source) {
    targets_.check_source(on, caller, source, view_of(values_));
    detail::for_each_block(source.size(), options.batch_size, [&](std::span<const Index> columns) {
      detail::fill_checked(on, caller, source, columns, samples(static_cast<Index>(columns.size())));
    });
  }
  /// Discards losses that single steps and epochs may have left.
  template <class Source>
  void prepare(const Backend& /*on*/, const Options& /*options*/, Model& /*network*/,
               const Source& /*source*/) {
    targets_.forget();
  }
  /// A batch's targets. \throws DataError, ShapeError if they are missing or invalid
  void take(const Backend& on, const Model& /*network*/,
            const Batch<ScalarOf<Backend>, typename Backend::Memory>& batch) {
    targets_.take(on, batch);
  }
  /// The targets of a source's samples, whose values are already in the buffer.
  template <class Source>
  void take(const Backend& on, const Source& source, std::span<const Index> columns) {
    targets_.take(on, source, columns, samples(static_cast<Index>(columns.size())));
  }

  /// Back-propagates the samples and, if requested, adversarially perturbed ones, with half the weight each.
  void set_gradient(const Backend& on, const Options& options, const Model& network, const Update& update,
                    Model& gradient) {
    const Draws draws{.seed = seed_for(options.seed, seeds), .step = update.step};
    const auto x = samples(update.samples);
    const bool moves = options.adversarial > 0;
    dropout_.drop_inputs(on, draws, x);
    weights_.write(on, update.samples, update.weights, moves ? 2 * update.mean_weight : update.mean_weight);

    pass_forward(on, network, x, draws);
    targets_.measure(on, activations_, options.loss, update.samples, update.weights, update.mean_weight);
    pass_backward(on, options, network, x, gradient);
    if (!moves) return;
    const auto moved = adversary_.move(on, options.adversarial, network, activations_, x);
    pass_forward(on, network, moved, draws);
    pass_backward(on, options, network, moved, adversary_.gradient());
    adversary_.join(on, gradient);
  }

  /// Loss and error of the epoch.
  template <class Source>
  void report(const Backend& on, const Options& /*options*/, const Model& /*network*/, const Source& source,
              const Model& /*gradient*/, std::vector<std::pair<std::string, double>>& metrics) {
    metrics = targets_.metrics(on, static_cast<double>(source.size()));
  }
  /// Inputs and targets that are far from mean 0 and variance 1.
  template <class Source>
  void warn(const Backend& on, const Options& options, const Model& network, const Source& source,
            std::vector<std::string>& warnings) {
    std::vector<Index> rows;
    detail::set_consecutive(rows, 0, network.input_rows());
    detail::warn_of_scales<Backend>(on, source, rows, options.seed, view_of(values_), "the data", warnings);
    targets_.warn(on, source, options.seed, warnings);
  }
  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const Backend& on, F&& f) {
    targets_.add_up(on);
    f("teacher", targets_);
  }

 private:
  // Passes of the same update drop the same outputs.
  void pass_forward(const Backend& on, const Model& network, ConstViewOf<Backend> x, Draws draws) {
    forward(rounding(on), network, x, activations_,
            [&](std::size_t i, auto out) { dropout_.drop_outputs(on, draws, i, out); });
  }
  void pass_backward(const Backend& on, const Options& options, const Model& network, ConstViewOf<Backend> x,
                     Model& gradient) {
    backward(rounding(on), network, x, targets_.targets(x.cols), activations_, weights_.columns(0, x.cols),
             ConstViewOf<Backend>(ones_).columns(0, x.cols), gradient, options.loss,
             [&](std::size_t i, auto error) { dropout_.drop_errors(on, i, error); });
  }

  Activations<Backend> activations_;
  Dropout<Backend> dropout_;
  detail::Targets<Model> targets_;
  Matrix<Backend> values_;
  detail::PhaseWeights<Backend> weights_;
  Matrix<Backend> ones_;
  detail::Adversary<Model> adversary_;
};

/// Trains all layers of a network; the interface is that of `Trainer`.
///
///     FineTuning trainer{network, {.epochs = 20, .optimizer = Adam{.rate = linear(1e-3, 0)}, .seed = 1}};
///     trainer.fit(train, ProgressBar{});
///
/// Reports the metrics `loss` (mean over each batch before its update, with dropout; in nats if it is that of
/// the likelihood) and, measured in the same way, `error` for a classifier (share of wrong classes) or
/// `squared_error` for any other network (squared distance of a sample's outputs from its targets, summed
/// over outputs).
template <class Model, class Options = FineTuningOptions<>>
class FineTuning : public Trainer<FineTuningObjective<Model, Options>> {
 public:
  /// \param network is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit FineTuning(Model& network, Options options = {},
                      typename Model::Backend on = Model::Backend::all())
      : Trainer<FineTuningObjective<Model, Options>>(network, std::move(options), std::move(on)) {}
};

}  // namespace harmonium
