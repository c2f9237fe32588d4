/// \file
/// Contrastive divergence for any `EnergyModel`: uphill along the statistics of the data minus those of short
/// Markov chains (Hinton, 2002; Tieleman, 2008). Both phases' statistics are one product, columns weighted
/// +1/B and -1/M.
#pragma once

#include "../data/batch_source.hpp"
#include "chains.hpp"
#include "epochs.hpp"
#include "model_optimizer.hpp"
#include "trainer.hpp"

namespace harmonium {

/// How to train. A policy of one's own replaces a variant: name its type as template argument.
template <class Chains = AnyChains, class Optimizer = AnyOptimizer>
struct ContrastiveDivergenceOptions {
  int epochs = 10;          ///< passes over the data
  Index batch_size = 100;   ///< samples in an update, at least 1
  int steps = 1;            ///< k: steps of the chains in an update, at least 1
  Chains chains{};          ///< `DataChains{}` (CD-k) or `Persistent{...}`
  Optimizer optimizer{};    ///< `Momentum{...}` or `Adam{...}`
  double weight_decay = 0;  ///< L2 penalty: weights lose this share times the rate
  bool fit_visible_biases =
      true;                ///< a visible layer as made (all zero) starts at the data's means (and variances)
  std::uint64_t seed = 0;  ///< of chains and order of samples
  std::string phase = "training";  ///< what reports call the run
};

// Asked here, before anybody's braces do: g++ 12 fails with an internal error otherwise.
static_assert(noexcept(ContrastiveDivergenceOptions<>{}) || true);

namespace detail {
/// \throws ValueError if an option is out of range
template <class Options>
void check_options(const Options& options) {
  check_training_options("ContrastiveDivergence", options);
  check<ValueError>(options.steps >= 1, "ContrastiveDivergence: steps is ", options.steps,
                    ", expected at least 1");
  const Index chains =
      visit_policy([&](const auto& c) { return c.count(options.batch_size); }, options.chains);
  check<ValueError>(chains >= 1, "ContrastiveDivergence: there are ", chains, " chains, expected at least 1");
}
}  // namespace detail

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
  using Backend = typename Model::Backend;
  using Scalar = typename Model::Scalar;

  /// \param model is trained in place and must outlive the trainer
  /// \param on with which means; by default all processors
  /// \throws ValueError if an option is out of range
  explicit ContrastiveDivergence(Model& model, Options options = {}, Backend on = Backend::all())
      : model_(model), options_(std::move(options)), on_(std::move(on)) {
    detail::check_options(options_);
    const Index chains = chain_count(options_.batch_size);
    gradient_ = zeros_like(model_);
    optimizer_ = ModelOptimizer<Model>(model_, options_.optimizer);
    state_ = make_state(model_, chains + options_.batch_size);
    work_ = make_workspace(model_, chains + options_.batch_size);
    weights_ = Matrix<Backend>(1, chains + options_.batch_size);
  }

  /// One update from a batch of at most `batch_size` samples.
  /// \throws ShapeError if the batch has other rows than the model, no samples or too many
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(batch, rows(), options_.batch_size);
    on_.copy(batch.values, data_columns(n).visible);
    learn(n);
  }

  /// One pass over all samples, in the order of epoch `number`; see `fit` for what it checks.
  template <BatchSource<Backend> Source>
  void epoch(const Source& source, int number = 1) {
    check_source(source, "epoch");
    for_each_batch(source.size(), options_.batch_size, options_.seed, number,
                   [&](std::span<const Index> columns) { learn_columns(source, columns); });
  }

  /// Trains for all epochs. Reports the metrics `reconstruction_error` (mean squared difference a visible row
  /// after one step down of means, over the first 1000 samples) and `gradient_norm` (of the last update).
  /// \throws ShapeError if the data have other rows than the model
  /// \throws DataError if there are no samples, or one has a number that its unit cannot take (row and column
  /// named);
  ///   both before anything is changed
  /// \throws ValueError if the parameters stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    progress_.plan(optimizer_.steps(), source.size(), options_);
    if (options_.fit_visible_biases) fit_visible(source);
    return run_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), model_, [&](std::span<const Index> columns) { learn_columns(source, columns); },
        [&](EpochReport& report) {
          check<ValueError>(all_finite(on_, model_),
                            "fit: a parameter is infinite or not a number after epoch ", report.epoch, " of ",
                            options_.phase, "; a lower rate may help");
          report.rate = rate_at(options_.optimizer, progress_.at(optimizer_.steps()));
          report.metrics = {{"reconstruction_error", reconstruction_error(source)},
                            {"gradient_norm", norm(on_, gradient_)}};
        },
        observers...);
  }
  /// The same for a matrix of one's own, rows x samples.
  template <Observer... Observers>
  History fit(View<const Scalar, typename Backend::Memory> data, Observers&&... observers) {
    return fit(MatrixSource<Scalar, typename Backend::Memory>{data}, observers...);
  }

  /// The last update's direction, without penalties.
  const Model& gradient() const { return gradient_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }

 private:
  Index rows() const { return model_.visible.rows(); }
  Index chain_count(Index batch) const {
    return detail::visit_policy([&](const auto& c) { return c.count(batch); }, options_.chains);
  }
  // Chains lie in front, so that chains and a batch, a short one too, are one block of columns.
  auto data_columns(Index n) { return state_.columns(chain_count(n), n); }
  // One update from the n samples that lie in the state's data columns.
  void learn(Index n) {
    const Index chains = chain_count(n);
    const auto data = state_.columns(chains, n), negative = state_.columns(0, chains);
    const ViewOf<Backend> weights = weights_;
    const auto first_step =
        static_cast<std::uint32_t>(optimizer_.steps() * static_cast<std::uint64_t>(options_.steps));
    // Not before the first update, so that chains begin at the visible biases that `fit` may have set.
    if (optimizer_.steps() == 0) start(on_, model_, negative, {.seed = options_.seed});
    refresh(on_, model_, data);
    detail::visit_policy(
        [&](const auto& policy) {
          policy.advance(on_, model_, data, negative, work_, options_.steps,
                         {.seed = options_.seed, .step = first_step});
        },
        options_.chains);
    on_.fill(weights.columns(0, chains), Scalar(-1) / static_cast<Scalar>(chains));
    on_.fill(weights.columns(chains, n), Scalar(1) / static_cast<Scalar>(n));
    set_statistics(on_, model_, state_.columns(0, chains + n), weights.columns(0, chains + n), Scalar(0),
                   gradient_, work_);
    optimizer_.step(on_, options_.optimizer, progress_.at(optimizer_.steps()), options_.weight_decay,
                    gradient_, model_);
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    source.fill(on_, columns, data_columns(n).visible);
    learn(n);
  }

  // Calls f(state columns, number of the first sample) with blocks of the first `limit` samples, in order.
  template <class Source, class F>
  void for_each_block(const Source& source, Index limit, F f) {
    detail::for_each_block(limit, options_.batch_size, [&](std::span<const Index> columns) {
      const auto block = data_columns(static_cast<Index>(columns.size()));
      source.fill(on_, columns, block.visible);
      f(block, columns.front());
    });
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    detail::check_size(caller, source, rows());
    Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> host(rows(), options_.batch_size);
    for_each_block(source, source.size(), [&](const auto& block, Index first) {
      const auto values = View<Scalar>(host).columns(0, block.visible.cols);
      on_.download(block.visible, values);
      const auto [row, column] = find_unacceptable(model_.visible, values);
      check<DataError>(row < 0, caller, ": the data have ", row < 0 ? Scalar(0) : values(row, column),
                       " in row ", row, " of column ", first + column, "; ",
                       accepted_values(model_.visible, row));
    });
  }

  // A visible layer as made starts at the data's means and variances, summed in double precision.
  template <class Source>
  void fit_visible(const Source& source) {
    bool fresh = true;
    const auto look = [&](const ParameterName&, Role, auto x) {
      fresh = fresh && on_.sum(detail::SquareBody{}, x) == 0;
    };
    for_each_parameter(look, model_.visible);
    if (!fresh) return;
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(rows()), squares = Eigen::VectorXd::Zero(rows());
    Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> host(rows(), options_.batch_size);
    for_each_block(source, source.size(), [&](const auto& block, Index) {
      on_.download(block.visible, View<Scalar>(host).columns(0, block.visible.cols));
      for (Index c = 0; c < block.visible.cols; ++c) {
        const Eigen::VectorXd column = host.col(c).template cast<double>();
        sum += column;
        squares += column.cwiseAbs2();
      }
    });
    const auto count = static_cast<double>(source.size());
    const Eigen::VectorXd means = sum / count;
    const Eigen::VectorXd variances = (squares / count - means.cwiseAbs2()).cwiseMax(0);
    const Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> m = means.cast<Scalar>(),
                                                                v = variances.cast<Scalar>();
    using harmonium::fit;  // the layer's, not the trainer's
    fit(model_.visible, View<const Scalar>(m), View<const Scalar>(v), source.size());
  }

  template <class Source>
  double reconstruction_error(const Source& source) {
    const Index limit = std::min<Index>(source.size(), 1000);
    double sum = 0;
    for_each_block(source, limit, [&](const auto& block, Index) {
      refresh(on_, model_, block);
      const auto out = ViewOf<Backend>(reconstructed()).columns(0, block.visible.cols);
      reconstruct(on_, model_, block, work_, out);
      sum += on_.sum(SquaredDifference{}, block.visible, ConstViewOf<Backend>(out));
    });
    return sum / static_cast<double>(limit * rows());
  }
  struct SquaredDifference {
    constexpr Scalar operator()(Scalar a, Scalar b) const { return (a - b) * (a - b); }
  };
  Matrix<Backend>& reconstructed() {
    if (reconstructed_.cols() == 0) reconstructed_ = Matrix<Backend>(rows(), options_.batch_size);
    return reconstructed_;
  }

  Model& model_;
  Options options_;
  Backend on_;
  Model gradient_;
  ModelOptimizer<Model> optimizer_;
  typename Model::State state_;
  typename Model::Workspace work_;
  Matrix<Backend> weights_;
  Matrix<Backend> reconstructed_;
  detail::Progress progress_;
};

}  // namespace harmonium
