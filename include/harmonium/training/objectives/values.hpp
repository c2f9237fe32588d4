/// \file
/// Values of the objectives, for reports and comparisons: one for each column of v, summed over visible
/// units. All are costs, smaller for better models; `pseudo_likelihood`, which is larger for better ones, is
/// in inference/pseudo_likelihood.hpp.
#pragma once

#include <algorithm>
#include <type_traits>

#include "score_gradient.hpp"
#include "site_gradient.hpp"

namespace harmonium {

namespace detail {
/// -f(objective, state, out) of each column, a block of columns at a time.
template <class Objective, class Model, class F>
Eigen::VectorXd objective_costs(const char* caller, const Model& model,
                                ConstViewOf<typename Model::Backend> v, const typename Model::Backend& on,
                                F add) {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  check<ShapeError>(v.rows == model.visible.rows(), caller, ": v has ", v.rows, " rows, the model has ",
                    model.visible.rows(), " visible rows");
  const Index block = std::min<Index>(std::max<Index>(v.cols, 1), 1000);
  Objective objective(model, block);
  auto state = make_state(model, block);
  Matrix<B> sums(1, block);
  HostMatrix<T> host(1, block);
  Eigen::VectorXd result(v.cols);
  for (Index first = 0; first < v.cols; first += block) {
    const Index n = std::min(block, v.cols - first);
    const auto columns = state.columns(0, n);
    const auto out = view_of(sums).columns(0, n);
    on.copy(v.columns(first, n), columns.visible);
    refresh(on, model, columns);
    on.fill(out, 0);
    add(objective, columns, out);
    on.download(out, View<T>(host).columns(0, n));
    for (Index c = 0; c < n; ++c) result(first + c) = static_cast<double>(host(0, c));
  }
  return result;
}

template <class Score, class Model>
Eigen::VectorXd site_costs(const char* caller, const Model& model, ConstViewOf<typename Model::Backend> v,
                           const typename Model::Backend& on) {
  return objective_costs<SiteGradient<Model>>(
      caller, model, v, on, [&](auto& objective, auto state, auto out) {
        objective.template add_values<Score>(on, model, state, -1, out);
      });
}
}  // namespace detail

/// Ratio matching (Hyvarinen, 2007): the sum over units of half the squared distance between the unit's
/// conditional distribution and the state that it is in, from 0 to 1 per unit.
/// \throws ShapeError if v has other rows than the model
template <class Model>
Eigen::VectorXd ratio_matching(const Model& model,
                               std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                               const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(SiteGradient<Model>::possible,
                "ratio_matching: an RBM or Boltzmann machine whose visible units have finitely many states");
  return detail::site_costs<QuadraticScore>("ratio_matching", model, v, on);
}

/// Probability flow (Sohl-Dickstein, Battaglino and DeWeese, 2011) from each sample to the states that differ
/// from it in one unit: the sum of exp((F(sample) - F(state)) / 2).
/// \throws ShapeError if v has other rows than the model
template <class Model>
Eigen::VectorXd probability_flow(const Model& model,
                                 std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                                 const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(
      SiteGradient<Model>::possible,
      "probability_flow: an RBM or Boltzmann machine whose visible units have finitely many states");
  return detail::site_costs<FlowScore>("probability_flow", model, v, on);
}

/// Score matching (Hyvarinen, 2005): half the squared length of d log p(v) / dv plus its divergence.
/// \throws ShapeError if v has other rows than the model
template <class Model>
Eigen::VectorXd score_matching(const Model& model,
                               std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                               const typename Model::Backend& on = Model::Backend::all()) {
  static_assert(ScoreGradient<Model>::possible,
                "score_matching: an RBM whose visible units are real, such as Gaussian");
  return detail::objective_costs<ScoreGradient<Model>>(
      "score_matching", model, v, on,
      [&](auto& objective, auto state, auto out) { objective.add_values(on, model, state, -1, out); });
}

}  // namespace harmonium
