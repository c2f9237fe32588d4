// Ladders to a model of known log Z.
#pragma once

#include <harmonium/training/chains/trajectory.hpp>

namespace test {

using namespace harmonium;

template <class M>
M with_weights_scaled(M model, double factor) {
  model.weights *= factor;
  return model;
}

/// A ladder to `model` in equal steps of its weights, each settled for a fixed number of steps, with `apart`
/// steps between blocks.
template <class M>
Ladder<M> ladder_to(const M& model, int rungs, Index columns, Index blocks, std::uint64_t seed,
                    int apart = 10, bool meet = true) {
  const Cpu<double> on;
  Ladder<M> ladder(model, columns, blocks, meet);
  Draws draws{.seed = seed};
  ladder.begin(on, model, draws);
  draws.step = static_cast<std::uint64_t>(blocks);
  auto state = make_state(model, columns);
  auto work = make_workspace(model, columns);
  const auto chains = state.columns(0, columns);
  for (int i = 1; i <= rungs; ++i) {
    const M next = with_weights_scaled(model, static_cast<double>(i) / rungs);
    Births born = ladder.draw(on, next, chains, draws);
    const auto move = [&](int steps) {
      for (int k = 0; k < steps; ++k) ladder.move(on, next, chains, born, work, {seed, draws.step++});
    };
    move(40);
    ladder.freeze(on, next, [&](auto out) {
      move(apart);
      on.copy(chains.visible, out.visible);
      refresh(on, next, out);
      return born;
    });
  }
  return ladder;
}

}  // namespace test
