/// \file
/// How badly units are predicted from all others: measures of fit per sample that need no partition function.
#pragma once

#include <cstdint>
#include <vector>

#include "unit_nodes.hpp"

namespace harmonium {

namespace detail {

/// Calls f(first row, rows) for each unit of a layer.
template <class U, class B, class F>
void for_each_unit(const Layer<U, B>& layer, F f, Index first = 0) {
  for (Index r = 0; r < layer.rows(); r += layer.group) f(first + r, layer.group);
}
template <class... U, class B, class F>
void for_each_unit(const Layer<Mixed<U...>, B>& layer, F f) {
  for_each_part([&](auto rows, const auto& part) { for_each_unit(part, f, rows.first); }, layer);
}

/// One known unit of each sample, drawn at random; -1 if no unit is known.
class DrawnUnits {
 public:
  /// \param known rows x n, or empty if all are
  template <class L>
  DrawnUnits(const L& layer, const Mask& known, Index samples) : chosen_(static_cast<std::size_t>(samples)) {
    for_each_unit(layer, [&](Index first, Index rows) {
      first_.push_back(first);
      rows_.push_back(rows);
    });
    if (known.size() == 0) return;  // every unit of every sample
    candidates_.resize(static_cast<std::size_t>(samples));
    for (Index c = 0; c < samples; ++c)
      for (std::size_t i = 0; i < first_.size(); ++i)
        if (known(first_[i], c)) candidates_[static_cast<std::size_t>(c)].push_back(static_cast<Index>(i));
  }
  /// Draws new units.
  void draw(Draws draws, std::uint32_t round) {
    for (std::size_t c = 0; c < chosen_.size(); ++c) {
      const auto count = static_cast<std::uint64_t>(this->count(static_cast<Index>(c)));
      const PhiloxBlock block = draws.block_of_row(round, static_cast<std::uint32_t>(c), 0);
      const std::uint64_t bits = std::uint64_t{block.word[1]} << 32 | block.word[0];
      if (count == 0) {
        chosen_[c] = -1;
      } else {
        chosen_[c] = candidates_.empty() ? static_cast<Index>(bits % count) : candidates_[c][bits % count];
      }
    }
  }
  /// The unit of sample c.
  Index operator()(Index c) const { return chosen_[static_cast<std::size_t>(c)]; }
  /// Its first row.
  Index first(Index c) const { return first_[static_cast<std::size_t>((*this)(c))]; }
  /// Its number of rows.
  Index rows(Index c) const { return rows_[static_cast<std::size_t>((*this)(c))]; }
  /// The known units of sample c.
  Index count(Index c) const {
    return static_cast<Index>(candidates_.empty() ? first_.size()
                                                  : candidates_[static_cast<std::size_t>(c)].size());
  }

 private:
  std::vector<Index> first_, rows_, chosen_;
  std::vector<std::vector<Index>> candidates_;  // empty if all units are known
};

/// Squared errors of the units that `drawn` has drawn, over their rows' variances: each unit starts at its
/// mean, and is then reconstructed repeatedly with the others held fixed.
template <EnergyModel Model>
Eigen::VectorXd mean_field_errors(const Model& model, const Eigen::MatrixXd& v, const Eigen::VectorXd& means,
                                  const Eigen::VectorXd& variances, DrawnUnits& drawn, int chosen,
                                  Draws draws, const typename Model::Backend& on) {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  constexpr int steps = 5;
  const auto rounds =
      static_cast<std::uint32_t>(1 + chosen / 4);  // each costs as much as several free energies
  const Index n = v.cols();
  const HostMatrix<T> original = v.template cast<T>();
  auto state = make_state(model, n);
  auto work = make_workspace(model, n);
  const auto all = state.columns(0, n);
  Matrix<B> held(v.rows(), n), values(v.rows(), n), out(v.rows(), n);
  on.upload(View<const T>(original), view_of(values));
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(n);
  for (std::uint32_t round = 0; round < rounds; ++round) {
    drawn.draw(draws, round);
    HostMatrix<T> host = original, mask = HostMatrix<T>::Ones(v.rows(), n);
    for (Index c = 0; c < n; ++c) {
      if (drawn(c) < 0) continue;
      mask.col(c).segment(drawn.first(c), drawn.rows(c)).setZero();
      host.col(c).segment(drawn.first(c), drawn.rows(c)) =
          means.segment(drawn.first(c), drawn.rows(c)).template cast<T>();
    }
    on.upload(View<const T>(mask), view_of(held));
    on.upload(View<const T>(host), all.visible);
    for (int k = 0; k < steps; ++k) {
      refresh(on, model, all);
      reconstruct(on, model, all, work, view_of(out));
      on.copy(ConstViewOf<B>(view_of(out)), all.visible);
      on.update(PutBack{}, all.visible, ConstViewOf<B>(view_of(values)), ConstViewOf<B>(view_of(held)));
    }
    on.download(ConstViewOf<B>(all.visible), View<T>(host));
    for (Index c = 0; c < n; ++c)
      for (Index i = 0; drawn(c) >= 0 && i < drawn.rows(c); ++i) {
        const Index r = drawn.first(c) + i;
        const double off = static_cast<double>(host(r, c)) - v(r, c);
        if (variances(r) > 0)
          sum(c) += off * off / variances(r) / static_cast<double>(drawn.rows(c)) / rounds;
      }
  }
  return sum;
}

/// \throws ShapeError, ValueError
template <EnergyModel Model>
void check_prediction(const char* caller, const Model& model, ConstViewOf<typename Model::Backend> v,
                      int chosen) {
  check_model(caller, model);
  check<ShapeError>(v.rows == model.visible.rows(), caller, ": v has ", v.rows, " rows, the model has ",
                    model.visible.rows(), " visible rows");
  check<ValueError>(chosen >= 1, caller, ": chosen is ", chosen, ", expected at least 1");
}

}  // namespace detail

/// An estimate of minus the log of the pseudo-likelihood (Besag, 1975) of each column of v (V x n), in nats:
/// the sum over units of -log p(unit | all others), probabilities of finite units and counts, densities of
/// real ones. Unbiased, from about `chosen` units per column (fewer if they have many states), which `draws`
/// draws: the same address gives the same units. `known` (V x n, or empty if all are) says which units count.
/// \throws ShapeError if v's rows do not match the model \throws ValueError unless chosen is at least 1
template <EnergyModel Model>
Eigen::VectorXd prediction_losses(const Model& model,
                                  std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                                  const Mask& known, int chosen, Draws draws,
                                  const typename Model::Backend& on = Model::Backend::all()) {
  detail::check_prediction<Model>("prediction_losses", model, v, chosen);
  // Nodes depend on the samples, states do not: then only a block is there in double precision.
  constexpr bool finite = decltype(model.visible)::finite;
  const Eigen::MatrixXd values = finite ? Eigen::MatrixXd() : detail::on_host(on, v);
  const Index block = detail::block_of(v.rows, v.cols);
  detail::DrawnUnits drawn(model.visible, known, v.cols);
  const detail::UnitNodes<typename Model::Backend> units(on, model.visible, values, known);
  Index most = 1;
  for (const detail::UnitPlace& place : units.places()) most = std::max(most, place.states->cols());
  // Fewer if they have many states, each of which costs a free energy.
  const auto rounds = static_cast<std::uint32_t>(std::max<Index>(1, 2 * chosen / most));
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(v.cols);
  for (std::uint32_t round = 0; round < rounds; ++round) {
    drawn.draw(draws.in(Stream::pseudo_likelihood), round);
    for (Index first = 0; first < v.cols; first += block) {
      const Index count = std::min(block, v.cols - first);
      const Eigen::MatrixXd some = finite ? detail::on_host(on, v.columns(first, count))
                                          : Eigen::MatrixXd(values.middleCols(first, count));
      const Eigen::VectorXd logs = detail::log_conditionals(
          model, some, units.places(), [&](Index c) { return std::max<Index>(0, drawn(first + c)); }, on);
      for (Index c = 0; c < count; ++c)
        sum(first + c) -= static_cast<double>(drawn.count(first + c)) * logs(c) / rounds;
    }
  }
  return sum;
}

/// The squared error of a unit predicted from all others by mean field, over its row's variance; of each
/// column of v, from about a quarter of `chosen` units. `means` and `variances` are those of the rows; for
/// the rest see `prediction_losses`. It says nothing about how sure the model is.
template <EnergyModel Model>
Eigen::VectorXd prediction_errors(const Model& model,
                                  std::type_identity_t<ConstViewOf<typename Model::Backend>> v,
                                  const Mask& known, const Eigen::VectorXd& means,
                                  const Eigen::VectorXd& variances, int chosen, Draws draws,
                                  const typename Model::Backend& on = Model::Backend::all()) {
  detail::check_prediction<Model>("prediction_errors", model, v, chosen);
  const Eigen::MatrixXd values = detail::on_host(on, v);
  detail::DrawnUnits drawn(model.visible, known, v.cols);
  return detail::mean_field_errors(model, values, means, variances, drawn, chosen,
                                   draws.in(Stream::pseudo_likelihood), on);
}

}  // namespace harmonium
