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
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

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

// Trains one RBM. Missing values are drawn anew at each update.
template <class V>
History train_rbm(Rbm<V, Bernoulli>& rbm, const Samples& rows, const Samples& held_out,
                  const TrainSettings& settings, int layer) {
  const Cpu<float> on = processors(settings.threads);
  ContrastiveDivergence<Rbm<V, Bernoulli>> trainer{rbm, training_options(settings, layer), on};
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
  return with_source(rows, [&](const auto& source) { return trainer.fit(source, watcher); });
}
extern template History train_rbm(Rbm<Bernoulli, Bernoulli>&, const Samples&, const Samples&,
                                  const TrainSettings&, int);

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
    if (file.metadata.count("kind") != 0 && file.metadata.at("kind") == "rbm") {
      dbn_.rbms.emplace_back(model_from<Bottom>(file));
    } else {
      dbn_ = model_from<Deep>(file);
    }
    check<DataError>(bottom().visible.size() == Layer<V>(visible).size(),
                     "the model's columns are not those of its description");
  }

  std::vector<History> train(const Samples& rows, const Samples& held_out,
                             const TrainSettings& settings) override {
    std::vector<History> histories;
    fit_visible(bottom(), rows, unused_);
    histories.push_back(train_rbm(bottom(), rows, held_out, settings, 0));
    Samples below = rows, aside = held_out;
    for (std::size_t i = 1; i < dbn_.rbms.size(); ++i) {
      below = codes(i - 1, below, settings.seed);
      aside = codes(i - 1, aside, settings.seed);
      histories.push_back(train_rbm(std::get<Rbm<Bernoulli, Bernoulli>>(dbn_.rbms[i]), below, aside, settings,
                                    static_cast<int>(i)));
    }
    return histories;
  }

  TensorFile file() const override { return dbn_.depth() == 1 ? file_of(bottom()) : file_of(dbn_); }
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
  Eigen::MatrixXf generate(Index samples, int steps, std::uint64_t seed) const override {
    return harmonium::generate(dbn_, {.samples = samples, .steps = steps, .seed = seed});
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
    const Sandwich s =
        dbn_.depth() == 1 ? sandwich(bottom(), rows, options, on) : sandwich(dbn_, rows, options, on);
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
  std::vector<Index> unused_;
};

}  // namespace program
