/// \file
/// log Z from both sides of a model that learned with `Trajectory`: reverse chains start at states that
/// climbed its training path from exact draws.
#pragma once

#include <sstream>

#include "../annealing/dbn_bound.hpp"
#include "replay.hpp"

namespace harmonium {

/// A sandwich whose reverse chains start at the end of a replay of the model's path; the forward ones start
/// at the base rates of samples of any kind, or at the RBM's own biases without samples. Unless all starts
/// were born at the bottom after the first way up, the verdict is inconsistent, and says so. Of `climbing`,
/// samples and seed are those of `options`. \throws as `sandwich` and `replay`
template <class V, class H, class B, SamplesFor<B> Data>
Sandwich sandwich(const Rbm<V, H, B>& rbm, const Data& data, const FrozenPath<Rbm<V, H, B>>& path,
                  const SandwichOptions& options = {}, ReplayOptions climbing = {},
                  const std::type_identity_t<B>& on = B::all()) {
  detail::check_sandwich_options(options);
  climbing.samples = options.chains;
  climbing.seed = options.seed;
  const BaseRates<V, H, B> base =
      source_of<B>(data).size() == 0 ? base_rates(rbm) : base_rates(rbm, data, on);
  const Replay<B> starts = replay(rbm, path, climbing, on);
  const bool all = starts.renewed == 1;
  Sandwich result = sandwich_from(rbm, base, ConstViewOf<B>(starts.visible),
                                  all ? ReverseStarts::replayed : ReverseStarts::heuristic, options, on);
  std::ostringstream text;
  text.precision(3);
  if (all) {
    text << "; all of these were born there within " << starts.renewed_after << " sweeps";
    result.reason += text.str();
  } else {
    text << "after " << starts.sweeps << " sweeps over the training path, " << 100 * starts.renewed
         << " % of the reverse starts were born at its bottom, expected all; the least share of accepted "
            "trades is "
         << *std::min_element(starts.trade_rates.begin(), starts.trade_rates.end());
    result.verdict = Verdict::inconsistent;
    result.reason = text.str();
  }
  return result;
}

/// The same for the top RBM of a DBN, from the path that this one took. \throws as `sandwich` and `replay`;
/// ValueError also if the top RBM is of another type than the path's models
template <class Units, class B, SamplesFor<B> Data, EnergyModel M>
Sandwich sandwich(const Dbn<Units, B>& dbn, const Data& data, const FrozenPath<M>& path,
                  const SandwichOptions& options = {}, const ReplayOptions& climbing = {},
                  const std::type_identity_t<B>& on = B::all()) {
  Sandwich result;
  detail::at_top(on, "sandwich", dbn, data, options.seed, [&]<class R>(const R& rbm, const auto& samples) {
    if constexpr (std::is_same_v<R, M>) {
      result = sandwich(rbm, samples, path, options, climbing, on);
    } else {
      throw ValueError("sandwich: the path's models have other unit types than the DBN's top RBM");
    }
  });
  return result;
}

}  // namespace harmonium
