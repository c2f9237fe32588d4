/// \file
/// The negative phase without chains: all visible states, each with its probability. The gradient is then
/// that of the log likelihood itself; for small models.
#pragma once

#include <utility>

#include "../../core/host_matrix.hpp"
#include "../../inference/exact/enumeration.hpp"

namespace harmonium {

/// In place of chains, all states of a visible layer that has few of them. No steps are taken.
struct Exact {
  Index most_states = 1 << 16;                  ///< models with more visible states are rejected
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
  /// \throws ValueError if the visible layer has too many states, or infinitely many
  Memory(const Exact& policy, const M& model) {
    check<ValueError>(finite, "Exact: the visible units have infinitely many states");
    if constexpr (finite) {
      const double states = state_count(model.visible);
      check<ValueError>(states <= static_cast<double>(policy.most_states), "Exact: the visible layer has ",
                        states, " states, expected at most ", policy.most_states, " (most_states)");
      count_ = static_cast<Index>(states);
      all_ = HostMatrix<T>(model.visible.rows(), count_);
      write_states(model.visible, 0, View<T>(all_));
      log_weights_ = Matrix<B>(1, count_);
      host_ = HostMatrix<T>(1, count_);
    }
  }

  /// One column per visible state.
  Index count(Index /*batch*/) const { return count_; }
  /// Writes all states, once.
  void begin(const B& on, const M& /*model*/, typename M::StateView states, Draws /*draws*/) {
    on.upload(View<const T>(all_), states.visible);
  }
  /// The states' log weights under the current model.
  void advance(const B& on, const M& model, typename M::StateView /*data*/, typename M::StateView states,
               typename M::Workspace& /*work*/, int /*steps*/, Draws /*draws*/) {
    refresh(on, model, states);
    on.fill(log_weights_, T(0));
    add_free_energy(on, model, states, T(-1), log_weights_);
  }
  /// weights(0, c) = -total p(state c). Waits for a device once per update: the shares are a softmax over all
  /// states in double precision, computed by the host.
  void weigh(const B& on, double total, ViewOf<B> weights) {
    on.download(log_weights_, View<T>(host_));
    const auto largest = static_cast<double>(host_.maxCoeff());
    double sum = 0;
    for (Index c = 0; c < count_; ++c) sum += std::exp(static_cast<double>(host_(0, c)) - largest);
    for (Index c = 0; c < count_; ++c)
      host_(0, c) = static_cast<T>(-total * std::exp(static_cast<double>(host_(0, c)) - largest) / sum);
    on.upload(View<const T>(host_), weights);
  }
  /// It has no state between updates.
  template <class F>
  void for_each_state(F&& /*f*/) {}

 private:
  Index count_ = 1;
  Matrix<B> log_weights_;
  HostMatrix<T> all_, host_;
};

}  // namespace harmonium
