/// \file
/// Training by ratio matching (Hyvarinen, 2007): matches the conditional distribution of each visible unit
/// given the others to that of the data, in squared distance. For units with more than two states it is the
/// quadratic score of the conditional distribution.
#pragma once

#include "objectives/local_objective.hpp"
#include "objectives/site_gradient.hpp"

namespace harmonium {

namespace detail {
/// Selects this objective in `LocalObjective`.
struct RatioMatchingKind : SiteKind<QuadraticScore> {
  static constexpr const char* trainer = "RatioMatching";
  static constexpr const char* metric = "ratio_matching";
  static constexpr int sign = -1;
};
}  // namespace detail

/// Trains an RBM or a Boltzmann machine with finite visible units by the exact gradient of ratio matching;
/// the interface is that of `Trainer`. It costs as much as `PseudoLikelihood`. Its value is bounded, so a few
/// outliers do not dominate.
///
///     RatioMatching trainer{rbm, {.epochs = 10, .optimizer = Adam{}}};
///     History history = trainer.fit(data, ProgressBar{});
///
/// Reports the metrics `ratio_matching` (a cost) and `reconstruction_error`, both over up to 1000 samples
/// drawn once by the seed, and `gradient_norm` (of the last update).
template <class Model, class Options = LocalObjectiveOptions<>>
class RatioMatching : public Trainer<LocalObjective<Model, Options, detail::RatioMatchingKind>> {
  static_assert(
      SiteGradient<Model>::possible,
      "RatioMatching goes through the states of each visible unit of an Rbm or BoltzmannMachine: they "
      "must be finite (Bernoulli, Spin, Categorical, ...); for real ones there is ScoreMatching");

 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit RatioMatching(Model& model, Options options = {},
                         typename Model::Backend on = Model::Backend::all())
      : Trainer<LocalObjective<Model, Options, detail::RatioMatchingKind>>(model, std::move(options),
                                                                           std::move(on)) {}
};

}  // namespace harmonium
