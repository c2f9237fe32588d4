/// \file
/// Models at a temperature: exp(-beta E) in the interaction alone, so that beta 0 is the layers by themselves
/// at their biases (the base rates of Salakhutdinov and Murray, 2008) and beta 1 the model. Products are
/// scaled by beta; weights are never copied.
#pragma once

#include "energy_model.hpp"

namespace harmonium {

/// A model that moves at many temperatures at once:
///
/// function | does
/// ---|---
/// `tempered_transition(on, model, betas, state, work, draws)` | one step of each of the state's columns, in
/// place, at inverse temperature betas(0, c) `add_interaction(on, model, state, work, factor, out)` | out(0,
/// c) += factor * the interaction (minus its energy) between the visible states and the other units' states
/// that the last step drew
template <class M>
concept TemperedModel = EnergyModel<M> &&
    requires(const M& model, typename M::StateView state, typename M::Workspace& work,
             const typename M::Backend& on, ConstViewOf<typename M::Backend> betas,
             ViewOf<typename M::Backend> out, ScalarOf<typename M::Backend> s, Draws draws) {
  tempered_transition(on, model, betas, state, work, draws);
  add_interaction(on, model, state, work, s, out);
};

}  // namespace harmonium
