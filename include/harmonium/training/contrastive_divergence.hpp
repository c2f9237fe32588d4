/// \file
/// Contrastive divergence for any `EnergyModel`: uphill along the statistics of the data minus those of short
/// Markov chains (Hinton, 2002; Tieleman, 2008). Both phases' statistics are one product, columns weighted
/// +1/B and -1/M.
#pragma once

#include "../data/batch_source.hpp"
#include "../models/gauge.hpp"
#include "averaging.hpp"
#include "chains.hpp"
#include "epochs.hpp"
#include "model_optimizer.hpp"
#include "penalties.hpp"
#include "trainer.hpp"

namespace harmonium {

/// What stands for hidden units in the gradient.
enum class Statistics {
  means,   ///< their expectations given the visible units: less noise
  samples  ///< draws
};

/// How to train. The defaults train well; a policy of one's own replaces a variant: name its type as template
/// argument.
template <class Chains = AnyChains, class Optimizer = AnyOptimizer>
struct ContrastiveDivergenceOptions {
  int epochs = 10;         ///< passes over the data
  Index batch_size = 100;  ///< samples in an update, at least 1
  int steps = 1;           ///< k: steps of the chains in an update, at least 1
  Chains chains{};        ///< `DataChains{}` (CD-k), `Persistent{...}`, `FastWeights{...}` or `Tempered{...}`
  Optimizer optimizer{};  ///< `Momentum{...}`, `Nesterov{...}`, `Sgd{...}` or `Adam{...}`
  double weight_decay = 0;       ///< L2 penalty: weights lose this share times the rate
  Penalties penalties{};         ///< L1, groups, sparsity, largest norm
  double max_gradient_norm = 0;  ///< longer gradients are scaled back to this norm; 0: none is
  bool centered = true;          ///< the centred gradient (models/centering.hpp)
  double offset_rate = 0.01;  ///< share by which offsets follow the data's means at each update, above 0 to 1
  Statistics statistics = Statistics::means;  ///< of hidden units
  double average_last =
      0;  ///< `fit` ends with the mean parameters over this last share of its updates; 0: the last
  bool zero_sum = false;  ///< categorical layers stay in the zero-sum gauge (models/gauge.hpp)
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
  constexpr const char* trainer = "ContrastiveDivergence";
  check_training_options(trainer, options);
  check_penalties(trainer, options.penalties);
  check<ValueError>(options.steps >= 1, trainer, ": steps is ", options.steps, ", expected at least 1");
  const Index chains =
      visit_policy([&](const auto& c) { return c.count(options.batch_size); }, options.chains);
  check<ValueError>(chains >= 1, trainer, ": there are ", chains, " chains, expected at least 1");
  check<ValueError>(options.offset_rate > 0 && options.offset_rate <= 1, trainer, ": offset_rate is ",
                    options.offset_rate, ", expected above 0 and at most 1");
  check<ValueError>(options.average_last >= 0 && options.average_last <= 1, trainer, ": average_last is ",
                    options.average_last, ", expected 0 to 1");
  check<ValueError>(options.max_gradient_norm >= 0, trainer, ": max_gradient_norm is ",
                    options.max_gradient_norm, ", expected a number of at least 0");
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
      : model_(model),
        options_(checked(std::move(options))),
        on_(std::move(on)),
        chains_(Chains::make(options_.chains, model_)) {
    const Index chains = chain_count(options_.batch_size);
    gradient_ = zeros_like(model_);
    optimizer_ = ModelOptimizer<Model>(model_, options_.optimizer);
    state_ = make_state(model_, chains + options_.batch_size);
    work_ = make_workspace(model_, chains + options_.batch_size);
    weights_ = Matrix<Backend>(1, chains + options_.batch_size);
    host_weights_ = Host(1, chains + options_.batch_size);
    if constexpr (CenterableModel<Model>) means_ = make_means(model_);
    check<ValueError>(has_hidden || (options_.penalties.group == 0 && options_.penalties.max_norm == 0 &&
                                     options_.penalties.sparsity == 0),
                      "ContrastiveDivergence: group, max_norm and sparsity are for models with hidden units");
  }

  /// One update from a batch of at most `batch_size` samples.
  /// \throws ShapeError if the batch has other rows than the model, no samples or too many
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(batch, rows(), options_.batch_size);
    on_.copy(batch.values, data_columns(n).visible);
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

  /// Trains for all epochs. A sample with weight 2 counts as two. Reports the metrics `reconstruction_error`
  /// (mean squared difference a visible row after one step down of means, over the first 1000 samples),
  /// `gradient_norm` (of the last update), for chains that go on `chain_autocorrelation` (of visible states,
  /// over the last update), and what the chains report. \throws ShapeError if the data have other rows than
  /// the model \throws DataError if there are no samples, one has a number that its unit cannot take (row and
  /// column named), or sample weights are wrong; all before anything is changed \throws ValueError if the
  /// parameters stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    progress_.plan(optimizer_.steps(), source.size(), options_);
    average_.clear();
    if (options_.fit_visible_biases) fit_visible(source);
    const double mean = detail::mean_weight(source);
    Index seen = 0;
    return run_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), model_,
        [&](std::span<const Index> columns) {
          seen += static_cast<Index>(columns.size());
          watch_chains_ = seen % source.size() == 0;  // an epoch's last update
          learn_columns(source, columns, mean);
          watch_chains_ = false;
        },
        [&](EpochReport& report) {
          if (report.epoch == report.epochs && average_.count() > 0) model_ = average_.mean();
          check<ValueError>(all_finite(on_, model_),
                            "fit: a parameter is infinite or not a number after epoch ", report.epoch, " of ",
                            options_.phase, "; a lower rate may help");
          report.rate = rate_at(options_.optimizer, progress_.at(optimizer_.steps()));
          report.metrics = {{"reconstruction_error", reconstruction_error(source)},
                            {"gradient_norm", norm(on_, gradient_)}};
          if (before_.cols() > 0) report.metrics.emplace_back("chain_autocorrelation", autocorrelation());
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

  /// The last update's direction, without L2 and L1.
  const Model& gradient() const { return gradient_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }
  /// What the chains' policy remembers (a variant, if the policy is one), such as the ladder of `Tempered`.
  const auto& chains() const { return chains_; }

 private:
  using Host = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  using Chains = detail::ChainsMemory<decltype(Options::chains), Model>;
  static constexpr bool has_hidden = requires(Model & model) { model.hidden; };
  static constexpr bool has_gauge =
      requires(Model & model, const Backend& on, GaugeScratch<Backend>& scratch) {
    fix_gauge(on, model, scratch);
  };

  static Options checked(Options options) {
    detail::check_options(options);
    return options;
  }
  Index rows() const { return model_.visible.rows(); }
  Index chain_count(Index batch) const {
    return detail::visit_policy([&](const auto& c) { return c.count(batch); }, options_.chains);
  }
  // Chains lie in front, so that chains and a batch, a short one too, are one block of columns.
  auto data_columns(Index n) { return state_.columns(chain_count(n), n); }
  // One update from the n samples that lie in the state's data columns.
  void learn(Index n, std::span<const double> sample_weights, double mean_weight) {
    const Index chains = chain_count(n);
    const auto data = state_.columns(chains, n), negative = state_.columns(0, chains);
    const auto first_step =
        static_cast<std::uint32_t>(optimizer_.steps() * static_cast<std::uint64_t>(options_.steps));
    const Draws draws{.seed = options_.seed, .step = first_step};
    const double total = write_weights(n, sample_weights, mean_weight);
    detail::visit_policy(
        [&](auto& policy) {
          // Not before the first update, so that chains begin at the visible biases that `fit` may have set.
          if (optimizer_.steps() == 0) {
            start(on_, model_, negative, {.seed = options_.seed});
            if constexpr (requires { policy.begin(on_, model_, negative, draws); })
              policy.begin(on_, model_, negative, {.seed = options_.seed});
          }
          refresh(on_, model_, data);
          if (watch_chains_) remember(policy, negative);
          policy.advance(on_, model_, data, negative, work_, options_.steps, draws);
        },
        chains_);
    const auto weights = ConstViewOf<Backend>(weights_).columns(0, chains + n);
    if (options_.statistics == Statistics::means) {
      set_statistics(on_, model_, state_.columns(0, chains + n), weights, Scalar(0), gradient_, work_);
    } else {
      set_sampled_statistics(on_, model_, state_.columns(0, chains + n), weights, Scalar(0), gradient_, work_,
                             draws);
    }
    shape_gradient(data, total);
    optimizer_.step(on_, options_.optimizer, progress_.at(optimizer_.steps()), options_.weight_decay,
                    options_.penalties.l1, gradient_, model_);
    if constexpr (has_hidden) {
      if (options_.penalties.max_norm > 0)
        detail::limit_column_norms<Backend>(on_, options_.penalties.max_norm, norms_, model_.weights);
    }
    if constexpr (has_gauge) {
      if (options_.zero_sum) fix_gauge(on_, model_, gauge_);
    }
    if (options_.average_last > 0 && progress_.at(optimizer_.steps()) > 1 - options_.average_last)
      average_.add(on_, model_);
    detail::visit_policy(
        [&](auto& policy) {
          if constexpr (requires { policy.learned(on_, gradient_); }) policy.learned(on_, gradient_);
        },
        chains_);
  }

  // Sample weights for the data, and with the other sign for the chains. Returns the data's sum.
  double write_weights(Index n, std::span<const double> sample_weights, double mean_weight) {
    const Index chains = chain_count(n);
    const auto negative = View<Scalar>(host_weights_).columns(0, chains),
               positive = View<Scalar>(host_weights_).columns(chains, n);
    detail::write_shares(sample_weights, mean_weight, positive);
    double total = 0;
    for (Index c = 0; c < n; ++c) total += static_cast<double>(positive(0, c));
    if (sample_weights.empty()) total = 1;
    const bool follows = detail::visit_policy(
        []<class Memory>(const Memory&) { return detail::follows_data<Memory>; }, chains_);
    for (Index c = 0; c < chains; ++c)
      negative(0, c) = follows ? -positive(0, c) : static_cast<Scalar>(-total / static_cast<double>(chains));
    on_.upload(View<const Scalar>(host_weights_).columns(0, chains + n),
               view_of(weights_).columns(0, chains + n));
    return total;
  }

  // All that is done to a gradient between statistics and optimizer.
  void shape_gradient([[maybe_unused]] typename Model::StateView data, [[maybe_unused]] double total) {
    const Penalties& penalties = options_.penalties;
    if constexpr (CenterableModel<Model>) {
      if (options_.centered || penalties.sparsity > 0) track(data, total);
      if (options_.centered) center(on_, means_, gradient_);
      if constexpr (has_hidden) {
        if (penalties.sparsity > 0) detail::add_sparsity(on_, penalties, means_, gradient_.hidden);
      }
    }
    if constexpr (has_hidden) {
      if (penalties.group > 0) {
        if (scratch_.cols() == 0) scratch_ = Matrix<Backend>(model_.weights.rows(), model_.weights.cols());
        detail::subtract_group_penalty<Backend>(on_, model_.weights, penalties.group, norms_, scratch_,
                                                gradient_.weights);
      }
    }
    if (options_.max_gradient_norm > 0) {
      const double length = norm(on_, gradient_);
      const auto factor = static_cast<Scalar>(options_.max_gradient_norm / length);
      if (length > options_.max_gradient_norm)
        for_each_parameter(
            [&](const ParameterName&, Role, auto g) { on_.update([factor](Scalar& x) { x *= factor; }, g); },
            gradient_);
    }
  }

  // Running means of the layers; the first batch with any weight sets them.
  void track(typename Model::StateView data, double total) {
    if (total <= 0) return;
    const double share = tracked_ ? std::min(1.0, options_.offset_rate * total) : 1.0;
    tracked_ = true;
    const auto weights = view_of(weights_).columns(chain_count(data.visible.cols), data.visible.cols);
    on_.update([factor = static_cast<Scalar>(share / total)](Scalar& x) { x *= factor; }, weights);
    track_means(on_, model_, data, weights, static_cast<Scalar>(1 - share), means_, work_);
  }

  // The chains' visible states, to see later how far they went.
  template <class Memory>
  void remember(const Memory& /*policy*/, typename Model::StateView chains) {
    if constexpr (!detail::follows_data<Memory>) {
      if (before_.cols() == 0) before_ = Matrix<Backend>(rows(), chains.visible.cols);
      on_.copy(ConstViewOf<Backend>(chains.visible), view_of(before_));
    }
  }
  double autocorrelation() {
    Host before(rows(), before_.cols()), after(rows(), before_.cols());
    on_.download(before_, View<Scalar>(before));
    on_.download(state_.columns(0, before_.cols()).visible, View<Scalar>(after));
    double product = 0, squares = 0;
    for (Index r = 0; r < rows(); ++r) {
      const Eigen::RowVectorXd a = before.row(r).template cast<double>(),
                               b = after.row(r).template cast<double>();
      const double mean = (a.mean() + b.mean()) / 2;
      product += (a.array() - mean).matrix().dot((b.array() - mean).matrix());
      squares += ((a.array() - mean).square().sum() + (b.array() - mean).square().sum()) / 2;
    }
    return squares > 0 ? product / squares : 1;  // chains that stand still
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns, double mean_weight) {
    const auto n = static_cast<Index>(columns.size());
    detail::pick_weights(weights_of(source), columns, sample_weights_);
    source.fill(on_, columns, data_columns(n).visible);
    learn(n, sample_weights_, mean_weight);
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
    Host host(rows(), options_.batch_size);
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
    const std::span<const double> weights = weights_of(source);
    const double mean_weight = detail::mean_weight(source);
    Host host(rows(), options_.batch_size);
    for_each_block(source, source.size(), [&](const auto& block, Index first) {
      on_.download(block.visible, View<Scalar>(host).columns(0, block.visible.cols));
      for (Index c = 0; c < block.visible.cols; ++c) {
        const Eigen::VectorXd column = host.col(c).template cast<double>();
        const double weight =
            weights.empty() ? 1 : weights[static_cast<std::size_t>(first + c)] / mean_weight;
        sum += weight * column;
        squares += weight * column.cwiseAbs2();
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
  Host host_weights_;
  typename Chains::type chains_;
  detail::MeansOf<Model> means_;
  detail::ColumnNorms<Backend> norms_;
  GaugeScratch<Backend> gauge_;
  Average<Model> average_;
  std::vector<double> sample_weights_;
  Matrix<Backend> scratch_, before_, reconstructed_;
  detail::Progress progress_;
  bool tracked_ = false, watch_chains_ = false;
};

}  // namespace harmonium
