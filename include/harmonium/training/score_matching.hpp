/// \file
/// Training by score matching (Hyvarinen, 2005): matches the gradient of log p(v) with respect to v to that
/// of the data's density. For RBMs with real visible units this is a sum over units in closed form
/// (objectives/score_gradient.hpp).
#pragma once

#include "objectives/local_objective.hpp"
#include "objectives/score_gradient.hpp"

namespace harmonium {

namespace detail {
/// Selects this objective in `LocalObjective`.
struct ScoreMatchingKind {
  static constexpr const char* trainer = "ScoreMatching";
  static constexpr const char* metric = "score_matching";
  static constexpr int sign = -1;
  template <class Model>
  using Gradient = ScoreGradient<Model>;
  template <class G, class... Arguments>
  static void add(G& gradient, Arguments&&... arguments) {
    gradient.add(std::forward<Arguments>(arguments)...);
  }
  template <class G, class B, class Model, class State, class Out>
  static void add_values(G& gradient, const B& on, const Model& model, State state, int factor, Out out) {
    gradient.add_values(on, model, state, static_cast<ScalarOf<B>>(factor), out);
  }
};
}  // namespace detail

/// Trains an RBM with real visible units by the exact gradient of score matching; the interface is that of
/// `Trainer`. Hidden units may be of any type. An update costs about three more products than a gradient of
/// statistics. The data must have noise: where a visible unit is constant, its precision grows without bound.
///
///     ScoreMatching trainer{rbm, {.epochs = 10, .optimizer = Adam{}}};
///     History history = trainer.fit(data, ProgressBar{});
///
/// Reports the metrics `score_matching` (a cost) and `reconstruction_error`, both over up to 1000 samples
/// drawn once by the seed, and `gradient_norm` (of the last update).
template <class Model, class Options = LocalObjectiveOptions<>>
class ScoreMatching : public Trainer<LocalObjective<Model, Options, detail::ScoreMatchingKind>> {
  static_assert(
      ScoreGradient<Model>::possible,
      "ScoreMatching is for an Rbm whose visible units are real, such as Gaussian; for finite ones there "
      "are PseudoLikelihood, RatioMatching and MinimumProbabilityFlow");

 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit ScoreMatching(Model& model, Options options = {},
                         typename Model::Backend on = Model::Backend::all())
      : Trainer<LocalObjective<Model, Options, detail::ScoreMatchingKind>>(model, std::move(options),
                                                                           std::move(on)) {}
};

}  // namespace harmonium
