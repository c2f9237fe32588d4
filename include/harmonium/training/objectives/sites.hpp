/// \file
/// The units of a finite visible layer, one by one: each with its states, in the backend's memory, and with
/// the samples' shares in each of them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "../../models/layer_states.hpp"
#include "parts.hpp"
#include "site_scores.hpp"

namespace harmonium::detail {

/// The states of one kind of units, and how to find a sample's shares in them: affine functions of its
/// numbers where data may be mixtures of states (between two states, and between one-hot ones), otherwise the
/// nearest state, t, for which t . x - |t|^2 / 2 is largest.
template <class B>
struct SiteStates {
  using T = ScalarOf<B>;
  Matrix<B> states;       ///< rows of a unit x states
  Matrix<B> to_shares;    ///< states x rows
  Matrix<B> offsets;      ///< states x 1
  bool mixtures = false;  ///< are shares affine?

  Index count() const { return states.cols(); }

  explicit SiteStates(const Eigen::MatrixXd& t)
      : states(t.rows(), t.cols()), to_shares(t.cols(), t.rows()), offsets(t.cols(), 1) {
    Eigen::MatrixXd linear = t.transpose();
    Eigen::MatrixXd constant = -0.5 * t.colwise().squaredNorm().transpose();
    if (t.rows() == 1 && t.cols() == 2) {
      const double low = t(0, 0), high = t(0, 1), length = high - low;
      linear << -1 / length, 1 / length;
      constant << high / length, -low / length;
      mixtures = true;
    } else if (t.isIdentity(0)) {
      constant.setZero();
      mixtures = true;
    }
    const auto put = [](const Eigen::MatrixXd& from, Matrix<B>& to) {
      const HostMatrix<T> numbers = from.template cast<T>();
      B{}.upload(View<const T>(numbers), view_of(to));
    };
    put(t, states);
    put(linear, to_shares);
    put(constant, offsets);
  }

  /// out (states x n) = the shares of samples (rows x n); `room` is scratch space of the same size.
  void set_shares(const B& on, ConstViewOf<B> x, ViewOf<B> room, ViewOf<B> out) const {
    on.multiply(Op::plain, Op::plain, 1, to_shares, x, 0, room);
    if (mixtures) {
      on.transform(FieldBody{}, offsets, 1, room, room, out, Draws{}, 0);
    } else {
      on.transform(LargestStateBody{}, offsets, count(), room, room, out, Draws{}, 0);
    }
  }
};

/// All units of a layer.
template <class B>
class Sites {
  using T = ScalarOf<B>;

 public:
  Sites() = default;
  /// Finds the layer's kinds of units, and allocates memory for `columns` samples.
  template <class U>
  Sites(const Layer<U, B>& layer, Index columns) {
    for_each_unit_kind(layer, [&](Index, Index, Index, const Eigen::MatrixXd& states) {
      kinds_.emplace_back(states);
      most_ = std::max(most_, states.cols());
    });
    log_weights_ = Matrix<B>(most_, columns);
    shares_ = Matrix<B>(most_, columns);
    slopes_ = Matrix<B>(most_, columns);
    energies_ = Matrix<B>(most_, 1);
    totals_ = Matrix<B>(most_, 1);
    ones_ = Matrix<B>(1, columns);
    B{}.fill(ones_, 1);
  }
  /// The largest number of states of a unit.
  Index most_states() const { return most_; }

  /// Calls f(first row, states, part, first row within the part, others...) for each unit, with the
  /// corresponding parts of the others.
  template <class F, class U, class... Others>
  void for_each(F f, const Layer<U, B>& layer, Others&... others) const {
    std::size_t kind = 0;
    for_each_kind(
        [&](PartRows rows, const auto& part, auto&... other) {
          const SiteStates<B>& states = kinds_[kind++];
          for (Index r = 0; r < rows.count; r += part.group) f(rows.first + r, states, part, r, other...);
        },
        layer, others...);
  }

  /// The buffer for the log weights of n samples' states, without the term of the unit's own energy.
  ViewOf<B> log_weights(const SiteStates<B>& states, Index n) { return of(log_weights_, states, n); }
  /// The slopes that `set_slopes` computed, states x n.
  ConstViewOf<B> slopes(const SiteStates<B>& states, Index n) { return of(slopes_, states, n); }

  /// Slopes of the samples' scores along their states' log weights, weighted; x are the unit's rows.
  template <class Score, class U>
  void set_slopes(const B& on, const SiteStates<B>& states, const Layer<U, B>& part, Index row,
                  ConstViewOf<B> x, ConstViewOf<B> weights) {
    apply(on, ScoreSlopesBody<Score>{}, states, part, row, x);
    on.scale_columns(of(slopes_, states, x.cols), weights);
  }
  /// gradient += statistics of the unit's states, by the slopes.
  template <class U>
  void add_statistics(const B& on, const SiteStates<B>& states, const Layer<U, B>& part, Index row, Index n,
                      Layer<U, B>& gradient) {
    const auto totals = view_of(totals_).rows_from(0, states.count());
    on.fill(totals, 0);
    on.sum_over_samples(StateBody{}, energies_, slopes(states, n), view_of(ones_).columns(0, n), totals);
    const auto parameters = view_of(part.parameters).rows_from(row, part.group);
    const auto sums = view_of(gradient.parameters).rows_from(row, part.group);
    const auto weights = ConstViewOf<B>(as_row<B>(totals));
    on.sum_over_samples(StateBody{}, parameters, states.states, weights, sums.columns(0, 1));
    for_each_shape(
        [&](auto which) {
          on.sum_over_samples(StatisticBody<Family<U>, which>{}, parameters, states.states, weights,
                              sums.columns(1 + which, 1));
        },
        ShapesOf<U>{});
  }
  /// out (1 x n) += factor * the samples' scores
  template <class Score, class U>
  void add_scores(const B& on, const SiteStates<B>& states, const Layer<U, B>& part, Index row,
                  ConstViewOf<B> x, T factor, ViewOf<B> out) {
    apply(on, ScoreTermsBody<Score>{}, states, part, row, x);
    on.sum_over_units(StateBody{}, energies_, 1, slopes(states, x.cols), factor, out);
  }

 private:
  template <class M>
  auto of(M& matrix, const SiteStates<B>& states, Index n) {
    return view_of(matrix).rows_from(0, states.count()).columns(0, n);
  }
  // slopes_ = a body's function of log weights and shares
  template <class Body, class U>
  void apply(const B& on, const Body& body, const SiteStates<B>& states, const Layer<U, B>& part, Index row,
             ConstViewOf<B> x) {
    const Index n = x.cols;
    const auto energies = view_of(energies_).rows_from(0, states.count());
    on.fill(energies, 0);
    on.sum_over_units(EnergyBody<Family<U>>{}, view_of(part.parameters).rows_from(row, part.group),
                      part.group, states.states, -1, as_row<B>(energies));
    states.set_shares(on, x, of(slopes_, states, n), of(shares_, states, n));
    on.transform(body, energies, states.count(), of(log_weights_, states, n), of(shares_, states, n),
                 of(slopes_, states, n), Draws{}, 0);
  }

  std::vector<SiteStates<B>> kinds_;
  Index most_ = 0;
  Matrix<B> log_weights_, shares_, slopes_, energies_, totals_, ones_;
};

}  // namespace harmonium::detail
