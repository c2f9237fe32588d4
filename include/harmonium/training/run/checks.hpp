/// \file
/// Checks of options, batches and sources that all trainers share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/counts.hpp"
#include "../../data/samples.hpp"
#include "../../models/parameters.hpp"
#include "../../optimizers/optimizer.hpp"
#include "planned_epochs.hpp"

namespace harmonium::detail {

/// Checks the options that every trainer has. \throws ValueError if one is out of range
template <class Options>
void check_training_options(const char* trainer, const Options& options) {
  check<ValueError>(options.epochs >= 0 || options.epochs == automatic_epochs, trainer, ": epochs is ",
                    options.epochs, ", expected at least 0");
  check_count(trainer, "batch_size", options.batch_size);
  check<ValueError>(options.weight_decay >= 0 && options.weight_decay < 1e6, trainer, ": weight_decay is ",
                    options.weight_decay, ", expected a number of at least 0");
  check<ValueError>(options.average_last >= 0 && options.average_last <= 1, trainer, ": average_last is ",
                    options.average_last, ", expected 0 to 1");
  check_optimizer(options.optimizer);
}

/// \throws ShapeError if a batch's rows do not match the model, or it has no samples or too many
/// \throws DataError if a number is not finite, or there is not one finite, non-negative weight per sample
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

/// \throws ShapeError if a source's rows do not match the model, or it has no rows \throws DataError if it
/// has no samples
template <class Source>
void check_size(const char* caller, const Source& source, Index rows) {
  check<ShapeError>(rows >= 1, caller, ": the model has no units");
  check_samples(caller, source.rows(), source.size(), rows);
  check_weights(caller, weights_of(source), source.size());
}

}  // namespace harmonium::detail
