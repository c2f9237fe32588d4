/// \file
/// The mean of the parameters over the last updates of a run (Polyak and Juditsky, 1992): what a constant
/// rate leaves of noise, it takes away.
#pragma once

#include "../models/parameters.hpp"

namespace harmonium {

/// Running mean of a model's parameters.
template <class Model>
class Average {
 public:
  /// Forgets all.
  void clear() { count_ = 0; }
  /// One more model joins the mean.
  void add(const typename Model::Backend& on, const Model& model) {
    if (count_++ == 0) {
      mean_ = model;
      return;
    }
    using T = ScalarOf<typename Model::Backend>;
    const T share = T(1) / static_cast<T>(count_);
    for_each_parameter(
        [&](const ParameterName&, Role, auto mean, auto x) { on.update(MoveTowards<T>{share}, mean, x); },
        mean_, model);
  }
  /// How many have joined.
  std::uint64_t count() const { return count_; }
  /// Their mean; a model without parameters while there is none.
  const Model& mean() const { return mean_; }

 private:
  Model mean_;
  std::uint64_t count_ = 0;
};

}  // namespace harmonium
