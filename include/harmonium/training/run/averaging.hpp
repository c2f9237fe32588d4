/// \file
/// The mean of the parameters over the last updates of a run (Polyak and Juditsky, 1992), which removes the
/// noise that a constant rate leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "../../models/parameters.hpp"

namespace harmonium {

/// Running mean of a model's parameters.
template <class Model>
class Average {
 public:
  /// Resets the mean.
  void clear() {
    mean_.reset();
    count_ = 0;
  }
  /// Adds a model to the mean.
  void add(const typename Model::Backend& on, const Model& model) {
    if (!mean_) {
      mean_ = model;
      count_ = 1;
      return;
    }
    ++count_;
    using T = ScalarOf<typename Model::Backend>;
    const T share = T(1) / static_cast<T>(count_);
    for_each_parameter(
        [&](const ParameterName&, Role, auto mean, auto x) { on.update(MoveTowards<T>{share}, mean, x); },
        *mean_, model);
  }
  /// Number of models in the mean.
  std::uint64_t count() const { return mean_ ? count_ : 0; }
  /// The mean; there must be one.
  const Model& mean() const { return *mean_; }
  /// The mean, to be changed; there must be one.
  Model& mean() { return *mean_; }

  /// Swaps the mean with a model, without a copy.
  void swap_with(Model& model) { std::swap(model, *mean_); }

  /// Its state, for resuming: see training/run/run_state.hpp. `like` is a model of the same shape.
  template <class F>
  void for_each_state(F&& f, const Model& like) {
    f("count", count_);
    f("mean", mean_, like);
  }

 private:
  std::optional<Model> mean_;
  std::uint64_t count_ = 0;
};

namespace detail {

/// While it exists, the mean, if there is one, takes the model's place: epochs are judged by it, and the run
/// ends with it. Afterwards training continues with the model as it was.
template <class Model>
class MeanInPlace {
 public:
  /// Both must outlive this. It does not stay if it `may_stay` not.
  MeanInPlace(Model& model, Average<Model>& average, bool may_stay = true)
      : model_(model), average_(average.count() > 0 ? &average : nullptr), may_stay_(may_stay) {
    if (average_ != nullptr) average_->swap_with(model_);
  }
  MeanInPlace(MeanInPlace&& other) noexcept
      : model_(other.model_), average_(std::exchange(other.average_, nullptr)), may_stay_(other.may_stay_) {}
  MeanInPlace& operator=(MeanInPlace&&) = delete;
  ~MeanInPlace() {
    if (average_ != nullptr) average_->swap_with(model_);
  }
  /// Call it when the run is over: the model stays as it is now.
  void stay() {
    if (!may_stay_) return;
    if (average_ != nullptr) average_->clear();
    average_ = nullptr;
  }

 private:
  Model& model_;
  Average<Model>* average_;
  bool may_stay_;
};

/// Nothing takes the model's place.
struct NothingInPlace {
  /// Does nothing: the model stays as it is.
  void stay() {}
};

}  // namespace detail

}  // namespace harmonium
