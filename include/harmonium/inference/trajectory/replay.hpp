/// \file
/// A training path climbed again: chains start at exact draws from the model without weights, and trade
/// states with their neighbours until all that arrived at the top was born at the bottom.
///
///     const FrozenPath path = frozen_path(trainer.chains().ladder());
///     const Eigen::MatrixXd samples = generate(rbm, path, {.samples = 1000});
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../../core/counts.hpp"
#include "../generate.hpp"
#include "frozen_path.hpp"

namespace harmonium {

/// How to climb a path.
struct ReplayOptions {
  Index samples = 100;      ///< independent ladders, each of which yields one sample, at least 1
  int settle = 20;          ///< steps with each model on the first way up, at least 1
  int most_sweeps = 10000;  ///< sweeps over the ladder at most, at least 1
  std::uint64_t seed = 0;   ///< of all draws
};

/// What was climbed. Columns never meet, so that samples are independent of each other.
template <class B>
struct Replay {
  Matrix<B> visible;  ///< samples of the model, V x samples
  /// The share of samples that were born at the bottom after the first way up: 1 certifies that no rung holds
  /// the others up.
  double renewed = 0;
  int renewed_after = 0;                 ///< sweeps until all were for the first time; 0: never
  int sweeps = 0;                        ///< sweeps in all
  std::vector<double> trade_rates = {};  ///< share of trades that were accepted, from the lowest pair up
  LogZEstimate log_z = {};               ///< of the model, from the samples and those of the other rungs
};

/// Climbs a path to a model: exact draws at the bottom settle in one model after the other. In each sweep the
/// bottom is then drawn anew, and every rung trades with the one below and takes a step. Once all states at
/// the top have been replaced by newborn ones, it takes as many sweeps again, so that where it ends does not
/// depend on when that was. \throws ValueError if an option is out of range, or the path is empty \throws
/// ShapeError if its models do not have the model's shape
template <EnergyModel M>
Replay<typename M::Backend> replay(const M& model, const FrozenPath<M>& path,
                                   const ReplayOptions& options = {},
                                   const typename M::Backend& on = M::Backend::all()) {
  using B = typename M::Backend;
  detail::check_count("replay", "samples", options.samples);
  detail::check_count("replay", "settle", options.settle);
  detail::check_count("replay", "most_sweeps", options.most_sweeps);
  check_shapes("replay", model);
  detail::check_path("replay", model, path);

  Ladder<M> ladder(model, options.samples, 1, false);
  Draws draws{.seed = seed_for(options.seed, SeedFor::trajectory)};
  const auto next = [&] {
    const Draws now = draws;
    ++draws.step;  // every pass over a layer has an address of its own
    return now;
  };
  auto state = make_state(model, options.samples);
  auto work = make_workspace(model, options.samples);
  const auto chains = state.columns(0, options.samples);
  const auto climb = [&](const M& rung) {
    Births born = ladder.draw(on, rung, chains, next());
    for (int i = 0; i < options.settle; ++i) ladder.move(on, rung, chains, born, work, next());
    ladder.freeze(on, rung, [&](typename M::StateView out) {
      on.copy(chains.visible, out.visible);
      refresh(on, rung, out);
      return born;
    });
  };
  ladder.begin(on, path.models.front(), next());
  for (std::size_t i = 1; i < path.models.size(); ++i) climb(path.models[i]);
  climb(model);

  const std::uint64_t settled = draws.step;
  const auto newborn = [&] {
    const Births& born = ladder.top().born;
    return std::count_if(born.begin(), born.end(), [&](std::uint64_t step) { return step >= settled; });
  };
  const std::size_t pairs = ladder.rungs().size() - 1;
  Replay<B> result{.visible = Matrix<B>(model.visible.rows(), options.samples),
                   .trade_rates = std::vector<double>(pairs)};
  for (Index end = options.most_sweeps; result.sweeps < end;) {
    for (std::size_t pair = 0; pair < pairs; ++pair)
      result.trade_rates[pair] += ladder.renew(on, static_cast<Index>(pair + 1), 0, next());
    ++result.sweeps;
    if (newborn() < options.samples) {
      if (result.sweeps == end) end = std::min<Index>(2 * end, options.most_sweeps);
    } else if (result.renewed_after == 0) {
      result.renewed_after = result.sweeps;
      end = std::min<Index>(2 * Index{result.sweeps}, options.most_sweeps);
    }
  }
  for (double& rate : result.trade_rates) rate /= result.sweeps;
  result.renewed = static_cast<double>(newborn()) / static_cast<double>(options.samples);
  result.log_z = ladder.log_z();
  on.copy(ConstViewOf<B>(ladder.top().states), view_of(result.visible));
  return result;
}

/// Independent samples of a model that learned with `Trajectory`, from exact draws at the bottom of its path;
/// V x samples. `replay` says as well whether all were born there. \throws as `replay`
template <EnergyModel M>
Matrix<typename M::Backend> generate(const M& model, const FrozenPath<M>& path,
                                     const ReplayOptions& options = {},
                                     const typename M::Backend& on = M::Backend::all()) {
  return replay(model, path, options, on).visible;
}

/// Samples of a DBN: those of its top RBM, from the path that this one took, passed down once; V x samples.
/// \throws as `replay`; ShapeError also if the DBN has no layers, or weights do not fit them, ValueError also
/// if the top RBM is of another type than the path's models
template <class Units, class B, EnergyModel M>
Matrix<B> generate(const Dbn<Units, B>& dbn, const FrozenPath<M>& path, const ReplayOptions& options = {},
                   const std::type_identity_t<B>& on = B::all()) {
  return detail::generate_below(on, dbn, {.steps = 0, .seed = options.seed}, [&]<class R>(const R& rbm) {
    if constexpr (std::is_same_v<R, M>) {
      return generate(rbm, path, options, on);
    } else {
      throw ValueError("generate: the path's models have other unit types than the DBN's top RBM");
      return Matrix<B>();
    }
  });
}

}  // namespace harmonium
