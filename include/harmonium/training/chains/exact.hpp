/// \file
/// The negative phase without chains: all states of a layer, each with its probability. The gradient is then
/// that of the log likelihood itself; for small models.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "../../core/host_matrix.hpp"
#include "../../inference/exact/enumeration.hpp"
#include "hidden_sum.hpp"

namespace harmonium {

/// In place of chains, all states of the visible layer, if it has few of them; otherwise all of an RBM's
/// hidden layer, whatever the visible units are. No steps are taken.
struct Exact {
  Index most_states = 1 << 16;                  ///< models with more states in both layers are rejected
  static constexpr const char* name = "exact";  ///< in files

  /// The states' probabilities.
  template <class M>
  class Memory;
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Exact& options) {
  const auto& [most_states] = options;  // every field, or this does not compile
  f("most_states", most_states);
}

template <class M>
class Exact::Memory {
  using B = typename M::Backend;
  using T = ScalarOf<B>;
  static constexpr bool finite = std::remove_cvref_t<decltype(std::declval<M&>().visible)>::finite;

 public:
  /// \throws ValueError if each layer has too many states, or infinitely many
  Memory(const Exact& policy, const M& model) {
    const auto most = static_cast<double>(policy.most_states);
    double visible = std::numeric_limits<double>::infinity(), hidden = visible;
    if constexpr (finite) visible = state_count(model.visible);
    if constexpr (detail::has_finite_hidden<M>) hidden = state_count(model.hidden);
    by_hidden_ = visible > most && hidden <= most;
    check<ValueError>(visible <= most || by_hidden_, "Exact: the visible layer has ", in_words_of(visible),
                      " states", detail::has_finite_hidden<M> ? " and the hidden layer " : "",
                      detail::has_finite_hidden<M> ? in_words_of(hidden) : "", ", expected at most ",
                      policy.most_states, detail::has_finite_hidden<M> ? " in one of them" : "",
                      " (most_states)");
    if constexpr (detail::has_finite_hidden<M>)
      if (by_hidden_) hidden_ = detail::HiddenSum<M>(model, static_cast<Index>(hidden));
    if constexpr (finite)
      if (!by_hidden_) {
        count_ = static_cast<Index>(visible);
        all_ = HostMatrix<T>(model.visible.rows(), count_);
        write_states(model.visible, 0, View<T>(all_));
        log_weights_ = Matrix<B>(1, count_);
        host_ = HostMatrix<T>(1, count_);
      }
  }

  /// One column per visible state; one that does not count if hidden states are summed over.
  Index count(Index /*batch*/) const { return count_; }
  /// Writes all states, once.
  void begin(const B& on, const M& /*model*/, typename M::StateView states, Draws /*draws*/) {
    if (!by_hidden_) on.upload(View<const T>(all_), states.visible);
  }
  /// The states' log weights under the current model.
  void advance(const B& on, const M& model, typename M::StateView /*data*/, typename M::StateView states,
               typename M::Workspace& /*work*/, int /*steps*/, Draws /*draws*/) {
    refresh(on, model, states);
    if (by_hidden_) return;
    on.fill(log_weights_, T(0));
    add_free_energy(on, model, states, T(-1), log_weights_);
  }
  /// weights(0, c) = -total p(state c). Waits for a device once per update: the shares are a softmax over all
  /// states in double precision, computed by the host.
  void weigh(const B& on, double total, ViewOf<B> weights) {
    total_ = total;
    if (by_hidden_) {
      on.fill(weights, T(0));
    } else {
      detail::write_softmax<B>(on, log_weights_, -total, host_, weights);
    }
  }
  /// Subtracts the expectations, if hidden states are summed over.
  void subtract(const B& on, const M& model, M& gradient) requires detail::has_finite_hidden<M> {
    if (by_hidden_) hidden_.add(on, model, -total_, gradient);
  }
  /// It has no state between updates.
  template <class F>
  void for_each_state(F&& /*f*/) {}

 private:
  static std::string in_words_of(double states) {
    return std::isinf(states) ? "infinitely many" : detail::in_words({detail::Word(states)});
  }

  bool by_hidden_ = false;
  Index count_ = 1;
  double total_ = 1;
  Matrix<B> log_weights_;
  HostMatrix<T> all_, host_;
  std::conditional_t<detail::has_finite_hidden<M>, detail::HiddenSum<M>, std::monostate> hidden_;
};

}  // namespace harmonium
