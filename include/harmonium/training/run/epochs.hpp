/// \file
/// The loop over epochs: shuffled batches, a report after each epoch, observers, the best model kept; and
/// interrupted runs that are resumed.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <type_traits>

#include "../../core/timer.hpp"
#include "../../core/tuple.hpp"
#include "../../data/reading.hpp"
#include "../../models/shapes.hpp"
#include "agreement.hpp"
#include "averaging.hpp"
#include "run_state.hpp"

namespace harmonium {

/// What the loop needs to know.
struct EpochsOptions {
  std::string phase = {};   ///< for reports
  int epochs = 1;           ///< passes over the data
  Index batch_size = 100;   ///< samples in a batch; the last one of an epoch may have fewer
  std::uint64_t seed = 0;   ///< of the order of samples
  int epochs_before = 0;    ///< epochs of earlier calls: samples come in the order of those that follow them
  ProcessGroup group = {};  ///< the processes that run the same loop
  Reading reading = {};     ///< how the samples' source likes to be read
};

namespace detail {
/// The random order of samples in an epoch, a function of the seed and the epoch's number.
inline SampleOrder order_of_epoch(Index size, std::uint64_t seed, int epoch, const Reading& reading = {}) {
  return {
      size, {.seed = seed, .step = static_cast<std::uint64_t>(epoch), .stream = Stream::shuffle}, reading};
}

/// Calls learn(columns) for each batch of this order, starting at number `first_batch`.
template <class Learn>
void for_each_batch_of(SampleOrder& order, Index batch_size, Learn learn, Index first_batch) {
  const Index size = order.size();
  for (Index first = first_batch * batch_size; first < size; first += batch_size) {
    const std::span<const Index> columns = order.at(first, std::min(batch_size, size - first));
    if constexpr (std::is_same_v<decltype(learn(columns)), bool>) {
      if (!learn(columns)) return;
    } else {
      learn(columns);
    }
  }
}
}  // namespace detail

/// Calls learn(columns) for each batch of one epoch, starting at number `first_batch`, with the indices of
/// its samples in a random order that depends on the seed, the epoch's number and how they are read. Every
/// sample is used once; the last batch may have fewer. If `learn` returns false, the epoch ends there.
template <class Learn>
void for_each_batch(Index size, Index batch_size, std::uint64_t seed, int epoch, Learn learn,
                    Index first_batch = 0, const Reading& reading = {}) {
  detail::SampleOrder order = detail::order_of_epoch(size, seed, epoch, reading);
  detail::for_each_batch_of(order, batch_size, learn, first_batch);
}

namespace detail {
/// One run of `run_resumable_epochs`.
template <class Model, class Parts, class... Observers>
class EpochLoop {
 public:
  /// Everything must outlive this.
  EpochLoop(const EpochsOptions& options, Index size, Model& model, Parts& parts, Observers&... observers)
      : options_(options),
        size_(size),
        batches_((size + options.batch_size - 1) / options.batch_size),
        model_(model),
        observers_(observers...),
        state_(model, run_, {options.epochs, batches_}, parts, options.group, observers...) {}

  /// Lets observers restore an earlier run; returns whether one did.
  bool restore() {
    bool restored = false;
    options_.group.together([&] {
      for_each_observer([&](auto& observer) {
        if constexpr (requires { observer.on_begin(state_); })
          restored = observer.on_begin(state_) || restored;
      });
      check_shapes();
    });
    check_agreement(options_.group, state_);
    return restored;
  }
  /// Runs the remaining epochs.
  template <class Learn, class Measure>
  History run(Learn learn, Measure measure) {
    whole_ = Timer();
    seconds_before_ = run_.seconds;
    order_ = order_of(run_.epoch + 1);
    while (!run_.over && !paused_ && run_.epoch < options_.epochs) {
      const Timer timer;
      const double before = run_.epoch_seconds;
      learn_epoch(learn, timer);
      if (run_.batch < batches_) break;
      end_epoch(measure, timer, before);
    }
    run_.over = run_.over || run_.epoch >= options_.epochs;
    run_.history.paused = !run_.over;
    tell(Moment::end);
    return std::move(run_.history);
  }

 private:
  template <class F>
  void for_each_observer(F f) {
    for_each_element(observers_, f);
  }
  // The next batch is computed in buffers of these shapes.
  void check_shapes() const { shapes_.check("fit: an observer", model_); }
  double seconds() const { return seconds_before_ + whole_.seconds(); }
  SampleOrder order_of(int epoch) const {
    return order_of_epoch(size_, options_.seed, options_.epochs_before + epoch, options_.reading);
  }
  void tell(Moment moment) {
    run_.seconds = seconds();
    for_each_observer([&](auto& observer) {
      if constexpr (requires { observer.on_state(moment, state_); }) {
        observer.on_state(moment, state_);
        check_shapes();
      }
    });
  }

  // The epoch's batches, until an observer pauses the run.
  template <class Learn>
  void learn_epoch(Learn& learn, const Timer& timer) {
    const double before = run_.epoch_seconds;
    for_each_batch_of(
        order_, options_.batch_size,
        [&](std::span<const Index> columns) {
          const bool last = ++run_.batch == batches_;
          if constexpr (requires { learn(columns, last, asked_to_pause_); }) {
            paused_ = learn(columns, last, asked_to_pause_) || paused_;
          } else {
            learn(columns, last);
          }
          ask_about_batch();
          run_.epoch_seconds = before + timer.seconds();
          if (!last && !paused_) tell(Moment::batch);
          return !paused_;
        },
        run_.batch);
  }
  void ask_about_batch() {
    const BatchReport report{options_.phase, run_.epoch + 1, options_.epochs,
                             run_.batch,     batches_,       seconds()};
    for_each_observer([&](auto& observer) {
      if constexpr (requires { observer.on_batch(report); }) {
        asked_to_pause_ = notify_batch(observer, report) == Flow::pause || asked_to_pause_;
        check_shapes();
      }
    });
    // Others learn of it with the next update, and stop after it as well.
    if (options_.group.size() == 1) paused_ = asked_to_pause_;
  }

  template <class Measure>
  void end_epoch(Measure& measure, const Timer& timer, double before) {
    const int epoch = run_.epoch + 1;
    // Computes the next epoch's order while a device is still working.
    if (epoch < options_.epochs) order_ = order_of(epoch + 1);
    using Backend = typename BackendOf<Model>::type;
    if constexpr (requires { std::declval<const Backend&>().synchronize(); })
      Backend().synchronize();  // clock

    EpochReport report{.phase = options_.phase,
                       .epoch = epoch,
                       .epochs = options_.epochs,
                       .seconds = before + timer.seconds(),
                       .total_seconds = seconds()};
    bool stop = false;
    {  // Measures, shows and keeps the model that the run would end with.
      auto judged = judge(measure, report);
      stop = ask_about_epoch(report);
      if (stop || epoch == options_.epochs) judged.stay();
    }
    run_.history.epochs.push_back(std::move(report));
    run_.epoch = epoch;
    run_.batch = 0;
    run_.epoch_seconds = 0;
    run_.over = stop;
    if (!run_.over && !paused_ && epoch < options_.epochs) tell(Moment::epoch);
  }
  template <class Measure>
  static auto judge(Measure& measure, EpochReport& report) {
    if constexpr (std::is_void_v<decltype(measure(report))>) {
      measure(report);
      return NothingInPlace{};
    } else {
      return measure(report);
    }
  }
  // Does an observer end the run? Keeps and restores the best model as observers request.
  bool ask_about_epoch(EpochReport& report) {
    bool stop = false, restore = false;
    for_each_observer([&](auto& observer) {
      const Flow answer = notify(observer, report);
      check_shapes();
      if (answer == Flow::keep) run_.best = model_;
      stop = stop || answer == Flow::stop || answer == Flow::stop_and_restore;
      restore = restore || answer == Flow::stop_and_restore;
      asked_to_pause_ = asked_to_pause_ || answer == Flow::pause;
    });
    paused_ = options_.group.any(asked_to_pause_ || paused_);
    if (restore && run_.best) model_ = std::move(*run_.best);
    if (restore) run_.best.reset();
    return stop;
  }

  const EpochsOptions& options_;
  Index size_, batches_;
  Model& model_;
  Shapes shapes_{model_};
  std::tuple<Observers&...> observers_;
  RunProgress<Model> run_;
  RunState<Model, Parts, Observers...> state_;
  Timer whole_;
  double seconds_before_ = 0;
  SampleOrder order_;
  bool paused_ = false, asked_to_pause_ = false;
};
}  // namespace detail

/// Calls learn(columns, last of its epoch?) for each batch, with the indices of its samples in a different
/// random order in each epoch; then measure(report) and all observers. Every sample is used once per epoch.
/// If several processes run the loop, learn(columns, last, pause) is told whether this one was asked to
/// pause, and returns whether any was. What `measure` returns, if anything, lives until all observers have
/// answered; `stay()` is called on it when the run is over (training/run/averaging.hpp). `prepare()` is
/// called first, unless an observer restores an earlier run; `parts` is the state of such a run besides the
/// model and this loop (see `RunState`).
template <class Model, class Parts, class Prepare, class Learn, class Measure, Observer... Observers>
History run_resumable_epochs(const EpochsOptions& options, Index size, Model& model, Parts parts,
                             Prepare prepare, Learn learn, Measure measure, Observers&... observers) {
  detail::EpochLoop<Model, Parts, Observers...> loop(options, size, model, parts, observers...);
  if (!loop.restore()) prepare();
  return loop.run(learn, measure);
}

/// Like `run_resumable_epochs` for a run without parts: learn(columns) for each batch.
template <class Model, class Learn, class Measure, Observer... Observers>
History run_epochs(const EpochsOptions& options, Index size, Model& model, Learn learn, Measure measure,
                   Observers&... observers) {
  return run_resumable_epochs(
      options, size, model, NoParts{}, [] {},
      [&](std::span<const Index> columns, bool /*last*/) { learn(columns); }, measure, observers...);
}

}  // namespace harmonium
