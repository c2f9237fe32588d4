/// \file
/// Values of the objectives, for reports and comparisons: one for each sample, summed over visible
/// units. All are costs, smaller for better models; `pseudo_likelihood`, which is larger for better ones, is
/// in inference/pseudo_likelihood.hpp.
#pragma once

#include <algorithm>

#include "../../inference/sample_blocks.hpp"
#include "score_gradient.hpp"
#include "site_gradient.hpp"

namespace harmonium {

namespace detail {
/// -f(objective, state, out) of each of some samples of any kind, a block at a time.
template <class Objective, class Model, class Data, class F>
Eigen::VectorXd objective_costs(const char* caller, const Model& model, const Data& data,
                                const typename Model::Backend& on, F add) {
  using B = typename Model::Backend;
  check_model(caller, model);
  const auto& source = source_of<B>(data);
  check_samples(caller, source.rows(), source.size(), model.visible.rows());
  const Index block = block_of(source.rows(), source.size());
  Objective objective(model, block);
  auto state = make_state(model, block);
  const auto costs =
      row_of_samples(on, caller, model.visible.rows(), source, [&](ConstViewOf<B> v, ViewOf<B> out) {
        const auto columns = state.columns(0, v.cols);
        on.copy(v, columns.visible);
        refresh(on, model, columns);
        add(objective, columns, out);
      });
  return row_on_host(on, costs);
}

template <class Score, class Model, class Data>
Eigen::VectorXd site_costs(const char* caller, const Model& model, const Data& data,
                           const typename Model::Backend& on) {
  return objective_costs<SiteGradient<Model>>(
      caller, model, data, on, [&](auto& objective, auto state, auto out) {
        objective.template add_values<Score>(on, model, state, -1, out);
      });
}
}  // namespace detail

/// Ratio matching (Hyvarinen, 2007): the sum over units of half the squared distance between the unit's
/// conditional distribution and the state that it is in, from 0 to 1 per unit. \throws as `free_energy`
template <class Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd ratio_matching(const Model& model, const Data& data,
                               const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(SiteGradient<Model>::possible,
                "ratio_matching: an RBM or Boltzmann machine whose visible units have finitely many states");
  return detail::site_costs<QuadraticScore>("ratio_matching", model, data, on);
}

/// Probability flow (Sohl-Dickstein, Battaglino and DeWeese, 2011) from each sample to the states that differ
/// from it in one unit: the sum of exp((F(sample) - F(state)) / 2). \throws as `free_energy`
template <class Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd probability_flow(const Model& model, const Data& data,
                                 const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(
      SiteGradient<Model>::possible,
      "probability_flow: an RBM or Boltzmann machine whose visible units have finitely many states");
  return detail::site_costs<FlowScore>("probability_flow", model, data, on);
}

/// Score matching (Hyvarinen, 2005): half the squared length of d log p(v) / dv plus its divergence. \throws
/// as `free_energy`
template <class Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd score_matching(const Model& model, const Data& data,
                               const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(ScoreGradient<Model>::possible,
                "score_matching: an RBM whose visible units are real, such as Gaussian");
  return detail::objective_costs<ScoreGradient<Model>>(
      "score_matching", model, data, on,
      [&](auto& objective, auto state, auto out) { objective.add_values(on, model, state, -1, out); });
}

}  // namespace harmonium
