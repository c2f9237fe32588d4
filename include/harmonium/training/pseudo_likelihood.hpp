/// \file
/// Training by pseudo-likelihood (Besag, 1975): gradient ascent on the sum over visible units of log p(unit |
/// all other visible units). It is consistent, like maximum likelihood, and exact: no chains, no partition
/// function.
#pragma once

#include "objectives/local_objective.hpp"
#include "objectives/site_gradient.hpp"

namespace harmonium {

namespace detail {
/// Selects this objective in `LocalObjective`.
struct PseudoLikelihoodKind : SiteKind<LogScore> {
  static constexpr const char* trainer = "PseudoLikelihood";
  static constexpr const char* metric = "pseudo_likelihood";
  static constexpr int sign = 1;
};
}  // namespace detail

/// Trains an RBM or a Boltzmann machine with finite visible units by the exact gradient of its
/// pseudo-likelihood; the interface is that of `Trainer`. An update of an RBM costs two passes over the
/// hidden layer for each state of each visible unit.
///
///     PseudoLikelihood trainer{rbm, {.epochs = 10, .optimizer = Adam{}}};
///     History history = trainer.fit(data, ProgressBar{});
///
/// Reports the metrics `pseudo_likelihood` (in nats) and `reconstruction_error`, both over up to 1000 samples
/// drawn once by the seed, and `gradient_norm` (of the last update).
template <class Model, class Options = LocalObjectiveOptions<>>
class PseudoLikelihood : public Trainer<LocalObjective<Model, Options, detail::PseudoLikelihoodKind>> {
  static_assert(
      SiteGradient<Model>::possible,
      "PseudoLikelihood goes through the states of each visible unit of an Rbm or BoltzmannMachine: they "
      "must be finite (Bernoulli, Spin, Categorical, ...); for real ones there is ScoreMatching");

 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit PseudoLikelihood(Model& model, Options options = {},
                            typename Model::Backend on = Model::Backend::all())
      : Trainer<LocalObjective<Model, Options, detail::PseudoLikelihoodKind>>(model, std::move(options),
                                                                              std::move(on)) {}
};

}  // namespace harmonium
