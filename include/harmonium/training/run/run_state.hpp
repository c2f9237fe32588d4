/// \file
/// All that a training run remembers, for observers that save and restore it. Whoever remembers something
/// from one update to the next says so beside it:
///
///     template <class F>
///     void for_each_state(F&& f) {
///       f("steps", steps_);      // a number, a std::vector of numbers, a view of a matrix, a model
///       f("chains", chains_);    // or something that has a for_each_state of its own
///       f("place", place_, [](const auto& place) { return is_permutation(place); });  // what it may be
///     }
///
/// and who asks, a file's writer or reader, need not know what there is.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "option_words.hpp"
#include "report.hpp"

namespace harmonium {

/// A model that says what it is: `describe(model)`, for files.
template <class M>
concept Described = requires(const M& model) {
  { describe(model) } -> std::same_as<Metadata>;
};

/// When observers are shown a run's state.
enum class Moment {
  batch,  ///< after a batch within an epoch
  epoch,  ///< after an epoch that is not the last one, all observers having been asked
  end     ///< the run is over, or paused
};

/// How far a run has come, and what its loop remembers.
template <class Model>
struct RunProgress {
  int epoch = 0;                   ///< epochs that are done
  Index batch = 0;                 ///< batches of the next epoch that are done
  bool over = false;               ///< has it ended, by itself or because an observer stopped it?
  double seconds = 0;              ///< what it took
  double epoch_seconds = 0;        ///< of that in the epoch that is not done
  History history = {};            ///< reports of the epochs that are done
  std::optional<Model> best = {};  ///< the model that an observer wants to be kept
};

/// How far a run can come.
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

/// What a run consists of besides model and loop: nothing.
struct NoParts {
  /// Calls f for nothing.
  template <class F>
  void for_each_state(F&& /*f*/) {}
  /// Calls f for nothing.
  template <class F>
  void for_each_option(F&& /*f*/) const {}
};

/// A run as observers see it that have
///
/// - `on_begin(state)`, called before the first update: returns true if it has restored an earlier run
/// - `on_state(moment, state)`, called after `on_batch`, or after all observers were asked about an epoch
///
/// It is the model, the loop, the trainer, the data's source and all observers, as far as they have a
/// `for_each_state`. Such observers are known by their number.
template <class Model, class Parts, class... Observers>
class RunState {
 public:
  using Backend = typename detail::BackendOf<Model>::type;  ///< where its matrices are

  /// Everything must outlive this.
  RunState(Model& model, RunProgress<Model>& run, RunLimits limits, Parts& parts, Observers&... observers)
      : model_(model), run_(run), limits_(limits), parts_(parts), observers_(observers...) {}

  /// What is trained.
  const Model& model() const { return model_; }
  /// How far it has come.
  const RunProgress<Model>& run() const { return run_; }

  /// Calls f(name, part) or f(name, part, what it may be) for all that changes in a run.
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
  /// Calls f(name, value) for all that two runs must have in common if one is to go on with the other.
  template <class F>
  void for_each_option(F&& f) const {
    if constexpr (Described<Model>) f("model", describe(model_));
    parts_.for_each_option(f);
    for_each_observer(f, [&]<class O>(const std::string& name, O& observer) {
      if constexpr (HasOptions<O>) f(name, observer);
    });
  }

 private:
  // Calls f(name, observer) for those that remember anything.
  template <class Visitor, class F>
  void for_each_observer([[maybe_unused]] Visitor& visitor, [[maybe_unused]] F f) const {
    [[maybe_unused]] int number = 0;
    [[maybe_unused]] const auto look = [&](auto& observer) {
      if constexpr (requires { observer.for_each_state(visitor); })
        f("observers." + std::to_string(number++), observer);
    };
    std::apply([&](auto&... observer) { (look(observer), ...); }, observers_);
  }

  Model& model_;
  RunProgress<Model>& run_;
  RunLimits limits_;
  Parts& parts_;
  std::tuple<Observers&...> observers_;
};

/// What a trainer's run consists of: the trainer, and the source that it learns from.
template <class Trainer, class Source>
struct TrainerParts {
  Trainer& trainer;      ///< who trains
  const Source& source;  ///< what is learned from
  /// Calls f(name, value) for what either remembers.
  template <class F>
  void for_each_state(F&& f) {
    trainer.for_each_state(f);
    if constexpr (requires { source.for_each_state(f); }) f("source", source);
  }
  /// Calls f(name, value) for what either was asked for.
  template <class F>
  void for_each_option(F&& f) const {
    f("options", trainer.options());
    f("samples", source.size());
    if constexpr (HasOptions<Source>) f("source", source);
  }
};

}  // namespace harmonium
