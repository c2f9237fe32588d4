/// \file
/// Objectives based on each visible unit's conditional distribution given the others: pseudo-likelihood,
/// ratio matching and minimum probability flow (site_scores.hpp), with their exact gradients. A unit's states
/// change the hidden layer's input only by W_i^T t_k, which does not depend on the sample: it is added to the
/// hidden biases, and a state costs one pass over the hidden layer.
#pragma once

#include "../../models/boltzmann_machine.hpp"
#include "../../models/rbm.hpp"
#include "sites.hpp"

namespace harmonium {

/// Other models have no such objectives.
template <class Model>
class SiteGradient {
 public:
  static constexpr bool possible = false;  ///< does the model have visible units with enumerable states?
};

/// Those of an RBM with finite visible units; owns its scratch memory.
template <class V, class H, class B>
requires(Layer<V, B>::finite) class SiteGradient<Rbm<V, H, B>> {
  using Model = Rbm<V, H, B>;
  using T = ScalarOf<B>;

 public:
  static constexpr bool possible = true;  ///< does the model have visible units with enumerable states?

  SiteGradient() = default;
  /// Allocates memory for that many samples.
  SiteGradient(const Model& rbm, Index columns)
      : sites_(rbm.visible, columns),
        hidden_(rbm.hidden),
        sums_(rbm.hidden),
        without_(rbm.hidden.rows(), columns),
        means_(rbm.hidden.rows(), columns),
        of_unit_(rbm.hidden.rows(), columns),
        of_all_(rbm.hidden.rows(), columns),
        shifts_(rbm.hidden.rows(), sites_.most_states()),
        totals_(rbm.hidden.rows(), sites_.most_states()) {}

  /// gradient += sum over columns c of weights(0, c) * d score / d parameters
  /// \param state its hidden input must be up to date
  template <class Score>
  void add(const B& on, const Model& rbm, typename Model::StateView state, ConstViewOf<B> weights,
           Model& gradient) {
    const Index n = state.visible.cols;
    const auto without = cut(without_, n), means = cut(means_, n), of_unit = cut(of_unit_, n),
               of_all = cut(of_all_, n);
    begin(on, rbm);
    for_each_parameter([&](const ParameterName&, Role, auto x) { on.fill(x, 0); }, sums_);
    on.fill(of_all, 0);
    sites_.for_each(
        [&](Index first, const auto& states, const auto& part, Index row, auto& sums) {
          const auto v = state.visible.rows_from(first, part.group);
          set_log_weights(on, rbm, state, first, states, v);
          sites_.template set_slopes<Score>(on, states, part, row, v, weights);
          sites_.add_statistics(on, states, part, row, n, sums);
          for (Index k = 0; k < states.count(); ++k) {
            shift_biases(on, rbm, k);
            for_each_bias(sums_, [&](auto bias, Index) { on.fill(bias, 0); });
            weigh_means(on, hidden_, without, sites_.slopes(states, n).rows_from(k, 1),
                        k == 0 ? of_unit : means, sums_);
            if (k > 0) on.update(Add{}, of_unit, ConstViewOf<B>(means));
            take_biases(on, view_of(totals_).columns(k, 1), gradient.hidden);
          }
          // sum over k of (t_k - v) (slope h)^T
          const auto rows = view_of(gradient.weights).rows_from(first, part.group);
          on.multiply(Op::plain, Op::transposed, 1, states.states,
                      view_of(totals_).columns(0, states.count()), 1, rows);
          on.multiply(Op::plain, Op::transposed, -1, v, of_unit, 1, rows);
          on.update(Add{}, of_all, ConstViewOf<B>(of_unit));
        },
        rbm.visible, gradient.visible);
    on.multiply(Op::plain, Op::transposed, 1, state.visible, of_all, 1, gradient.weights);
    for_each_parameter(
        [&](const ParameterName&, Role role, auto sum, auto more) {
          if (is_shape(role)) on.update(Add{}, sum, ConstViewOf<B>(more));
        },
        gradient.hidden, sums_);
  }

  /// out (1 x n) += factor * the score of each sample, summed over units
  template <class Score>
  void add_values(const B& on, const Model& rbm, typename Model::StateView state, T factor, ViewOf<B> out) {
    begin(on, rbm);
    sites_.for_each(
        [&](Index first, const auto& states, const auto& part, Index row) {
          const auto v = state.visible.rows_from(first, part.group);
          set_log_weights(on, rbm, state, first, states, v);
          sites_.template add_scores<Score>(on, states, part, row, v, factor, out);
        },
        rbm.visible);
  }

 private:
  static ViewOf<B> cut(Matrix<B>& x, Index n) { return view_of(x).columns(0, n); }
  // The hidden layer's current parameters.
  void begin(const B& on, const Model& rbm) {
    for_each_parameter([&](const ParameterName&, Role, auto to, auto from) { on.copy(from, to); }, hidden_,
                       rbm.hidden);
  }
  // The log-partition of the hidden layer with the unit in each of its states.
  void set_log_weights(const B& on, const Model& rbm, typename Model::StateView state, Index first,
                       const detail::SiteStates<B>& states, ConstViewOf<B> v) {
    const auto w = view_of(rbm.weights).rows_from(first, v.rows);
    const auto without = cut(without_, v.cols);
    on.copy(state.input, without);
    on.multiply(Op::transposed, Op::plain, -1, w, v, 1, without);
    on.multiply(Op::transposed, Op::plain, 1, w, states.states, 0, cut(shifts_, states.count()));
    const auto log_weights = sites_.log_weights(states, v.cols);
    on.fill(log_weights, 0);
    for (Index k = 0; k < states.count(); ++k) {
      shift_biases(on, rbm, k);
      add_log_partition(on, hidden_, without, 1, log_weights.rows_from(k, 1));
    }
  }
  // Adds the input from state k of the unit to the hidden layer's bias.
  void shift_biases(const B& on, const Model& rbm, Index k) {
    Index first = 0;
    for_each_parameter(
        [&](const ParameterName&, Role role, auto to, auto own) {
          if (role != Role::bias) return;
          on.update(SetToSum{}, to, ConstViewOf<B>(own),
                    ConstViewOf<B>(view_of(shifts_).columns(k, 1).rows_from(first, to.rows)));
          first += to.rows;
        },
        hidden_, rbm.hidden);
  }
  void take_biases(const B& on, ViewOf<B> to, Layer<H, B>& gradient) {
    Index first = 0;
    for_each_parameter(
        [&](const ParameterName&, Role role, auto sum, auto more) {
          if (role != Role::bias) return;
          on.copy(more, to.rows_from(first, more.rows));
          on.update(Add{}, sum, ConstViewOf<B>(more));
          first += more.rows;
        },
        gradient, sums_);
  }

  detail::Sites<B> sites_;
  Layer<H, B> hidden_;  // with a unit's state added to its biases
  Layer<H, B> sums_;    // of one state's statistics
  Matrix<B> without_;   // H x n: hidden input from the other units
  Matrix<B> means_, of_unit_, of_all_, shifts_, totals_;
};

/// Those of a fully visible Boltzmann machine, where a unit's log weights are linear: pseudo-likelihood is
/// logistic regression of each unit on the others (for categorical units plmDCA: Ekeberg, Lovkvist, Lan,
/// Weigt and Aurell, 2013).
template <class U, class B>
requires(Layer<U, B>::finite) class SiteGradient<BoltzmannMachine<U, B>> {
  using Model = BoltzmannMachine<U, B>;
  using T = ScalarOf<B>;

 public:
  static constexpr bool possible = true;  ///< does the model have visible units with enumerable states?

  SiteGradient() = default;
  /// Allocates memory for that many samples.
  SiteGradient(const Model& machine, Index columns)
      : sites_(machine.visible, columns), changes_(machine.visible.rows(), columns) {}

  /// gradient += sum over columns c of weights(0, c) * d score / d parameters; each coupling is stored twice,
  /// so each number gets half the pair's slope
  template <class Score>
  void add(const B& on, const Model& machine, typename Model::StateView state, ConstViewOf<B> weights,
           Model& gradient) {
    const Index n = state.visible.cols;
    const auto changes = view_of(changes_).columns(0, n);
    sites_.for_each(
        [&](Index first, const auto& states, const auto& part, Index row, auto& sums) {
          set_log_weights(on, state, first, states, part.group);
          const auto v = state.visible.rows_from(first, part.group);
          sites_.template set_slopes<Score>(on, states, part, row, v, weights);
          sites_.add_statistics(on, states, part, row, n, sums);
          on.multiply(Op::plain, Op::plain, 1, states.states, sites_.slopes(states, n), 0,
                      changes.rows_from(first, part.group));
        },
        machine.visible, gradient.visible);
    on.multiply(Op::plain, Op::transposed, T(0.5), changes, state.visible, 1, gradient.weights);
    on.multiply(Op::plain, Op::transposed, T(0.5), state.visible, changes, 1, gradient.weights);
    detail::clear_diagonal<U, B>(on, machine, gradient.weights);
  }

  /// out (1 x n) += factor * the score of each sample, summed over units
  template <class Score>
  void add_values(const B& on, const Model& machine, typename Model::StateView state, T factor,
                  ViewOf<B> out) {
    sites_.for_each(
        [&](Index first, const auto& states, const auto& part, Index row) {
          set_log_weights(on, state, first, states, part.group);
          sites_.template add_scores<Score>(on, states, part, row, state.visible.rows_from(first, part.group),
                                            factor, out);
        },
        machine.visible);
  }

 private:
  void set_log_weights(const B& on, typename Model::StateView state, Index first,
                       const detail::SiteStates<B>& states, Index group) {
    on.multiply(Op::transposed, Op::plain, 1, states.states, state.input.rows_from(first, group), 0,
                sites_.log_weights(states, state.visible.cols));
  }

  detail::Sites<B> sites_;
  Matrix<B> changes_;  // V x n: sum over a unit's states of slope times state
};

namespace detail {
/// What the `LocalObjective`s based on these scores have in common.
template <class Score>
struct SiteKind {
  template <class Model>
  using Gradient = SiteGradient<Model>;
  template <class G, class... Arguments>
  static void add(G& gradient, Arguments&&... arguments) {
    gradient.template add<Score>(std::forward<Arguments>(arguments)...);
  }
  template <class G, class B, class Model, class State, class Out>
  static void add_values(G& gradient, const B& on, const Model& model, State state, int factor, Out out) {
    gradient.template add_values<Score>(on, model, state, static_cast<ScalarOf<B>>(factor), out);
  }
};
}  // namespace detail

}  // namespace harmonium
