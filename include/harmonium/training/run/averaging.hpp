/// \file
/// The mean of the parameters over the last updates of a run (Polyak and Juditsky, 1992): what a constant
/// rate leaves of noise, it takes away.
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
  /// Forgets all.
  void clear() {
    mean_.reset();
    count_ = 0;
  }
  /// One more model joins the mean.
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
  /// How many have joined.
  std::uint64_t count() const { return mean_ ? count_ : 0; }
  /// Their mean, if any has.
  const Model& mean() const { return *mean_; }

  /// The mean and a model change places, without a copy.
  void swap_with(Model& model) { std::swap(model, *mean_); }

  /// What it remembers: see training/run/run_state.hpp. `like` is a model of the same shape.
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

/// While it exists, the mean, if there is one, is in the model's place: what an epoch is judged by, and what
/// the run ends with. Then training goes on with the model as it was.
template <class Model>
class MeanInPlace {
 public:
  /// Both must outlive this.
  MeanInPlace(Model& model, Average<Model>& average)
      : model_(model), average_(average.count() > 0 ? &average : nullptr) {
    if (average_ != nullptr) average_->swap_with(model_);
  }
  MeanInPlace(MeanInPlace&& other) noexcept
      : model_(other.model_), average_(std::exchange(other.average_, nullptr)) {}
  MeanInPlace& operator=(MeanInPlace&&) = delete;
  ~MeanInPlace() {
    if (average_ != nullptr) average_->swap_with(model_);
  }
  /// The run is over: the model stays as it is now.
  void stay() {
    if (average_ != nullptr) average_->clear();
    average_ = nullptr;
  }

 private:
  Model& model_;
  Average<Model>* average_;
};

/// Nothing is in the model's place.
struct NothingInPlace {
  /// The model stays as it is.
  void stay() {}
};

}  // namespace detail

}  // namespace harmonium
