/// \file
/// Fast-weights persistent CD (Tieleman and Hinton, 2009): on top of the model's own weights, the chains see
/// weights that learn fast and decay fast, which drive them away from where they are. A fast bias of a unit
/// acts on the gradient in proportion to the unit's variance: for counts up to 15 a hundred times as much as
/// for bits, enough for all chains to swing from one end to the other and back. Hence `max_gradient`.
#pragma once

#include <limits>

#include "../../models/energy_model.hpp"

namespace harmonium {

/// Persistent chains whose transitions use the model's weights and biases plus fast ones.
struct FastWeights {
  Index chains = 100;          ///< number of chains, at least 1
  double rate = 0.02;          ///< learning rate of the fast weights, at least 0
  double keep = 0.95;          ///< factor by which they decay per update, in [0, 1)
  double max_gradient = 0.25;  ///< in fast weights, entries of the gradient count as at most this much, which
                               ///< bits hardly ever reach; 0: no limit
  static constexpr bool may_round = true;              ///< its products may round their factors
  static constexpr const char* name = "fast weights";  ///< in files

  /// The same number for every batch.
  Index count(Index /*batch*/) const { return chains; }
  /// The fast weights.
  template <class M>
  class Memory;
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const FastWeights& options) {
  const auto& [chains, rate, keep, max_gradient] = options;  // every field, or this does not compile
  f("chains", chains);
  f("rate", rate);
  f("keep", keep);
  f("max_gradient", max_gradient);
}

template <class M>
class FastWeights::Memory {
  using B = typename M::Backend;
  using T = ScalarOf<B>;

 public:
  /// \throws ValueError if an option is out of range
  Memory(const FastWeights& policy, const M& model) : policy_(policy), fast_(zeros_like(model)), sum_(model) {
    check<ValueError>(policy.rate >= 0 && policy.rate < 1e6, "FastWeights: rate is ", policy.rate,
                      ", expected a number of at least 0");
    check<ValueError>(policy.keep >= 0 && policy.keep < 1, "FastWeights: keep is ", policy.keep,
                      ", expected at least 0 and less than 1");
    check<ValueError>(policy.max_gradient >= 0, "FastWeights: max_gradient is ", policy.max_gradient,
                      ", expected a number of at least 0");
  }
  /// Runs the chains for `steps` steps with the model's parameters plus the fast ones.
  void advance(const B& on, const M& model, typename M::StateView /*data*/, typename M::StateView states,
               typename M::Workspace& work, int steps, Draws draws) {
    for_each_parameter([&](const ParameterName&, Role, auto sum, auto own,
                           auto fast) { on.update(SetToSum{}, sum, own, ConstViewOf<B>(fast)); },
                       sum_, model, fast_);
    refresh(on, sum_, states);  // the states' input was computed from the model's own weights
    for (int k = 0; k < steps; ++k, ++draws.step) transition(on, sum_, states, states, work, draws);
    refresh(on, model, states);  // the statistics are those of the model itself
  }
  /// The fast weights decay a little, and learn from the gradient.
  void learned(const B& on, const M& gradient) {
    const T kept = static_cast<T>(policy_.keep), step = static_cast<T>(policy_.rate),
            most = policy_.max_gradient > 0 ? static_cast<T>(policy_.max_gradient)
                                            : std::numeric_limits<T>::infinity();
    for_each_parameter(
        [&](const ParameterName&, Role role, auto fast, auto g) {
          if (!is_shape(role)) on.update(MixLimited<T>{kept, step, most}, fast, g);
        },
        fast_, gradient);
  }
  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("fast", fast_);
  }

 private:
  FastWeights policy_;
  M fast_, sum_;
};

}  // namespace harmonium
