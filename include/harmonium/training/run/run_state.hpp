/// \file
/// The complete state of a training run, for observers that save and restore it. A class with state that
/// lasts from one update to the next lists it in a function:
///
///     template <class F>
///     void for_each_state(F&& f) {
///       f("steps", steps_);      // a number, a std::vector of numbers, a view of a matrix, a model
///       f("chains", chains_);    // or something with its own for_each_state
///       f("place", place_, [](const auto& place) { return is_permutation(place); });  // the values it may
/// have
///     }
///
/// and its caller, such as a file's writer or reader, need not know what the state consists of.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "../../core/process_group.hpp"
#include "../../core/tuple.hpp"
#include "../../data/reading.hpp"
#include "option_words.hpp"
#include "report.hpp"

namespace harmonium {

/// A model that describes itself, for files: `describe(model)`.
template <class M>
concept Described = requires(const M& model) {
  { describe(model) } -> std::same_as<Metadata>;
};

/// When a run's state is shown to observers.
enum class Moment {
  batch,  ///< after a batch within an epoch
  epoch,  ///< after an epoch that is not the last one, once all observers have answered
  end     ///< the run is over, or paused
};

/// The progress of a run, and the state of its loop.
template <class Model>
struct RunProgress {
  int epoch = 0;                   ///< completed epochs
  Index batch = 0;                 ///< completed batches of the next epoch
  bool over = false;               ///< has it ended, by itself or because an observer stopped it?
  double seconds = 0;              ///< time it has taken
  double epoch_seconds = 0;        ///< of that, in the unfinished epoch
  History history = {};            ///< reports of the completed epochs
  std::optional<Model> best = {};  ///< the model that an observer asked to keep
};

/// The planned length of a run.
struct RunLimits {
  int epochs;     ///< planned
  Index batches;  ///< in an epoch
};

namespace detail {
template <class Model>
struct BackendOf {
  using type = void;
};
template <class Model>
requires requires { typename Model::Backend; }
struct BackendOf<Model> {
  using type = typename Model::Backend;
};
}  // namespace detail

/// For runs with no state besides model and loop.
struct NoParts {
  /// Does not call f.
  template <class F>
  void for_each_state(F&& /*f*/) {}
  /// Does not call f.
  template <class F>
  void for_each_option(F&& /*f*/) const {}
};

/// A run as observers see it that have
///
/// - `on_begin(state)`, called before the first update: returns true if it has restored an earlier run
/// - `on_state(moment, state)`, called after `on_batch`, or after all observers were asked about an epoch
///
/// It comprises the model, the loop, the trainer, the data source and all observers that have a
/// `for_each_state`. Such observers are identified by their number.
template <class Model, class Parts, class... Observers>
class RunState {
 public:
  using Backend = typename detail::BackendOf<Model>::type;  ///< where its matrices are

  /// Everything must outlive this.
  RunState(Model& model, RunProgress<Model>& run, RunLimits limits, Parts& parts, const ProcessGroup& group,
           Observers&... observers)
      : model_(model), run_(run), limits_(limits), parts_(parts), group_(group), observers_(observers...) {}

  /// The model.
  const Model& model() const { return model_; }
  /// The loop.
  const RunProgress<Model>& run() const { return run_; }
  /// The processes that share the run. All are shown its state at the same time; the first writes files.
  const ProcessGroup& group() const { return group_; }
  /// Fetches what is in other processes' memory, so that the state is complete. All must call it.
  void bring_together() {
    if constexpr (requires { parts_.bring_together(); }) parts_.bring_together();
  }

  /// Calls f(name, part) or f(name, part, predicate for valid values) for everything that changes in a run.
  template <class F>
  void for_each_state(F&& f) {
    f("epoch", run_.epoch, [&](int epoch) { return epoch >= 0 && epoch <= limits_.epochs; });
    f("batch", run_.batch, [&](Index batch) { return batch >= 0 && batch < limits_.batches; });
    f("over", run_.over);
    f("seconds", run_.seconds);
    f("epoch_seconds", run_.epoch_seconds);
    f("history", run_.history);
    f("model", model_);
    f("best", run_.best, model_);
    parts_.for_each_state(f);
    for_each_observer(f, [&](const std::string& name, auto& observer) { f(name, observer); });
  }
  /// Calls f(name, value) for everything that two runs must have in common for one to resume the other.
  template <class F>
  void for_each_option(F&& f) const {
    if constexpr (Described<Model>) f("model", describe(model_));
    parts_.for_each_option(f);
    for_each_observer(f, [&]<class O>(const std::string& name, O& observer) {
      if constexpr (HasOptions<O>) f(name, observer);
    });
  }

 private:
  // Calls f(name, observer) for those with state.
  template <class Visitor, class F>
  void for_each_observer([[maybe_unused]] Visitor& visitor, [[maybe_unused]] F f) const {
    [[maybe_unused]] int number = 0;
    [[maybe_unused]] const auto look = [&](auto& observer) {
      if constexpr (requires { observer.for_each_state(visitor); })
        f("observers." + std::to_string(number++), observer);
    };
    detail::for_each_element(observers_, look);
  }

  Model& model_;
  RunProgress<Model>& run_;
  RunLimits limits_;
  Parts& parts_;
  const ProcessGroup& group_;
  std::tuple<Observers&...> observers_;
};

/// The state of a trainer's run: that of the trainer, and of the source that it learns from.
template <class Trainer, class Source>
struct TrainerParts {
  Trainer& trainer;      ///< the trainer
  const Source& source;  ///< the source
  /// Fetches what other processes have of the trainer's state.
  void bring_together() { trainer.bring_together(); }
  /// Calls f(name, value) for the state of both.
  template <class F>
  void for_each_state(F&& f) {
    trainer.for_each_state(f);
    if constexpr (requires { source.for_each_state(f); }) f("source", source);
  }
  /// Calls f(name, value) for the options of both.
  template <class F>
  void for_each_option(F&& f) const {
    f("options", trainer.options());
    f("samples", source.size());
    if (const Reading reading = reading_of(source); !reading.shuffles_all(source.size())) {
      f("samples_read_together", reading.block);
      f("blocks_shuffled_together", reading.together);
    }
    if constexpr (HasOptions<Source>) f("source", source);
  }
};

}  // namespace harmonium
