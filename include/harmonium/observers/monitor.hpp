/// \file
/// Cheap checks of a model after each epoch: adds metrics to the report, and warnings in words when something
/// is known to be wrong. Place it before the observers that use them.
#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "../core/host_matrix.hpp"
#include "../data/batch_source.hpp"
#include "../inference/pseudo_likelihood.hpp"
#include "../models/layer_data.hpp"
#include "../training/run/report.hpp"

namespace harmonium {

/// What a monitor measures.
struct MonitorOptions {
  Index samples = 500;  ///< samples of each set to use, evenly spread; at least 2
  /// Epochs in a row with a free-energy gap above all earlier ones of the run before the monitor warns of
  /// over-fitting: the gap fluctuates anyway.
  int patience = 3;
  std::uint64_t seed = 0;  ///< of the choice of units for the pseudo-likelihood
};

/// Watches `Model` learn.
///
/// - `pseudo_likelihood`: estimate in nats per sample, summed over units; for visible units with finitely
///   many states
/// - `free_energy_gap`: mean free energy of held-out samples minus that of training samples: grows with
///   over-fitting
/// - `weight_norm`: Euclidean norm of all weights
/// - `constant_units`: share of hidden rows whose mean is the same (within 0.01) for all samples
/// - `dead_units`, `saturated_units`: share of hidden rows that are in their lowest, or highest, state for
///   all samples
///
///     Monitor monitor{rbm, train, test};
///     trainer.fit(train, monitor, ProgressBar{});
template <EnergyModel Model>
class Monitor {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  /// \param model must outlive the monitor
  /// \param train the training data: a source of batches, or a matrix
  /// \throws ValueError if an option is out of range \throws ShapeError, DataError if a set does not fit the
  /// model
  template <class Train>
  Monitor(const Model& model, const Train& train, MonitorOptions options = {}, B on = B::all())
      : model_(model),
        options_(options),
        on_(std::move(on)),
        train_(take("Monitor: the training data", train)) {
    check<ValueError>(options.patience >= 1, "Monitor: patience is ", options.patience,
                      ", expected at least 1");
  }
  /// With samples that are not used for training.
  template <class Train, class HeldOut>
  requires(!std::convertible_to<HeldOut, MonitorOptions>)
      Monitor(const Model& model, const Train& train, const HeldOut& held_out, MonitorOptions options = {},
              B on = B::all())
      : Monitor(model, train, options, std::move(on)) {
    held_out_ = take("Monitor: the held-out data", held_out);
  }

  /// Measures and warns.
  void operator()(EpochReport& report) {
    const auto add = [&](const char* name, double value) { report.metrics.emplace_back(name, value); };
    const auto warn = [&](const std::string& text) { report.warnings.push_back(text); };
    if (!all_finite(on_, model_)) {
      warn("parameters are infinite or not numbers: the rate is too high");
      return;
    }
    if (report.epoch == 1) {  // a new run
      highest_gap_ = std::numeric_limits<double>::infinity();
      growing_ = 0;
    }
    if constexpr (decltype(model_.visible)::finite)
      add("pseudo_likelihood",
          stochastic_pseudo_likelihood(
              model_, train_, {.seed = options_.seed, .step = static_cast<std::uint32_t>(report.epoch)}, on_)
              .mean());
    if (held_out_.cols() > 0) {
      const double gap = mean_free_energy(held_out_) - mean_free_energy(train_);
      add("free_energy_gap", gap);
      growing_ = gap > highest_gap_ ? growing_ + 1 : 0;
      if (growing_ == 1) gap_before_ = highest_gap_;
      highest_gap_ = std::isfinite(highest_gap_) ? std::fmax(gap, highest_gap_) : gap;
      if (growing_ >= options_.patience)
        warn(
            "over-fitting: the free energy of held-out samples, against that of training samples, has grown "
            "higher than ever for " +
            std::to_string(growing_) + " epochs, by " + std::to_string(gap - gap_before_) + " nats");
    }
    add("weight_norm", weight_norm());
    if constexpr (requires { model_.hidden; }) watch_codes(add, warn);
    watch_reconstruction(report, warn);
  }

  /// The state to save: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("highest_gap", highest_gap_);
    f("gap_before", gap_before_);
    f("growing", growing_, [](int epochs) { return epochs >= 0 && epochs < 1'000'000'000; });
  }
  /// Its options by name.
  template <class F>
  friend void for_each_option(F&& f, const Monitor& monitor) {
    const auto& [samples, patience, seed] = monitor.options_;  // every field, or this does not compile
    f("samples", samples);
    f("patience", patience);
    f("seed", seed);
  }

 private:
  template <class Samples>
  Matrix<B> take(const char* what, const Samples& samples) {
    if constexpr (BatchSource<Samples, B>) {
      return take_from(what, samples);
    } else {
      return take_from(what, MatrixSource<T, typename B::Memory>{samples});
    }
  }
  template <class S>
  Matrix<B> take_from(const char* what, const S& source) {
    check<ValueError>(options_.samples >= 2, "Monitor: samples is ", options_.samples,
                      ", expected at least 2");
    check<ShapeError>(source.rows() == model_.visible.rows(), what, " have ", source.rows(),
                      " rows, the model has ", model_.visible.rows());
    check<DataError>(source.size() >= 1, what, " have no samples");
    const Index count = std::min<Index>(options_.samples, source.size());
    std::vector<Index> columns;
    for (Index i = 0; i < count; ++i) columns.push_back(i * source.size() / count);
    Matrix<B> taken(source.rows(), count);
    source.fill(on_, columns, view_of(taken));
    HostMatrix<T> host(taken.rows(), count);
    on_.download(taken, View<T>(host));
    const auto [row, column] = find_unacceptable(model_.visible, View<const T>(host));
    if (row >= 0)
      check<DataError>(false, what, " have ", host(row, column), " in row ", row, " of column ",
                       columns[static_cast<std::size_t>(column)], "; ", accepted_values(model_.visible, row));
    return taken;
  }

  double mean_free_energy(const Matrix<B>& v) const {
    const Matrix<B> energies = free_energy(model_, v, on_);
    return on_.sum(detail::IdentityBody{}, ConstViewOf<B>(energies)) / static_cast<double>(v.cols());
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

  // The hidden units' means over the samples: which units carry no information?
  template <class Add, class Warn>
  void watch_codes(Add add, Warn warn) const {
    Matrix<B> input(model_.hidden.rows(), train_.cols()), means = input;
    on_.multiply(Op::transposed, Op::plain, T(1), model_.weights, train_, T(0), input);
    mean(on_, model_.hidden, input, means);
    HostMatrix<T> codes(input.rows(), input.cols());
    on_.download(means, View<T>(codes));
    Eigen::VectorXd low, high;
    if constexpr (decltype(model_.hidden)::finite) {
      low.resize(codes.rows());
      high.resize(codes.rows());
      for_each_unit_kind(model_.hidden,
                         [&](Index first, Index rows, Index units, const Eigen::MatrixXd& states) {
                           for (Index i = 0; i < units; ++i) {
                             low.segment(first + i * rows, rows) = states.rowwise().minCoeff();
                             high.segment(first + i * rows, rows) = states.rowwise().maxCoeff();
                           }
                         });
    }
    double constant = 0, dead = 0, saturated = 0;
    for (Index r = 0; r < codes.rows(); ++r) {
      const auto least = static_cast<double>(codes.row(r).minCoeff()),
                 most = static_cast<double>(codes.row(r).maxCoeff());
      if (most - least < 0.01) ++constant;
      if (low.size() == 0) continue;
      const double margin = 0.01 * (high(r) - low(r));
      if (most < low(r) + margin) ++dead;
      if (least > high(r) - margin) ++saturated;
    }
    const auto rows = static_cast<double>(codes.rows());
    add("constant_units", constant / rows);
    if (low.size() > 0) {
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
  void watch_reconstruction(const EpochReport& report, Warn warn) {
    auto state = make_state(model_, train_.cols());
    auto work = make_workspace(model_, train_.cols());
    const auto all = state.columns(0, train_.cols());
    Matrix<B> out(train_.rows(), train_.cols());
    on_.copy(train_, all.visible);
    refresh(on_, model_, all);
    reconstruct(on_, model_, all, work, out);
    HostMatrix<T> samples(out.rows(), out.cols()), again = samples;
    on_.download(train_, View<T>(samples));
    on_.download(out, View<T>(again));
    const HostMatrix<T> centred = samples.colwise() - samples.rowwise().mean();
    const auto error = static_cast<double>((again - samples).squaredNorm()),
               variance = static_cast<double>(centred.squaredNorm());
    if (report.epoch > 1 && variance > 0 && error > 1.05 * variance)
      warn(decltype(model_.visible)::finite
               ? "reconstructions are worse than the samples' mean: the rate may be too high"
               : "reconstructions are worse than the samples' mean: the rate may be too high; units without "
                 "bounds "
                 "need one 10 to 100 times lower than binary ones (Hinton, 2010)");
  }

  const Model& model_;
  MonitorOptions options_;
  B on_;
  Matrix<B> train_, held_out_;
  double highest_gap_ = std::numeric_limits<double>::infinity(), gap_before_ = 0;
  int growing_ = 0;
};

}  // namespace harmonium
