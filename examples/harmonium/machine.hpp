// A stack of RBMs with visible units `V` and Bernoulli hidden units behind the program's interface; a single
// RBM is saved as an RBM. Included by the file of each kind.
#pragma once

#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/annealing/dbn_bound.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/fill_in.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "model.hpp"
#include "progress.hpp"

namespace program {

using namespace harmonium;  // a part of one program

inline Cpu<float> processors(int threads) { return threads == 0 ? Cpu<float>::all() : Cpu<float>(threads); }

// Monitors, reports, and stops. One type, so that training is compiled once.
struct Watcher {
  std::function<void(EpochReport&)> look;
  Progress progress = {};
  std::optional<EarlyStopping> stopping = {};
  Flow operator()(EpochReport& report) {
    look(report);
    const Flow flow = stopping ? (*stopping)(report) : Flow::go_on;
    progress.show(report, flow == Flow::stop_and_restore);
    return flow;
  }
  void on_batch(const BatchReport& report) { progress.bar.on_batch(report); }
};

inline MissingData source_of(const Samples& rows) {
  return MissingData(rows.values.cast<double>(), rows.known);
}

// Trains one RBM. Missing values are drawn anew at each update.
template <class V>
History train_rbm(Rbm<V, Bernoulli>& rbm, const Samples& rows, const Samples& held_out,
                  const TrainSettings& settings, int layer) {
  const Cpu<float> on = processors(settings.threads);
  ContrastiveDivergence<Rbm<V, Bernoulli>> trainer{rbm, training_options(settings, layer), on};
  const std::vector<Index> whole_aside = held_out.whole_ones();
  const Dataset aside(held_out.subset(whole_aside).values);
  const Eigen::MatrixXf kept = aside.to_matrix<float>();
  const MissingData train = source_of(rows);
  std::optional<Monitor<Rbm<V, Bernoulli>>> monitor;
  const bool judged = held_out.values.cols() > 0 && held_out.known.rowwise().any().all();
  if (judged) {
    monitor.emplace(rbm, train, source_of(held_out), MonitorOptions{.seed = settings.seed}, on);
  } else {
    monitor.emplace(rbm, train, MonitorOptions{.seed = settings.seed}, on);
  }
  check<DataError>(settings.patience == 0 || judged,
                   "patience: there are no held-out rows, or all of them lack a column");
  Watcher watcher{[&](EpochReport& report) {
    if (aside.size() > 0)
      report.metrics.emplace_back("held_out_reconstruction_error",
                                  (harmonium::reconstruct(rbm, kept, {}, on) - kept).squaredNorm() /
                                      static_cast<double>(kept.size()));
    (*monitor)(report);
  }};
  if (settings.patience > 0)
    watcher.stopping = EarlyStopping{.metric = "held_out_loss", .patience = settings.patience};
  if (rows.complete()) return trainer.fit(Dataset(rows.values), watcher);
  if (rows.complete()) return trainer.fit(Dataset(rows.values), watcher);
  return trainer.fit(train, watcher);
}
extern template History train_rbm(Rbm<Bernoulli, Bernoulli>&, const Samples&, const Samples&,
                                  const TrainSettings&, int);

// Starts a fresh RBM at the means of the data without missing values, as `fit` would; states that no column
// uses get a rate of 0.
template <class V>
void fit_visible(Rbm<V, Bernoulli>& rbm, const Samples& rows, const std::vector<Index>& unused) {
  detail::RowMoments moments(rows.values.rows());
  for (Index c = 0; c < rows.values.cols(); ++c)
    for (Index r = 0; r < rows.values.rows(); ++r)
      if (rows.known(r, c)) moments.add(r, static_cast<double>(rows.values(r, c)), 1);
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
  Machine(const TensorFile& file, std::vector<Index> unused) : unused_(std::move(unused)) {
    if (file.metadata.count("kind") != 0 && file.metadata.at("kind") == "rbm") {
      dbn_.rbms.emplace_back(model_from<Bottom>(file));
    } else {
      dbn_ = model_from<Deep>(file);
    }
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

  void save(const std::string& path, const Metadata& more) const override {
    check<DataError>(all_finite(Cpu<float>(), dbn_), "the model for '", path,
                     "' has an infinity or a NaN among its parameters");
    TensorFile file;
    if (dbn_.depth() == 1) {
      file.metadata = describe(bottom());
      add_parameters(file, bottom());
    } else {
      file.metadata = describe(dbn_);
      add_parameters(file, dbn_);
    }
    file.metadata.insert(more.begin(), more.end());
    write_safetensors(path, file);
  }

  Eigen::MatrixXf fill_in(const Samples& rows, std::uint64_t seed) const override {
    if (rows.complete()) return rows.values;
    return harmonium::fill_in(bottom(), rows.values, View<const bool>(rows.known),
                              {.steps = 500, .average = true, .seed = seed});
  }
  Eigen::MatrixXf encode(const Eigen::MatrixXf& rows) const override { return harmonium::encode(dbn_, rows); }
  Eigen::MatrixXf reconstruct(const Eigen::MatrixXf& rows) const override {
    return harmonium::reconstruct(dbn_, rows);
  }
  Eigen::MatrixXf generate(Index samples, int steps, std::uint64_t seed) const override {
    return harmonium::generate(dbn_, {.samples = samples, .steps = steps, .seed = seed});
  }

  Judgement judge(const Eigen::MatrixXf& rows, const JudgeSettings& settings) const override {
    const Cpu<float> on = processors(settings.threads);
    Judgement judgement;
    if (dbn_.depth() == 1 && detail::states_to_sum(bottom()) <= (1 << 16)) {
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
  Eigen::VectorXd judge_independent(const Eigen::MatrixXf& rates,
                                    const Eigen::MatrixXf& rows) const override {
    Bottom alone{{.visible = bottom().visible.size(), .hidden = 1, .weight_scale = 0}};
    Samples known{rates, {}};
    known.known.setConstant(rates.rows(), rates.cols(), true);
    fit_visible(alone, known, unused_);
    return exact_log_likelihood(alone, rows);
  }
  Eigen::MatrixXf weights() const override { return bottom().weights; }
  std::string text() const override {
    std::string sizes = std::to_string(bottom().visible.rows()) + " visible";
    for_each_rbm(dbn_, [&](const auto& rbm, Index) { sizes += " - " + std::to_string(rbm.hidden.rows()); });
    return sizes + (dbn_.depth() == 1 ? " hidden units: an RBM" : " hidden units: a deep belief network");
  }

 private:
  Bottom& bottom() { return std::get<Bottom>(dbn_.rbms.front()); }
  const Bottom& bottom() const { return std::get<Bottom>(dbn_.rbms.front()); }
  // A layer's hidden codes of samples.
  Samples codes(std::size_t layer, const Samples& rows, std::uint64_t seed) const {
    const Eigen::MatrixXf values = layer == 0 ? fill_in(rows, seed) : rows.values;
    Samples up;
    std::visit([&](const auto& rbm) { up.values = mean_hidden(rbm, values); }, dbn_.rbms[layer]);
    up.known.setConstant(up.values.rows(), up.values.cols(), true);
    return up;
  }

  Deep dbn_;
  std::vector<Index> unused_;
};

}  // namespace program
