/// \file
/// Cheap checks of a model after each epoch: adds metrics to the report, and written warnings when something
/// is known to be wrong. Place it before the observers that use them.
#pragma once

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "../inference/prediction_loss.hpp"
#include "../training/run/report.hpp"
#include "monitored_samples.hpp"
#include "row_ranges.hpp"

namespace harmonium {

/// What a monitor measures.
struct MonitorOptions {
  Index samples = 500;  ///< samples of each set to use, drawn at random by the seed; at least 2
  /// Epochs in a row in which the fit to held-out samples must be worse than it has been, beyond its standard
  /// error, before the monitor warns of over-fitting.
  int patience = 3;
  Missing missing = Missing::drawn;  ///< entries, as the trainer's option says
  std::uint64_t seed = 0;            ///< of the choice of samples and of the units to predict
};

/// Watches `Model` learn. Sample weights count; missing entries are drawn by the model or left out, and never
/// scored.
///
/// - `pseudo_likelihood`: estimate in nats per sample: the sum over units of log p(unit | all others), a
///   density where units are real (`prediction_losses`)
/// - `prediction_error`: if not all visible units have finitely many states, the squared error of a unit
///   predicted from all others, over its row's variance (`prediction_errors`)
/// - `held_out_loss`: of held-out samples, minus the pseudo-likelihood: falls while the model gets better on
///   what it has not seen, and rises when it over-fits
/// - `free_energy_gap`: mean free energy of held-out samples minus that of training samples: grows with
///   whatever is learned
/// - `weight_norm`: Euclidean norm of all weights
/// - `constant_units`: share of hidden rows whose mean is the same for all samples, within 0.01 of the
///   distance between their lowest and highest state, or of their standard deviation if they have none
/// - `dead_units`, `saturated_units`: share of hidden rows that are in their lowest, or highest, state for
///   all samples
///
///     Monitor monitor{rbm, train, test};
///     trainer.fit(train, monitor, EarlyStopping{.patience = 5}, ProgressBar{});
template <EnergyModel Model>
class Monitor {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  using Samples = detail::MonitoredSamples<B>;

 public:
  /// \param model must outlive the monitor
  /// \param train the training data, of any kind
  /// \throws ValueError if an option is out of range, or entries are missing that the model cannot draw
  /// \throws ShapeError, DataError if a set does not fit the model
  template <class Train>
  Monitor(const Model& model, const Train& train, MonitorOptions options = {}, B on = B::all())
      : model_(model), options_(options), on_(std::move(on)), train_(take("the training data", train)) {
    check<ValueError>(options.patience >= 1, "Monitor: patience is ", options.patience,
                      ", expected at least 1");
    const detail::RowMoments moments = detail::moments_of(on_, train_);
    means_ = moments.mean();
    variances_ = moments.variance();
  }
  /// With samples that are not used for training.
  template <class Train, class HeldOut>
  requires(!std::convertible_to<HeldOut, MonitorOptions>)
      Monitor(const Model& model, const Train& train, const HeldOut& held_out, MonitorOptions options = {},
              B on = B::all())
      : Monitor(model, train, options, std::move(on)) {
    held_out_ = take("the held-out data", held_out);
    least_.assign(static_cast<std::size_t>(held_out_.size()), 0.0);
  }

  /// Measures and warns.
  void operator()(EpochReport& report) {
    const auto add = [&](const char* name, double value) { report.metrics.emplace_back(name, value); };
    const auto warn = [&](const std::string& words) { report.warnings.push_back(words); };
    if (!all_finite(on_, model_)) {
      warn("parameters are infinite or not numbers: the rate is too high");
      return;
    }
    Matrix<B> room;
    const Matrix<B>& train = completed(train_, room);
    const double loss = detail::SampleMean(losses(train, train_, 4), train_.weights).mean;
    add("pseudo_likelihood", -loss);
    if constexpr (!finite)
      add("prediction_error",
          detail::SampleMean(prediction_errors(model_, train, train_.known, means_, variances_, 4,
                                               {.seed = options_.seed}, on_),
                             train_.weights)
              .mean);
    if (held_out_.size() > 0) watch_held_out(report, train, loss);
    add("weight_norm", weight_norm());
    if constexpr (requires { model_.hidden; }) watch_codes(train, add, warn);
    watch_reconstruction(train, report, warn);
  }

  /// The state to save: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    const auto is_count = [](int epochs) { return epochs >= 0 && epochs < 1'000'000'000; };
    if (!least_.empty()) f("least", least_);
    f("least_mean", least_mean_);
    f("train_then", train_then_);
    f("best_epoch", best_epoch_, is_count);
    f("worse", worse_, is_count);
  }
  /// Its options by name.
  template <class F>
  friend void for_each_option(F&& f, const Monitor& monitor) {
    const auto& [samples, patience, missing, seed] =
        monitor.options_;  // every field, or this does not compile
    f("samples", samples);
    f("patience", patience);
    f("missing", name_of(missing));
    f("seed", seed);
  }

 private:
  static constexpr bool finite = decltype(std::declval<const Model&>().visible)::finite;

  template <class Data>
  Samples take(const char* what, const Data& data) {
    check<ValueError>(options_.samples >= 2, "Monitor: samples is ", options_.samples,
                      ", expected at least 2");
    detail::check_model("Monitor", model_);
    Samples taken =
        detail::draw_samples(on_, what, model_.visible, source_of<B>(data), options_.samples, options_.seed);
    if (taken.known.size() > 0)
      static_cast<void>(complete_(on_, model_, taken, options_.missing, options_.seed));  // can it?
    return taken;
  }

  // Samples with what is missing of them, in the room if anything is.
  const Matrix<B>& completed(const Samples& samples, Matrix<B>& room) {
    if (samples.known.size() == 0) return samples.values;
    room = complete_(on_, model_, samples, options_.missing, options_.seed);
    return room;
  }

  // A number for a warning.
  static std::string text(double x) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3g", x);
    return buffer;
  }

  // The same units in every epoch, so that differences between epochs have little noise. Rises of the
  // held-out loss are to be told from noise, so it gets more of them.
  Eigen::VectorXd losses(const Matrix<B>& v, const Samples& samples, int units) const {
    return prediction_losses(model_, v, samples.known, units, {.seed = options_.seed}, on_);
  }
  double mean_free_energy(const Matrix<B>& v, const Samples& samples) const {
    return detail::SampleMean(detail::row_on_host(on_, free_energy(model_, v, on_)), samples.weights).mean;
  }
  double weight_norm() const {
    double squares = 0;
    for_each_parameter(
        [&](const ParameterName&, Role role, auto x) {
          if (role == Role::weight) squares += on_.sum(detail::SquareBody{}, x);
        },
        model_);
    return std::sqrt(squares);
  }

  // A model over-fits when it gets better on what it learns from and worse on what it does not.
  void watch_held_out(EpochReport& report, const Matrix<B>& train, double train_loss) {
    Matrix<B> room;
    const Matrix<B>& v = completed(held_out_, room);
    const Eigen::VectorXd now = losses(v, held_out_, 16);
    const double mean = detail::SampleMean(now, held_out_.weights).mean;
    report.metrics.emplace_back("held_out_loss", mean);
    report.metrics.emplace_back("free_energy_gap",
                                mean_free_energy(v, held_out_) - mean_free_energy(train, train_));
    if (report.epoch == 1) least_mean_ = std::numeric_limits<double>::infinity();  // a new run
    if (mean < least_mean_) {
      least_mean_ = mean;
      least_.assign(now.begin(), now.end());
      train_then_ = train_loss;
      best_epoch_ = report.epoch;
      worse_ = 0;
      return;
    }
    if (std::isinf(least_mean_)) return;  // no epoch had a number yet
    const detail::SampleMean rise(
        now - Eigen::Map<const Eigen::VectorXd>(least_.data(), static_cast<Index>(least_.size())),
        held_out_.weights);
    worse_ = rise.above(0) && train_loss < train_then_ ? worse_ + 1 : 0;
    if (worse_ >= options_.patience)
      report.warnings.push_back("over-fitting: for " + std::to_string(worse_) +
                                " epochs held-out samples have been fitted worse than in epoch " +
                                std::to_string(best_epoch_) + ", now by " + text(rise.mean) + " +- " +
                                text(rise.error) +
                                " nats, and training samples better; stop there (EarlyStopping), or use "
                                "weight_decay, fewer hidden units "
                                "or more samples");
  }

  // The hidden units' means over the samples: which units carry no information?
  template <class Add, class Warn>
  void watch_codes(const Matrix<B>& train, Add add, Warn warn) const {
    Matrix<B> input(model_.hidden.rows(), train.cols()), means = input;
    on_.multiply(Op::transposed, Op::plain, T(1), view_of(model_.weights), view_of(train), T(0),
                 view_of(input));
    mean(on_, model_.hidden, ConstViewOf<B>(view_of(input)), view_of(means));
    HostMatrix<T> codes(input.rows(), input.cols());
    on_.download(means, View<T>(codes));
    const detail::RowRanges range = detail::row_ranges(on_, model_.hidden, ConstViewOf<B>(view_of(input)));
    double constant = 0, dead = 0, saturated = 0;
    for (Index r = 0; r < codes.rows(); ++r) {
      const auto least = static_cast<double>(codes.row(r).minCoeff()),
                 most = static_cast<double>(codes.row(r).maxCoeff());
      const double margin = 0.01 * range.scale(r);
      if (most - least < margin) ++constant;
      if (most < range.low(r) + margin) ++dead;
      if (least > range.high(r) - margin) ++saturated;
    }
    const auto rows = static_cast<double>(codes.rows());
    add("constant_units", constant / rows);
    if constexpr (decltype(model_.hidden)::finite) {
      add("dead_units", dead / rows);
      add("saturated_units", saturated / rows);
    }
    if (constant == rows && codes.cols() > 1)
      warn(
          "all codes are constant: no hidden unit tells one sample from another; a lower rate, or "
          "`centered`, helps");
  }

  // A model that reconstructs worse than the samples' mean has learned nothing.
  template <class Warn>
  void watch_reconstruction(const Matrix<B>& train, const EpochReport& report, Warn warn) const {
    const Index n = train.cols();
    if (report.epoch == 1 || n < 2) return;
    const Index block = std::min<Index>(n, 50);
    auto state = make_state(model_, block);
    auto work = make_workspace(model_, block);
    Matrix<B> out(train.rows(), block);
    HostMatrix<T> samples(out.rows(), block), again = samples;
    // Each row in units of its variance, so that no row drowns the others. The samples are closer to their
    // own mean than to that of all data.
    const double fewer = static_cast<double>(n) / static_cast<double>(n - 1);
    Eigen::VectorXd excess = Eigen::VectorXd::Zero(n);
    double known = 0;
    for (Index first = 0; first < n; first += block) {
      const Index count = std::min(block, n - first);
      const auto some = state.columns(0, count);
      const auto here = ConstViewOf<B>(view_of(train)).columns(first, count);
      on_.copy(here, some.visible);
      refresh(on_, model_, some);
      reconstruct(on_, model_, some, work, view_of(out).columns(0, count));
      on_.download(here, View<T>(samples).columns(0, count));
      on_.download(ConstViewOf<B>(view_of(out)).columns(0, count), View<T>(again).columns(0, count));
      for (Index c = 0; c < count; ++c)
        for (Index r = 0; r < samples.rows(); ++r) {
          if (!train_.is_known(r, first + c) || !(variances_(r) > 0)) continue;
          const auto x = static_cast<double>(samples(r, c));
          const double error = static_cast<double>(again(r, c)) - x, off = x - means_(r);
          excess(first + c) += (error * error - fewer * off * off) / variances_(r);
          known += train_.weights(first + c);
        }
    }
    const detail::SampleMean worse(excess, train_.weights);
    known /= train_.weights.sum();
    if (worse.above(0.05 * known))
      warn("reconstructions are worse than the samples' mean, by " + text(worse.mean / known) + " +- " +
           text(worse.error / known) +
           (finite ? " of their variance: the rate may be too high"
                   : " of their variance: the rate may be too high; units without bounds need one 10 to 100 "
                     "times lower than binary ones (Hinton, 2010), and rows of similar spread"));
  }

  const Model& model_;
  MonitorOptions options_;
  B on_;
  detail::Completion<Model> complete_;
  Samples train_, held_out_;
  Eigen::VectorXd means_, variances_;  // of the training samples' known numbers
  std::vector<double> least_ = {};     // losses of held-out samples in the epoch of the least mean
  double least_mean_ = std::numeric_limits<double>::infinity(), train_then_ = 0;
  int best_epoch_ = 0, worse_ = 0;
};

}  // namespace harmonium
