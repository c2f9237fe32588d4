/// \file
/// Pseudo-likelihood (Besag, 1975): the sum over units of log p(unit | all other visible units), in nats per
/// sample. It needs no partition function, is cheap, and is not a bound; above all it shows when a model gets
/// worse.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "../core/host_matrix.hpp"
#include "../models/layer_states.hpp"
#include "free_energy.hpp"

namespace harmonium {

namespace detail {
/// A visible unit whose states can be enumerated, or summed over at nodes.
struct UnitPlace {
  Index first;                                   ///< its first row
  const Eigen::MatrixXd* states;                 ///< rows x number of states or nodes
  const Eigen::VectorXd* log_weights = nullptr;  ///< of nodes; none of states
};

/// The share of each of a unit's states in x: 1 and 0, or a mixture if x lies between two (one-hot) states.
template <class T>
HostVector<T> state_shares(const HostMatrix<T>& states, const HostVector<T>& x) {
  HostVector<T> shares = HostVector<T>::Zero(states.cols());
  if (states.rows() == 1 && states.cols() == 2) {
    shares(1) = (x(0) - states(0, 0)) / (states(0, 1) - states(0, 0));
    shares(0) = 1 - shares(1);
  } else if (states.isIdentity(0)) {
    shares = x;
  } else {
    Index nearest = 0;
    (states.colwise() - x).colwise().squaredNorm().minCoeff(&nearest);
    shares(nearest) = 1;
  }
  return shares;
}

/// Units of finite layers, with their states.
class UnitStates {
 public:
  UnitStates() = default;
  template <class L>
  explicit UnitStates(const L& layer) {
    add(layer, 0);
  }
  /// The units of a finite layer whose rows begin at `row`.
  template <class L>
  void add(const L& layer, Index row) {
    for_each_unit_kind(layer, [&](Index first, Index rows, Index units, Eigen::MatrixXd states) {
      kinds_.push_back(std::make_unique<Eigen::MatrixXd>(std::move(states)));
      for (Index i = 0; i < units; ++i) places_.push_back({row + first + i * rows, kinds_.back().get()});
    });
  }
  const std::vector<UnitPlace>& places() const { return places_; }

 private:
  std::vector<std::unique_ptr<Eigen::MatrixXd>> kinds_;
  std::vector<UnitPlace> places_;
};

/// log p(unit | other units), for one unit of each column of v, unit(c): sum over k of share_k * log p(unit =
/// state k | other units), or the log of a density if its states are nodes.
template <EnergyModel Model, class Choose>
Eigen::VectorXd log_conditionals(const Model& model, const Eigen::MatrixXd& v,
                                 const std::vector<UnitPlace>& places, Choose unit,
                                 const typename Model::Backend& on) {
  using T = ScalarOf<typename Model::Backend>;
  using B = typename Model::Backend;
  using Vector = HostVector<DoubleIn<Model>>;
  const auto place_of = [&](Index c) -> const UnitPlace& {
    return places[static_cast<std::size_t>(unit(c))];
  };
  Index most = 0;
  for (Index c = 0; c < v.cols(); ++c) most = std::max(most, place_of(c).states->cols());
  HostMatrix<DoubleIn<Model>> energies(most, v.cols());
  energies.setConstant(std::numeric_limits<double>::infinity());
  const HostMatrix<DoubleIn<Model>>& samples = v;
  HostMatrix<T> host = samples.template cast<T>();
  Matrix<B> moved(v.rows(), v.cols());
  const auto free_energies = [&] {
    on.upload(View<const T>(host), view_of(moved));
    return row_on_host(on, free_energy(model, moved, on));
  };
  Vector own;
  if (std::any_of(places.begin(), places.end(), [](const UnitPlace& p) { return p.log_weights != nullptr; }))
    own = free_energies();
  for (Index k = 0; k < most; ++k) {
    for (Index c = 0; c < v.cols(); ++c) {
      const UnitPlace& place = place_of(c);
      if (k < place.states->cols())
        for (Index r = 0; r < place.states->rows(); ++r)
          host(place.first + r, c) = static_cast<T>((*place.states)(r, k));
    }
    const Vector here = free_energies();
    for (Index c = 0; c < v.cols(); ++c)
      if (k < place_of(c).states->cols()) energies(k, c) = here(c);
  }
  Vector result(v.cols());
  for (Index c = 0; c < v.cols(); ++c) {
    const UnitPlace& place = place_of(c);
    Vector log_weights = -energies.col(c).head(place.states->cols());
    if (place.log_weights != nullptr) log_weights += *place.log_weights;
    const double top = log_weights.maxCoeff();
    const double log_z = top + std::log((log_weights.array() - top).exp().sum());
    if (place.log_weights != nullptr) {
      result(c) = -own(c) - log_z;
      continue;
    }
    const Vector own_rows = samples.col(c).segment(place.first, place.states->rows());
    const Vector shares = state_shares<double>(*place.states, own_rows);
    result(c) = (shares.array() * (log_weights.array() - log_z)).sum();
  }
  return result;
}

/// sum(first, v) for blocks v of samples of any kind, on the host.
template <EnergyModel Model, class Data, class Sum>
Eigen::VectorXd sum_of_conditionals(const char* caller, const Model& model, const Data& data, Sum sum,
                                    const typename Model::Backend& on) {
  using B = typename Model::Backend;
  static_assert(decltype(model.visible)::finite,
                "pseudo-likelihood: visible units have finitely many states");
  check_model(caller, model);
  const auto& source = source_of<B>(data);
  Eigen::VectorXd result(source.size());
  for_each_sample_block(on, caller, model.visible.rows(), source, [&](Index first, ConstViewOf<B> v) {
    result.segment(first, v.cols) = sum(first, on_host(on, v));
  });
  return result;
}
}  // namespace detail

/// Exact pseudo-likelihood of each of some samples of any kind: one free energy per state of each unit.
/// \throws ShapeError if their rows do not match the model, or its weights its layers \throws DataError if
/// there are no samples, or a number is not finite \throws ValueError if one is missing
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd pseudo_likelihood(const Model& model, const Data& data,
                                  const typename Model::Backend& on = Model::Backend::all()) {
  const auto over_units = [&](Index, const Eigen::MatrixXd& v) -> Eigen::VectorXd {
    const detail::UnitStates units(model.visible);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(v.cols());
    for (std::size_t i = 0; i < units.places().size(); ++i)
      sum += detail::log_conditionals(
          model, v, units.places(), [i](Index) { return static_cast<Index>(i); }, on);
    return sum;
  };
  return detail::sum_of_conditionals("pseudo_likelihood", model, data, over_units, on);
}

/// An unbiased estimate from one random unit of each sample, scaled up to all of them. \throws as
/// `pseudo_likelihood`
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd stochastic_pseudo_likelihood(const Model& model, const Data& data, Draws draws,
                                             const typename Model::Backend& on = Model::Backend::all()) {
  const Draws own = draws.in(Stream::pseudo_likelihood);
  const auto of_one = [&](Index first, const Eigen::MatrixXd& v) -> Eigen::VectorXd {
    const detail::UnitStates units(model.visible);
    const auto count = static_cast<double>(units.places().size());
    const auto unit = [&](Index c) {
      const auto block = own.block_of_row(0, static_cast<std::uint32_t>(first + c), 0);
      return static_cast<Index>(uniform_from<double>(block.word[0]) * count);
    };
    return count * detail::log_conditionals(model, v, units.places(), unit, on);
  };
  return detail::sum_of_conditionals("stochastic_pseudo_likelihood", model, data, of_one, on);
}

}  // namespace harmonium
