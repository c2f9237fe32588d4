/// \file
/// Training by minimum probability flow (Sohl-Dickstein, Battaglino and DeWeese, 2011): minimizes the flow of
/// probability from the data to the states that differ from them in one unit.
#pragma once

#include "objectives/local_objective.hpp"
#include "objectives/site_gradient.hpp"

namespace harmonium {

namespace detail {
/// Selects this objective in `LocalObjective`.
struct MinimumProbabilityFlowKind : SiteKind<FlowScore> {
  static constexpr const char* trainer = "MinimumProbabilityFlow";
  static constexpr const char* metric = "probability_flow";
  static constexpr int sign = -1;
};
}  // namespace detail

/// Trains an RBM or a Boltzmann machine with finite visible units by the exact gradient of the probability
/// flow; the interface is that of `Trainer`. It costs as much as `PseudoLikelihood`. Neighbours that are
/// samples themselves are not left out. The flow from an improbable sample grows like the square root of its
/// improbability: with a high rate, `max_gradient_norm` helps.
///
///     MinimumProbabilityFlow trainer{rbm, {.epochs = 10, .optimizer = Adam{}}};
///     History history = trainer.fit(data, ProgressBar{});
///
/// Reports the metrics `probability_flow` (a cost) and `reconstruction_error`, both over up to 1000 samples
/// drawn once by the seed, and `gradient_norm` (of the last update).
template <class Model, class Options = LocalObjectiveOptions<>>
class MinimumProbabilityFlow
    : public Trainer<LocalObjective<Model, Options, detail::MinimumProbabilityFlowKind>> {
  static_assert(SiteGradient<Model>::possible,
                "MinimumProbabilityFlow goes through the states of each visible unit of an Rbm or "
                "BoltzmannMachine: they "
                "must be finite (Bernoulli, Spin, Categorical, ...); for real ones there is ScoreMatching");

 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit MinimumProbabilityFlow(Model& model, Options options = {},
                                  typename Model::Backend on = Model::Backend::all())
      : Trainer<LocalObjective<Model, Options, detail::MinimumProbabilityFlowKind>>(model, std::move(options),
                                                                                    std::move(on)) {}
};

}  // namespace harmonium
