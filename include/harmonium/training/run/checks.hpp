/// \file
/// What all trainers share besides the loop: checks of options and batches, and how far a run has come.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../data/batch_source.hpp"
#include "../../models/parameters.hpp"
#include "../../optimizers/optimizer.hpp"
#include "averaging.hpp"
#include "report.hpp"

namespace harmonium::detail {

/// The options that every trainer has. \throws ValueError if one is out of range
template <class Options>
void check_training_options(const char* trainer, const Options& options) {
  check<ValueError>(options.epochs >= 0, trainer, ": epochs is ", options.epochs, ", expected at least 0");
  check<ValueError>(options.batch_size >= 1, trainer, ": batch_size is ", options.batch_size,
                    ", expected at least 1");
  check<ValueError>(options.weight_decay >= 0 && options.weight_decay < 1e6, trainer, ": weight_decay is ",
                    options.weight_decay, ", expected a number of at least 0");
  check<ValueError>(options.average_last >= 0 && options.average_last <= 1, trainer, ": average_last is ",
                    options.average_last, ", expected 0 to 1");
  check_optimizer(options.optimizer);
}

/// \throws ShapeError if a batch has other rows than the model, no samples or too many
/// \throws DataError if a number is not finite, or its weights are not one for each sample, finite and not
/// negative
template <class B>
void check_batch(const B& on, const Batch<typename B::Scalar, typename B::Memory>& batch, Index rows,
                 Index batch_size) {
  check<ShapeError>(batch.values.rows == rows, "step: the batch has ", batch.values.rows,
                    " rows, the model has ", rows);
  check<ShapeError>(batch.values.cols >= 1 && batch.values.cols <= batch_size, "step: the batch has ",
                    batch.values.cols, " samples, expected 1 to ", batch_size, " (batch_size)");
  check_batch_weights("step", batch.weights, batch.values.cols);
  check<DataError>(on.sum(NotFiniteBody{}, batch.values) == 0,
                   "step: the batch has an infinite number or a NaN");
}

/// \throws ShapeError if a source has other rows than the model, or both none \throws DataError if it has no
/// samples
template <class Source>
void check_size(const char* caller, const Source& source, Index rows) {
  check<ShapeError>(rows >= 1, caller, ": the model has no units");
  check<ShapeError>(source.rows() == rows, caller, ": the data have ", source.rows(), " rows, the model has ",
                    rows);
  check<DataError>(source.size() >= 1, caller, ": the data have no samples");
  check_weights(caller, weights_of(source), source.size());
}

/// What each of a batch's samples counts, given its number: its weight over the mean weight and the batch's
/// size.
template <class T>
void write_shares(std::span<const double> weights, double mean_weight, View<T> out) {
  const double share = 1 / (mean_weight * static_cast<double>(out.cols));
  for (Index c = 0; c < out.cols; ++c)
    out(0, c) = static_cast<T>(weights.empty() ? share : share * weights[static_cast<std::size_t>(c)]);
}

/// The weights of some samples; nothing if all count the same.
inline void pick_weights(std::span<const double> weights, std::span<const Index> columns,
                         std::vector<double>& out) {
  out.clear();
  if (weights.empty()) return;
  for (const Index c : columns) out.push_back(weights[static_cast<std::size_t>(c)]);
}

/// Share of a planned run that is done; schedules depend on it.
class Progress {
 public:
  /// A run of so many updates begins after `steps` updates.
  template <class Options>
  void plan(std::uint64_t steps, Index samples, const Options& options) {
    const Index batches = (samples + options.batch_size - 1) / options.batch_size;
    first_ = steps;
    planned_ = static_cast<double>(options.epochs) * static_cast<double>(batches);
  }
  /// 0 without a plan.
  double at(std::uint64_t steps) const {
    return planned_ > 0 ? std::min(1.0, static_cast<double>(steps - first_) / planned_) : 0.0;
  }

  /// What it remembers: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("first", first_);
    f("planned", planned_);
  }

 private:
  std::uint64_t first_ = 0;
  double planned_ = 0;
};

/// After an update: if the options ask for the mean of a run's last share, and that has begun, the model
/// joins it.
template <class Model, class Options>
void join_average(const typename Model::Backend& on, const Options& options, double progress,
                  const Model& model, Average<Model>& average) {
  if (options.average_last > 0 && progress > 1 - options.average_last) average.add(on, model);
}

/// After an epoch: the last one ends with the mean, if there is one; the rate is reported.
/// \throws ValueError if the parameters are not finite any more
template <class Model, class Options>
void end_epoch(const typename Model::Backend& on, const Options& options, double progress,
               const Average<Model>& average, Model& model, EpochReport& report) {
  if (report.epoch == report.epochs && average.count() > 0) model = average.mean();
  check<ValueError>(all_finite(on, model), "fit: a parameter is infinite or not a number after epoch ",
                    report.epoch, " of ", options.phase, "; a lower rate may help");
  report.rate = rate_at(options.optimizer, progress);
}

/// Mean squared difference a row of a source's first 1000 samples from what comes back for them: each block
/// is put into visible(n), and back(n) is what a model makes of it.
template <class B, class Source, class Visible, class Back>
double reconstruction_error(const B& on, const Source& source, Index batch_size, Visible visible, Back back) {
  const Index limit = std::min<Index>(source.size(), 1000);
  double sum = 0;
  for_each_block(limit, batch_size, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const ViewOf<B> x = visible(n);
    source.fill(on, columns, x);
    sum += on.sum(SquaredDifferenceBody{}, ConstViewOf<B>(x), ConstViewOf<B>(back(n)));
  });
  return sum / static_cast<double>(limit * source.rows());
}

}  // namespace harmonium::detail
