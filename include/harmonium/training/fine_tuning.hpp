/// \file
/// Fine-tuning a network by back-propagation: uphill along the log likelihood of what its outputs are to be,
/// with the same optimizers, observers and order of samples as contrastive divergence. A classifier learns
/// from labels, an autoencoder from its inputs, any other network from targets.
#pragma once

#include <vector>

#include "../core/host_matrix.hpp"
#include "gradient/clipping.hpp"
#include "gradient/optimizer_state.hpp"
#include "gradient/penalties.hpp"
#include "networks/adversary.hpp"
#include "networks/back_propagation.hpp"
#include "networks/dropout.hpp"
#include "networks/targets.hpp"
#include "run/averaging.hpp"
#include "run/epochs.hpp"

namespace harmonium {

/// Trains all layers of a network. Holds what training remembers.
///
///     FineTuning trainer{network, {.epochs = 20, .optimizer = Adam{.rate = linear(1e-3, 0)}, .seed = 1}};
///     trainer.fit(train, ProgressBar{});
template <class Model, class Options = FineTuningOptions<>>
class FineTuning {
 public:
  using Backend = typename Model::Backend;  ///< where the model lives
  using Scalar = typename Model::Scalar;    ///< its numbers

  /// \param network is trained in place and must outlive the trainer
  /// \param on with which means; by default all processors
  /// \throws ValueError if an option is out of range
  explicit FineTuning(Model& network, Options options = {}, Backend on = Backend::all())
      : network_(network),
        options_(checked(std::move(options))),
        on_(std::move(on)),
        gradient_(zeros_like(network)),
        optimizer_(network, options_.optimizer),
        activations_(network, options_.batch_size),
        dropout_(network, options_.input_dropout, options_.dropout, options_.batch_size),
        teacher_(network, options_.batch_size),
        norms_(network.layers.size() + 1),
        values_(network.input_rows(), options_.batch_size),
        shares_(1, options_.batch_size),
        host_shares_(1, options_.batch_size),
        ones_(1, options_.batch_size) {
    on_.fill(ones_, 1);
    if (options_.adversarial > 0) adversary_ = detail::Adversary<Model>(network_, options_.batch_size);
  }

  /// One update from a batch of at most `batch_size` samples, with labels or targets as the network wants
  /// them. \throws ShapeError if the batch has other rows than the network has inputs, no samples or too
  /// many, or targets of another shape \throws DataError if a number is not finite, there are not as many
  /// labels as samples, a label is no class, there are no targets where there must be, or one is not finite
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(on_, batch, network_.input_rows(), options_.batch_size);
    teacher_.take(on_, batch);
    on_.copy(batch.values, view_of(values_).columns(0, n));
    learn(n, batch.weights, 1);
  }

  /// One pass over all samples, in the order of epoch `number`; see `fit` for what it checks.
  template <BatchSource<Backend> Source>
  void epoch(const Source& source, int number = 1) {
    check_source(source, "epoch");
    const double mean = detail::mean_weight(source);
    for_each_batch(source.size(), options_.batch_size, options_.seed, number,
                   [&](std::span<const Index> columns) { learn_columns(source, columns, mean); });
  }

  /// Trains for all epochs. A sample with weight 2 counts as two. Reports the metrics `loss` (mean of each
  /// batch before its update, with what is dropped; in nats if it is the likelihood's) and, likewise, `error`
  /// of a classifier (share of wrong classes) or `squared_error` of any other network (squared distance of a
  /// sample's outputs from its targets, summed over outputs). \throws ShapeError if the data have other rows
  /// than the network has inputs, or the targets than outputs \throws DataError if there are no samples, or
  /// no labels or targets where there must be, a label is no class, a target none that the head's units can
  /// take, or a number is not finite; all before anything is changed \throws ValueError if the parameters
  /// stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    const double mean = detail::mean_weight(source);
    return run_resumable_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), network_, TrainerParts<FineTuning, Source>{*this, source},
        [&] {
          progress_.plan(optimizer_.steps(), source.size(), options_);
          average_.clear();
          teacher_.forget();  // what single steps and epochs may have left
        },
        [&](std::span<const Index> columns, bool /*last_of_epoch*/) { learn_columns(source, columns, mean); },
        [&](EpochReport& report) {
          detail::end_epoch(on_, options_, progress_.at(optimizer_.steps()), average_, network_, report);
          report.metrics = teacher_.metrics(on_, static_cast<double>(source.size()));
        },
        observers...);
  }
  /// The same for a matrix of one's own, inputs x samples: an autoencoder needs no more.
  template <Observer... Observers>
  requires(Model::reconstructs) History
      fit(View<const Scalar, typename Backend::Memory> data, Observers&&... observers) {
    return fit(MatrixSource<Scalar, typename Backend::Memory>{data}, observers...);
  }

  /// The last update's direction, without weight decay.
  const Model& gradient() const { return gradient_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }
  /// What it was asked for.
  const Options& options() const { return options_; }

  /// What training remembers besides the network: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("optimizer", optimizer_);
    f("progress", progress_);
    teacher_.add_up(on_);
    f("teacher", teacher_);
    f("average", average_, network_);
  }

 private:
  static Options checked(Options options) {
    detail::check_fine_tuning_options(options);
    return options;
  }
  // One update from the n samples and targets that lie ready.
  void learn(Index n, std::span<const double> weights, double mean_weight) {
    const auto x = view_of(values_).columns(0, n);
    const auto targets = teacher_.targets(n);
    const Draws draws{.seed = options_.seed, .step = static_cast<std::uint32_t>(optimizer_.steps())};
    dropout_.drop_inputs(on_, draws, x);
    const auto row = View<Scalar>(host_shares_).columns(0, n);
    detail::write_shares(weights, mean_weight, row);
    const auto shares = view_of(shares_).columns(0, n);
    on_.upload(View<const Scalar>(row), shares);
    if (options_.adversarial > 0) on_.update(ScaleBy<Scalar>{Scalar(0.5)}, shares);

    forward_pass(x, draws);
    teacher_.measure(on_, activations_, options_.loss, n, weights, mean_weight);
    backward_pass(x, targets, shares, gradient_);
    if (options_.adversarial > 0) {
      const auto moved = adversary_.move(on_, options_.adversarial, network_, activations_, x);
      forward_pass(moved, draws);
      backward_pass(moved, targets, shares, adversary_.gradient());
      adversary_.join(on_, gradient_);
    }
    if (options_.max_gradient_norm > 0) clipping_.apply(on_, options_.max_gradient_norm, gradient_);
    const double progress = progress_.at(optimizer_.steps());
    optimizer_.step(on_, options_.optimizer, progress, options_.weight_decay, 0, gradient_, network_);
    if (options_.max_norm > 0) limit_norms();
    detail::join_average(on_, options_, progress_.at(optimizer_.steps()), network_, average_);
  }

  // Draws of the same update drop the same outputs.
  void forward_pass(ConstViewOf<Backend> x, Draws draws) {
    forward(on_, network_, x, activations_,
            [&](std::size_t i, auto out) { dropout_.drop_outputs(on_, draws, i, out); });
  }
  void backward_pass(ConstViewOf<Backend> x, ConstViewOf<Backend> targets, ConstViewOf<Backend> shares,
                     Model& gradient) {
    backward(on_, network_, x, targets, activations_, shares, ConstViewOf<Backend>(ones_).columns(0, x.cols),
             gradient, options_.loss,
             [&](std::size_t i, auto error) { dropout_.drop_errors(on_, i, error); });
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns, double mean_weight) {
    const auto n = static_cast<Index>(columns.size());
    const auto x = view_of(values_).columns(0, n);
    detail::pick_weights(weights_of(source), columns, weights_);
    as_one(on_, [&] {
      source.fill(on_, columns, x);
      teacher_.take(on_, source, columns, ConstViewOf<Backend>(x));
      learn(n, weights_, mean_weight);
    });
  }

  // The weights into each unit, the head's included, are scaled back to the largest norm.
  void limit_norms() {
    auto norms = norms_.begin();
    for_each_parameter(
        [&](const ParameterName&, Role role, auto w) {
          if (role == Role::weight) detail::limit_column_norms<Backend>(on_, options_.max_norm, *norms++, w);
        },
        network_);
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    detail::check_size(caller, source, network_.input_rows());
    teacher_.check_source(on_, caller, source, view_of(values_));
    detail::for_each_block(source.size(), options_.batch_size, [&](std::span<const Index> columns) {
      const auto block = view_of(values_).columns(0, static_cast<Index>(columns.size()));
      source.fill(on_, columns, block);
      check<DataError>(on_.sum(detail::NotFiniteBody{}, ConstViewOf<Backend>(block)) == 0, caller,
                       ": the data have an infinite number or a NaN in columns ", columns.front(), " to ",
                       columns.back());
    });
  }

  Model& network_;
  Options options_;
  Backend on_;
  Model gradient_;
  OptimizerState<Model> optimizer_;
  Activations<Backend> activations_;
  Dropout<Backend> dropout_;
  detail::Targets<Model> teacher_;
  std::vector<detail::ColumnNorms<Backend>> norms_;
  Matrix<Backend> values_;
  Matrix<Backend> shares_;
  HostMatrix<Scalar> host_shares_;
  std::vector<double> weights_;
  Matrix<Backend> ones_;
  detail::Clipping<Backend> clipping_;
  detail::Adversary<Model> adversary_;
  Average<Model> average_;
  detail::Progress progress_;
};

}  // namespace harmonium
