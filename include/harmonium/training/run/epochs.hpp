/// \file
/// The loop that all trainers share: shuffled batches, a report after each epoch, observers, the best model
/// kept; and runs that are interrupted and gone on with.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "../../core/permutation.hpp"
#include "../../core/timer.hpp"
#include "run_state.hpp"

namespace harmonium {

/// What the loop needs to know.
struct EpochsOptions {
  std::string phase = {};  ///< for reports
  int epochs = 1;          ///< passes over the data
  Index batch_size = 100;  ///< samples in a batch; the last one of an epoch has what is left
  std::uint64_t seed = 0;  ///< of the order of samples
};

namespace detail {
/// The random order of samples in an epoch: of the seed and the epoch's number.
inline std::vector<Index> order_of_epoch(Index size, std::uint64_t seed, int epoch) {
  return permutation(size,
                     {.seed = seed, .step = static_cast<std::uint32_t>(epoch), .stream = Stream::shuffle});
}

/// Calls learn(columns) for each batch of this order from number `first_batch` on.
template <class Learn>
void for_each_batch_of(const std::vector<Index>& order, Index batch_size, Learn learn, Index first_batch) {
  const auto size = static_cast<Index>(order.size());
  for (Index first = first_batch * batch_size; first < size; first += batch_size) {
    const auto columns = std::span<const Index>(order).subspan(
        static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(batch_size, size - first)));
    if constexpr (std::is_same_v<decltype(learn(columns)), bool>) {
      if (!learn(columns)) return;
    } else {
      learn(columns);
    }
  }
}
}  // namespace detail

/// Calls learn(columns) for each batch of one epoch from number `first_batch` on, with the numbers of its
/// samples in a random order that depends on the seed and the epoch's number. Every sample is used once; the
/// last batch has what is left. If `learn` returns false, the epoch ends there.
template <class Learn>
void for_each_batch(Index size, Index batch_size, std::uint64_t seed, int epoch, Learn learn,
                    Index first_batch = 0) {
  detail::for_each_batch_of(detail::order_of_epoch(size, seed, epoch), batch_size, learn, first_batch);
}

/// Calls learn(columns, last of its epoch?) for each batch, with the numbers of its samples in a random order
/// that is new in each epoch; then measure(report) and all observers. Every sample is used once in an epoch.
/// `prepare()` is called first, unless an observer restores a run that was begun before; `parts` is what such
/// a run consists of besides the model and this loop (see `RunState`).
template <class Model, class Parts, class Prepare, class Learn, class Measure, Observer... Observers>
History run_resumable_epochs(const EpochsOptions& options, Index size, Model& model, Parts parts,
                             Prepare prepare, Learn learn, Measure measure, Observers&... observers) {
  RunProgress<Model> run;
  const Index batches = (size + options.batch_size - 1) / options.batch_size;
  RunState<Model, Parts, Observers...> state(model, run, {options.epochs, batches}, parts, observers...);
  bool resumed = false;
  [[maybe_unused]] const auto begin = [&](auto& observer) {
    if constexpr (requires { observer.on_begin(state); }) resumed = observer.on_begin(state) || resumed;
  };
  (begin(observers), ...);
  if (!resumed) prepare();

  const Timer whole;
  const double seconds_before = run.seconds;
  bool paused = false;
  std::vector<Index> order = detail::order_of_epoch(size, options.seed, run.epoch + 1);
  const auto tell = [&]([[maybe_unused]] Moment moment) {
    run.seconds = seconds_before + whole.seconds();
    [[maybe_unused]] const auto one = [&](auto& observer) {
      if constexpr (requires { observer.on_state(moment, state); }) observer.on_state(moment, state);
    };
    (one(observers), ...);
  };
  while (!run.over && !paused && run.epoch < options.epochs) {
    const int epoch = run.epoch + 1;
    const Timer timer;
    const double epoch_seconds_before = run.epoch_seconds;
    detail::for_each_batch_of(
        order, options.batch_size,
        [&](std::span<const Index> columns) {
          const bool last = ++run.batch == batches;
          learn(columns, last);
          const BatchReport progress{options.phase, epoch,   options.epochs,
                                     run.batch,     batches, seconds_before + whole.seconds()};
          [[maybe_unused]] const auto ask = [&](auto& observer) {
            if constexpr (requires { observer.on_batch(progress); })
              paused = notify_batch(observer, progress) == Flow::pause || paused;
          };
          (ask(observers), ...);
          run.epoch_seconds = epoch_seconds_before + timer.seconds();
          if (!last && !paused) tell(Moment::batch);
          return !paused;
        },
        run.batch);
    if (run.batch < batches) break;
    // The next epoch's, while a device is still at work.
    if (epoch < options.epochs) order = detail::order_of_epoch(size, options.seed, epoch + 1);
    using Backend = typename detail::BackendOf<Model>::type;
    if constexpr (requires { std::declval<const Backend&>().synchronize(); })
      Backend().synchronize();  // clock

    EpochReport report{.phase = options.phase,
                       .epoch = epoch,
                       .epochs = options.epochs,
                       .seconds = epoch_seconds_before + timer.seconds(),
                       .total_seconds = seconds_before + whole.seconds()};
    measure(report);
    bool stop = false, restore = false;
    [[maybe_unused]] const auto ask = [&](auto& observer) {
      const Flow answer = notify(observer, report);
      if (answer == Flow::keep) run.best = model;
      stop = stop || answer == Flow::stop || answer == Flow::stop_and_restore;
      restore = restore || answer == Flow::stop_and_restore;
      paused = paused || answer == Flow::pause;
    };
    (ask(observers), ...);
    run.history.epochs.push_back(std::move(report));
    if (restore && run.best) model = std::move(*run.best);
    if (restore) run.best.reset();
    run.epoch = epoch;
    run.batch = 0;
    run.epoch_seconds = 0;
    run.over = stop;
    if (!run.over && !paused && epoch < options.epochs) tell(Moment::epoch);
  }
  run.over = run.over || run.epoch >= options.epochs;
  run.history.paused = !run.over;
  tell(Moment::end);
  return std::move(run.history);
}

/// The same for a run that has no parts: learn(columns) for each batch.
template <class Model, class Learn, class Measure, Observer... Observers>
History run_epochs(const EpochsOptions& options, Index size, Model& model, Learn learn, Measure measure,
                   Observers&... observers) {
  return run_resumable_epochs(
      options, size, model, NoParts{}, [] {},
      [&](std::span<const Index> columns, bool /*last*/) { learn(columns); }, measure, observers...);
}

}  // namespace harmonium
