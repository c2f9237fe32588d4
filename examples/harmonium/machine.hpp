// A stack of RBMs with visible units `V` and Bernoulli hidden units behind the program's interface; a single
// RBM is saved as an RBM. Included by the file of each kind.
#pragma once

#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/annealing/dbn_bound.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/exact/samples.hpp>
#include <harmonium/inference/fill_in.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/inference/trajectory/replayed_sandwich.hpp>
#include <harmonium/io/models/path_file.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <sstream>

#include "model.hpp"
#include "outcome.hpp"
#include "progress.hpp"

namespace program {

using namespace harmonium;  // a part of one program

inline MissingData with_missing(const Samples& rows) {
  return MissingData(rows.values.cast<double>(), rows.known);
}

// Calls f with rows as a source of batches.
template <class F>
auto with_source(const Samples& rows, F f) {
  if (rows.sparse) return f(SparseSource(*rows.sparse));
  if (rows.complete()) return f(MatrixSource<float>{rows.values});
  return f(with_missing(rows));
}

// What training leaves besides the RBM.
template <class M>
struct Learned {
  History history;
  FrozenPath<M> path = {};  // of chains that followed one
};

// Trains one RBM. Missing values are drawn anew at each update.
template <class V>
Learned<Rbm<V, Bernoulli>> train_rbm(Rbm<V, Bernoulli>& rbm, const Samples& rows, const Samples& held_out,
                                     const TrainSettings& settings, int layer) {
  using M = Rbm<V, Bernoulli>;
  const Cpu<float> on = processors(settings.threads);
  ContrastiveDivergence<M, LearningOptions> trainer{rbm, training_options(settings, layer), on};
  const Eigen::MatrixXf kept =
      rows.sparse ? some_of(held_out) : held_out.subset(held_out.whole_ones()).values;
  std::optional<Monitor<Rbm<V, Bernoulli>>> monitor;
  const bool judged = held_out.size() > 0 && held_out.known.rowwise().any().all();
  const auto watch = [&](auto source_of_rows, Index samples) {
    const MonitorOptions options{.samples = samples, .seed = settings.seed};
    if (judged) {
      monitor.emplace(rbm, source_of_rows(rows), source_of_rows(held_out), options, on);
    } else {
      monitor.emplace(rbm, source_of_rows(rows), options, on);
    }
  };
  if (rows.sparse) {  // samples of 8 MB, of which there are several copies at times
    watch(
        [](const Samples& s) -> const auto& { return *s.sparse; },
        std::clamp<Index>(2'000'000 / rows.rows(), 50, 500));
  } else {
    watch(with_missing, 500);
  }
  check<DataError>(settings.patience == 0 || judged,
                   "patience: there are no held-out rows, or all of them lack a column");
  Watcher watcher{[&](EpochReport& report) {
    if (kept.cols() > 0)
      report.metrics.emplace_back("held_out_reconstruction_error",
                                  (harmonium::reconstruct(rbm, kept, {}, on) - kept).squaredNorm() /
                                      static_cast<double>(kept.size()));
    (*monitor)(report);
  }};
  if (settings.patience > 0)
    watcher.stopping = EarlyStopping{.metric = "held_out_loss", .patience = settings.patience};
  Learned<M> learned{with_source(rows, [&](const auto& source) { return trainer.fit(source, watcher); })};
  if (const auto* chains = std::get_if<Trajectory::Memory<M>>(&trainer.chains()))
    learned.path = frozen_path(chains->ladder());
  return learned;
}
extern template Learned<Rbm<Bernoulli, Bernoulli>> train_rbm(Rbm<Bernoulli, Bernoulli>&, const Samples&,
                                                             const Samples&, const TrainSettings&, int);

// Starts a fresh RBM at the means of the data without missing values, as `fit` would; states that no column
// uses get a rate of 0.
template <class V>
void fit_visible(Rbm<V, Bernoulli>& rbm, const Samples& rows, const std::vector<Index>& unused) {
  Eigen::MatrixXf block(rows.rows(), 100);
  const detail::RowMoments moments = with_source(rows, [&](const auto& source) {
    return detail::moments_of_source(Cpu<float>(), source, View<float>(block));
  });
  const Eigen::MatrixXf means = moments.mean().cast<float>(), variances = moments.variance().cast<float>(),
                        counts = moments.count().cast<float>();
  fit(rbm.visible, View<const float>(means), View<const float>(variances), View<const float>(counts));
  for_each_bias(rbm.visible, [&](auto bias, Index first) {
    for (const Index r : unused)
      if (r >= first && r < first + bias.rows) bias(r - first, 0) = -30;  // a probability of 10^-13
  });
  for (const Index r : unused) rbm.weights.row(r).setZero();
  cancel_input(Cpu<float>(), rbm, View<const float>(means));
}

template <class V>
class Machine final : public Model {
  using Bottom = Rbm<V, Bernoulli>;
  using Inner = Rbm<Bernoulli, Bernoulli>;
  using Deep = Dbn<Stack<V, Bernoulli>>;

 public:
  Machine(LayerSize<V> visible, std::vector<Index> unused, const TrainSettings& settings)
      : unused_(std::move(unused)) {
    std::vector<StackSize> sizes = {visible};
    for (const int units : settings.hidden) sizes.emplace_back(units);
    dbn_ = Deep({.sizes = sizes, .seed = settings.seed, .weight_scale = settings.weight_scale});
  }
  // Throws DataError unless the file's model has visible layers of this size.
  Machine(const TensorFile& file, LayerSize<V> visible, std::vector<Index> unused)
      : unused_(std::move(unused)) {
    if (has_path(file)) {
      TensorFile rest = file;
      TensorFile path = take_part(rest, path_part);
      read(rest);
      at_top([&]<class M>(const M& rbm, FrozenPath<M>& own) {
        own = detail::path_from<M>(std::move(path));
        detail::check_path("its training path", rbm, own);
      });
    } else {
      read(file);
    }
    check<DataError>(bottom().visible.size() == Layer<V>(visible).size(),
                     "the model's columns are not those of its description");
  }

  std::vector<History> train(const Samples& rows, const Samples& held_out,
                             const TrainSettings& settings) override {
    std::vector<History> histories;
    fit_visible(bottom(), rows, unused_);
    auto learned = train_rbm(bottom(), rows, held_out, settings, 0);
    histories.push_back(std::move(learned.history));
    if (dbn_.depth() == 1) path_ = std::move(learned.path);
    Samples below, aside;
    for (std::size_t i = 1; i < dbn_.rbms.size(); ++i) {
      below = codes(i - 1, i == 1 ? rows : below, settings.seed);
      aside = codes(i - 1, i == 1 ? held_out : aside, settings.seed);
      auto above = train_rbm(std::get<Inner>(dbn_.rbms[i]), below, aside, settings, static_cast<int>(i));
      histories.push_back(std::move(above.history));
      top_path_ = std::move(above.path);
    }
    return histories;
  }

  TensorFile file() const override {
    TensorFile file = dbn_.depth() == 1 ? file_of(bottom()) : file_of(dbn_);
    at_top([&](const auto&, const auto& path) {
      if (!path.models.empty()) add_path(file, path);
    });
    return file;
  }
  std::vector<HiddenLayer> hidden_layers() const override {
    std::vector<HiddenLayer> layers;
    for_each_rbm(dbn_, [&](const auto& rbm, Index) { layers.push_back({rbm.weights, rbm.hidden}); });
    return layers;
  }

  Eigen::MatrixXf fill_in(const Samples& rows, std::uint64_t seed) const override {
    if (rows.complete()) return rows.dense();
    return harmonium::fill_in(bottom(), rows.values, View<const bool>(rows.known),
                              {.steps = 500, .average = true, .seed = seed, .exact_states = most_states});
  }
  std::vector<bool> fills_in_exactly(const Samples& rows) const override {
    const auto precise = convert<Cpu<double>>(bottom());
    const Mask no_hidden = Mask::Zero(bottom().hidden.rows(), 1);
    std::vector<bool> exact;
    for (Index c = 0; c < rows.size(); ++c)
      exact.push_back(detail::free_part_is_small(precise, View<const bool>(rows.known).columns(c, 1),
                                                 View<const bool>(no_hidden), most_states));
    return exact;
  }
  Eigen::MatrixXf encode(const Samples& rows, std::uint64_t seed) const override {
    return rows.sparse ? harmonium::encode(dbn_, *rows.sparse) : harmonium::encode(dbn_, fill_in(rows, seed));
  }
  Eigen::MatrixXf reconstruct(const Eigen::MatrixXf& rows) const override {
    return harmonium::reconstruct(dbn_, rows);
  }
  Generated generate(Index samples, int steps, std::uint64_t seed) const override {
    if (dbn_.depth() == 1 && detail::states_to_sum(bottom()) <= most_states)
      return {exact_samples(bottom(), samples, seed), "exact draws, so without --steps"};
    if (!has_training_path())
      return {harmonium::generate(dbn_, {.samples = samples, .steps = steps, .seed = seed})};
    constexpr Index most = 1000;  // ladders at once
    Generated all{Eigen::MatrixXf(bottom().visible.rows(), samples)};
    double renewed = 0;
    int sweeps = 0;
    for (Index first = 0; first < samples; first += most) {
      const Index count = std::min(most, samples - first);
      const std::uint64_t own = seed_for(seed, SeedFor::run, static_cast<std::uint32_t>(first / most));
      all.values.middleCols(first, count) =
          detail::generate_below(Cpu<float>(), dbn_, {.steps = 0, .seed = own}, [&]<class M>(const M& rbm) {
            const FrozenPath<M>* path = nullptr;
            at_top([&]<class P>(const auto&, const P& found) {
              if constexpr (std::is_same_v<P, FrozenPath<M>>) path = &found;
            });
            auto r = replay(rbm, *path, {.samples = count, .most_sweeps = steps, .seed = own});
            renewed += r.renewed * static_cast<double>(count);
            sweeps = std::max(sweeps, r.sweeps);
            return std::move(r.visible);
          });
    }
    const double share = renewed / static_cast<double>(samples);
    std::ostringstream how;
    how.precision(3);
    how << 100 * share
        << " % of the samples rose from exact draws at the bottom of the training path, within " << sweeps
        << " sweeps over it";
    if (share < 1) how << ": more steps are needed until all did";
    all.how = how.str();
    return all;
  }
  Eigen::MatrixXf generate_given(const Samples& row, Index samples, int steps,
                                 std::uint64_t seed) const override {
    const Eigen::MatrixXf values = row.values.replicate(1, samples);
    const Mask mask = row.known.replicate(1, samples);
    return harmonium::fill_in(bottom(), values, View<const bool>(mask),
                              {.steps = steps, .seed = seed, .exact_states = most_states});
  }

  Scores score(const Samples& rows) const override {
    const bool deep = dbn_.depth() > 1;
    const std::vector<Index> whole = rows.whole_ones();
    const Samples known = rows.subset(whole);
    Scores scores{.numbers = Eigen::VectorXd::Constant(rows.size(), std::nan("")),
                  .exact = !deep && detail::states_to_sum(bottom()) <= most_states,
                  .meaning = deep ? "minus a lower bound on log p, up to a constant"
                                  : "free energy: -log p up to a constant"};
    if (scores.exact) scores.meaning = "-log p of the known values, summed exactly";
    const double log_z = scores.exact ? exact_log_z(bottom()) : 0;
    const auto score_whole = [&](const auto& data) -> Eigen::VectorXd {
      if (deep) return -log_likelihood_bound(dbn_, data, 0.0).bounds;
      return -log_likelihood(bottom(), data, log_z);
    };
    if (!whole.empty())
      scores.numbers(whole) = known.sparse ? score_whole(*known.sparse) : score_whole(known.values);
    for (Index c = 0; c < rows.size() && !deep && !rows.sparse; ++c) {
      if (rows.known.col(c).all()) continue;
      const Eigen::MatrixXf row = rows.values.col(c);
      const auto rest = clamp(bottom(), row, View<const bool>(rows.known).columns(c, 1));
      if (const auto log_sum = exact_log_sum_over_free(rest, most_states))
        scores.numbers(c) = log_z - *log_sum;
    }
    return scores;
  }
  Eigen::MatrixXd class_log_scores(const Eigen::MatrixXf& rows, Index first, Index classes) const override {
    Eigen::MatrixXd scores(classes, rows.cols());
    Eigen::MatrixXf with_class = rows;
    for (Index k = 0; k < classes; ++k) {
      with_class.middleRows(first, classes).setZero();
      with_class.row(first + k).setOnes();
      scores.row(k) = -free_energy(bottom(), with_class).row(0).template cast<double>();
    }
    return scores;
  }
  Judgement judge(const Samples& rows, const JudgeSettings& settings) const override {
    return rows.sparse ? judge_rows(*rows.sparse, settings) : judge_rows(rows.values, settings);
  }
  Eigen::VectorXd judge_independent(const Samples& rates, const Samples& rows) const override {
    Bottom alone{{.visible = bottom().visible.size(), .hidden = 1, .weight_scale = 0}};
    fit_visible(alone, rates, unused_);
    return rows.sparse ? exact_log_likelihood(alone, *rows.sparse) : exact_log_likelihood(alone, rows.values);
  }
  Eigen::MatrixXf weights() const override { return bottom().weights; }
  std::string text() const override {
    std::string sizes = std::to_string(bottom().visible.rows()) + " visible";
    for_each_rbm(dbn_, [&](const auto& rbm, Index) { sizes += " - " + std::to_string(rbm.hidden.rows()); });
    return sizes + (dbn_.depth() == 1 ? " hidden units: an RBM" : " hidden units: a deep belief network");
  }

 private:
  static constexpr double most_states = 1 << 16;  // that are summed over
  void read(const TensorFile& file) {
    if (file.metadata.count("kind") != 0 && file.metadata.at("kind") == "rbm") {
      dbn_.rbms.emplace_back(model_from<Bottom>(file));
    } else {
      dbn_ = model_from<Deep>(file);
    }
  }
  // f(top RBM, its training path, which may be empty)
  template <class F>
  void at_top(F f) {
    dbn_.depth() == 1 ? f(std::as_const(*this).bottom(), path_)
                      : f(std::as_const(std::get<Inner>(dbn_.rbms.back())), top_path_);
  }
  template <class F>
  void at_top(F f) const {
    dbn_.depth() == 1 ? f(bottom(), path_) : f(std::get<Inner>(dbn_.rbms.back()), top_path_);
  }
  bool has_training_path() const { return !path_.models.empty() || !top_path_.models.empty(); }
  Bottom& bottom() { return std::get<Bottom>(dbn_.rbms.front()); }
  const Bottom& bottom() const { return std::get<Bottom>(dbn_.rbms.front()); }
  template <class Rows>
  Judgement judge_rows(const Rows& rows, const JudgeSettings& settings) const {
    const Cpu<float> on = processors(settings.threads);
    Judgement judgement;
    if (dbn_.depth() == 1 && detail::states_to_sum(bottom()) <= most_states) {
      judgement.log_z = exact_log_z(bottom(), Cpu<double>(on.threads()));
      judgement.log_likelihoods = log_likelihood(bottom(), rows, judgement.log_z, on);
      judgement.method = "exact";
      judgement.verdict = "consistent";
      judgement.reason = "all states were summed over";
      return judgement;
    }
    const SandwichOptions options{.chains = settings.chains,
                                  .betas = uniform_betas(settings.temperatures),
                                  .seed = settings.seed,
                                  .start_steps = settings.start_steps};
    const ReplayOptions climbing{.most_sweeps = settings.sweeps};
    Sandwich s;
    if (!has_training_path()) {
      s = dbn_.depth() == 1 ? sandwich(bottom(), rows, options, on) : sandwich(dbn_, rows, options, on);
    } else {
      s = dbn_.depth() == 1 ? sandwich(bottom(), rows, path_, options, climbing, on)
                            : sandwich(dbn_, rows, top_path_, options, climbing, on);
    }
    judgement.log_z = s.log_z;
    judgement.standard_error = s.standard_error;
    judgement.verdict = s.consistent() ? "consistent" : "inconsistent";
    judgement.reason = s.reason;
    if (dbn_.depth() == 1) {
      judgement.log_likelihoods = log_likelihood(bottom(), rows, s.log_z, on);
      judgement.method = "annealed importance sampling, forward and reverse";
    } else {
      judgement.log_likelihoods =
          log_likelihood_bound(dbn_, rows, s.log_z, {.seed = settings.seed}, on).bounds;
      judgement.method = "a lower bound, by annealed importance sampling of the top layer";
    }
    return judgement;
  }
  // A layer's hidden codes of samples.
  Samples codes(std::size_t layer, const Samples& rows, std::uint64_t seed) const {
    Samples up;
    std::visit(
        [&](const auto& rbm) {
          if (rows.size() == 0) {
            up.values.resize(rbm.hidden.rows(), 0);
          } else if (rows.sparse) {
            up.values = mean_hidden(rbm, *rows.sparse);
          } else {
            up.values = mean_hidden(rbm, layer == 0 ? fill_in(rows, seed) : rows.values);
          }
        },
        dbn_.rbms[layer]);
    up.known.setConstant(up.values.rows(), up.values.cols(), true);
    return up;
  }

  Deep dbn_;
  FrozenPath<Bottom> path_;     // of a single RBM
  FrozenPath<Inner> top_path_;  // of the highest of several
  std::vector<Index> unused_;
};

}  // namespace program
