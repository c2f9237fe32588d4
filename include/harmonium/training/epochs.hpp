/// \file
/// The loop that all trainers share: shuffled batches, a report after each epoch, observers, and the best
/// model kept.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "../core/permutation.hpp"
#include "../core/timer.hpp"
#include "report.hpp"

namespace harmonium {

/// What the loop needs to know.
struct EpochsOptions {
  std::string phase = {};  ///< for reports
  int epochs = 1;          ///< passes over the data
  Index batch_size = 100;  ///< samples in a batch; the last one of an epoch has what is left
  std::uint64_t seed = 0;  ///< of the order of samples
};

/// Calls learn(columns) for each batch of one epoch, with the numbers of its samples in a random order that
/// depends on the seed and the epoch's number. Every sample is used once; the last batch has what is left.
template <class Learn>
void for_each_batch(Index size, Index batch_size, std::uint64_t seed, int epoch, Learn learn) {
  const std::vector<Index> order =
      permutation(size, {.seed = seed, .step = static_cast<std::uint32_t>(epoch), .stream = Stream::shuffle});
  for (Index first = 0; first < size; first += batch_size)
    learn(std::span<const Index>(order).subspan(
        static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(batch_size, size - first))));
}

/// Calls learn(columns) for each batch, with the numbers of its samples in a random order that is new in each
/// epoch; then measure(report) and all observers. Every sample is used once in an epoch.
template <class Model, class Learn, class Measure, Observer... Observers>
History run_epochs(const EpochsOptions& options, Index size, Model& model, Learn learn, Measure measure,
                   Observers&... observers) {
  History history;
  std::optional<Model> best;
  const Index batches = (size + options.batch_size - 1) / options.batch_size;
  const Timer whole;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    const Timer timer;
    Index batch = 0;
    for_each_batch(size, options.batch_size, options.seed, epoch, [&](std::span<const Index> columns) {
      learn(columns);
      const BatchReport progress{options.phase, epoch, options.epochs, ++batch, batches, whole.seconds()};
      [[maybe_unused]] const auto tell = [&](auto& observer) {
        if constexpr (requires { observer.on_batch(progress); }) observer.on_batch(progress);
      };
      (tell(observers), ...);
    });
    using Backend = typename Model::Backend;
    if constexpr (requires(Backend on) { on.synchronize(); }) Backend().synchronize();  // for the clock
    EpochReport report{.phase = options.phase,
                       .epoch = epoch,
                       .epochs = options.epochs,
                       .seconds = timer.seconds(),
                       .total_seconds = whole.seconds()};
    measure(report);
    bool stop = false, restore = false;
    [[maybe_unused]] const auto ask = [&](auto& observer) {
      const Flow answer = notify(observer, report);
      if (answer == Flow::keep) best = model;
      stop = stop || answer == Flow::stop || answer == Flow::stop_and_restore;
      restore = restore || answer == Flow::stop_and_restore;
    };
    (ask(observers), ...);
    history.epochs.push_back(std::move(report));
    if (restore && best) model = std::move(*best);
    if (stop) break;
  }
  return history;
}

}  // namespace harmonium
