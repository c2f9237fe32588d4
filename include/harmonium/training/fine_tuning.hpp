/// \file
/// Fine-tuning a network by back-propagation: uphill along the log likelihood of the labels, which is
/// downhill along the cross-entropy, with the same optimizers, observers and order of samples as contrastive
/// divergence.
#pragma once

#include "../inference/forward.hpp"
#include "epochs.hpp"
#include "model_optimizer.hpp"
#include "trainer.hpp"

namespace harmonium {

/// How to fine-tune. A policy of one's own replaces the variant: name its type as template argument.
template <class Optimizer = AnyOptimizer>
struct FineTuningOptions {
  int epochs = 10;                    ///< passes over the data
  Index batch_size = 100;             ///< samples in an update, at least 1
  Optimizer optimizer = Adam{};       ///< `Momentum{...}` or `Adam{...}`
  double weight_decay = 0;            ///< L2 penalty: weights lose this share times the rate
  std::uint64_t seed = 0;             ///< of the order of samples
  std::string phase = "fine-tuning";  ///< what reports call the run
};

/// Gradient of the log likelihood of targets (classes x n, one-hot or distributions) for samples x (inputs x
/// n), each counted by its share (1 x n; 1 / n for the mean). The activations are those of `forward` for x,
/// and are used up. Shape parameters get no gradient.
template <class Units, class B>
void backward(const B& on, const Network<Units, B>& network, ConstViewOf<B> x, ConstViewOf<B> targets,
              Activations<B>& activations, ConstViewOf<B> shares, ConstViewOf<B> ones,
              Network<Units, B>& gradient) {
  using T = ScalarOf<B>;
  const Index n = x.cols;
  const auto below = [&](std::size_t i) {
    return i == 0 ? x : ConstViewOf<B>(view_of(activations.layers[i - 1].mean).columns(0, n));
  };
  const auto collect = [&](ConstViewOf<B> inputs, ConstViewOf<B> delta, auto& dense_gradient) {
    on.multiply(Op::plain, Op::transposed, 1, inputs, delta, 0, dense_gradient.weights);
    set_zero(on, dense_gradient.layer);
    add_bias_statistics(on, delta, ones, dense_gradient.layer);
  };
  const auto delta = view_of(activations.head.mean).columns(0, n);
  on.update([](T& p, T target) { p = target - p; }, delta, targets);
  on.scale_columns(delta, shares);
  collect(below(network.layers.size()), delta, gradient.head);
  ConstViewOf<B> weights_above = network.head.weights, delta_above = delta;
  for (std::size_t i = network.layers.size(); i-- > 0;)
    std::visit(
        [&]<class D>(const D& dense) {
          auto& memory = activations.layers[i];
          const auto error = view_of(activations.error).rows_from(0, dense.layer.rows()).columns(0, n);
          const auto own =
              view_of(memory.mean).columns(0, n);  // the means have served; their place takes the delta
          on.multiply(Op::plain, Op::plain, 1, weights_above, delta_above, 0, error);
          backpropagate(on, dense.layer, view_of(memory.input).columns(0, n), error, own);
          collect(below(i), own, std::get<D>(gradient.layers[i]));
          weights_above = dense.weights;
          delta_above = own;
        },
        network.layers[i]);
}

/// Trains all layers of a network. Holds what training remembers.
///
///     FineTuning trainer{network, {.epochs = 20, .optimizer = Adam{.rate = linear(1e-3, 0)}, .seed = 1}};
///     trainer.fit(train, ProgressBar{});
template <class Model, class Options = FineTuningOptions<>>
class FineTuning {
 public:
  using Backend = typename Model::Backend;
  using Scalar = typename Model::Scalar;

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
        values_(network.input_rows(), options_.batch_size),
        one_hot_(network.classes(), options_.batch_size),
        targets_(network.classes(), options_.batch_size),
        losses_(1, options_.batch_size),
        shares_(1, options_.batch_size),
        host_row_(1, options_.batch_size),
        ones_(1, options_.batch_size) {
    on_.fill(ones_, 1);
  }

  /// One update from a batch of at most `batch_size` labelled samples.
  /// \throws ShapeError if the batch has other rows than the network has inputs, no samples or too many
  /// \throws DataError if there are not as many labels as samples, or a label is no class
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(batch, network_.input_rows(), options_.batch_size);
    check<DataError>(static_cast<Index>(batch.labels.size()) == n, "step: the batch has ",
                     batch.labels.size(), " labels for ", n, " samples");
    write_one_hot(batch.labels, View<Scalar>(one_hot_).columns(0, n));
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

  /// Trains for all epochs. Reports the metrics `loss` (mean cross-entropy of each batch before its update,
  /// in nats) and `error` (share of wrong classes, likewise). \throws ShapeError if the data have other rows
  /// than the network has inputs \throws DataError if there are no samples or labels, a label is no class, or
  /// a number is not finite; all before
  ///   anything is changed
  /// \throws ValueError if the parameters stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    progress_.plan(optimizer_.steps(), source.size(), options_);
    loss_ = wrong_ = 0;  // what single steps and epochs may have left
    const double mean = detail::mean_weight(source);
    return run_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), network_,
        [&](std::span<const Index> columns) { learn_columns(source, columns, mean); },
        [&](EpochReport& report) {
          check<ValueError>(all_finite(on_, network_),
                            "fit: a parameter is infinite or not a number after epoch ", report.epoch, " of ",
                            options_.phase, "; a lower rate may help");
          const double count = static_cast<double>(source.size());
          report.rate = rate_at(options_.optimizer, progress_.at(optimizer_.steps()));
          report.metrics = {{"loss", loss_ / count}, {"error", wrong_ / count}};
          loss_ = wrong_ = 0;
        },
        observers...);
  }

  /// The last update's direction, without penalties.
  const Model& gradient() const { return gradient_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }

 private:
  using Host = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  static Options checked(Options options) {
    detail::check_training_options("FineTuning", options);
    return options;
  }
  // One update from the n samples and targets that lie ready.
  void learn(Index n, std::span<const double> weights, double mean_weight) {
    const auto x = ConstViewOf<Backend>(values_).columns(0, n);
    const auto targets = view_of(targets_).columns(0, n), losses = view_of(losses_).columns(0, n);
    on_.upload(View<const Scalar>(one_hot_).columns(0, n), targets);
    forward(on_, network_, x, activations_);
    on_.fill(losses, 0);
    add_cross_entropy(on_, network_, activations_, targets, losses);
    const auto row = View<Scalar>(host_row_).columns(0, n);
    on_.download(ConstViewOf<Backend>(losses), row);
    count(n, weights, mean_weight);
    detail::write_shares(weights, mean_weight, row);
    const auto shares = view_of(shares_).columns(0, n);
    on_.upload(View<const Scalar>(row), shares);
    backward(on_, network_, x, ConstViewOf<Backend>(targets), activations_, ConstViewOf<Backend>(shares),
             ConstViewOf<Backend>(ones_).columns(0, n), gradient_);
    optimizer_.step(on_, options_.optimizer, progress_.at(optimizer_.steps()), options_.weight_decay, 0,
                    gradient_, network_);
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns, double mean_weight) {
    const auto n = static_cast<Index>(columns.size());
    const std::span<const int> labels = source.labels();
    labels_.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
      labels_[i] = labels[static_cast<std::size_t>(columns[i])];
    detail::pick_weights(weights_of(source), columns, weights_);
    write_one_hot(std::span<const int>(labels_), View<Scalar>(one_hot_).columns(0, n));
    source.fill(on_, columns, view_of(values_).columns(0, n));
    learn(n, weights_, mean_weight);
  }

  // Adds up losses (which host_row_ holds) and wrong predictions, weighted.
  void count(Index n, std::span<const double> weights, double mean_weight) {
    if (probabilities_.cols() == 0) probabilities_ = Host(network_.classes(), options_.batch_size);
    const View<Scalar> p = View<Scalar>(probabilities_).columns(0, n);
    on_.download(ConstViewOf<Backend>(activations_.head.mean).columns(0, n), p);
    for (Index i = 0; i < n; ++i) {
      const double weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(i)] / mean_weight;
      loss_ += weight * static_cast<double>(host_row_(0, i));
      if (one_hot_(detail::largest_row(View<const Scalar>(p), i), i) != Scalar(1)) wrong_ += weight;
    }
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    const std::span<const int> labels = source.labels();
    detail::check_size(caller, source, network_.input_rows());
    check<DataError>(static_cast<Index>(labels.size()) == source.size(), caller, ": the data have ",
                     labels.size(), " labels for ", source.size(), " samples");
    for (std::size_t i = 0; i < labels.size(); ++i)
      check<DataError>(labels[i] >= 0 && labels[i] < network_.classes(), caller, ": label ", i, " is ",
                       labels[i], ", expected 0 to ", network_.classes() - 1);
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
  ModelOptimizer<Model> optimizer_;
  Activations<Backend> activations_;
  Matrix<Backend> values_;
  Host one_hot_;
  Host probabilities_;
  std::vector<int> labels_;
  Matrix<Backend> targets_;
  Matrix<Backend> losses_, shares_;
  Host host_row_;
  std::vector<double> weights_;
  Matrix<Backend> ones_;
  detail::Progress progress_;
  double loss_ = 0, wrong_ = 0;
};

}  // namespace harmonium
