/// \file
/// Parallel trajectory tempering (Béreux, Decelle, Furtlehner and Seoane, 2026): chains trade states with
/// frozen models of their own training run. What they visit comes from below, where every mode is still
/// reached, so they stay at equilibrium where persistent chains stick, at about the cost of persistent
/// chains; and log Z is known all the time.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../core/counts.hpp"
#include "../../inference/autocorrelation.hpp"
#include "../../inference/trajectory/ladder.hpp"
#include "jumps.hpp"

namespace harmonium {

/// Persistent chains that trade with the last model that was frozen. An update after which too few trades are
/// accepted freezes the model as the next rung, once the chains are at equilibrium; an update that goes much
/// too far is refused, and the rate is halved until the next rung.
struct Trajectory {
  Index chains = 100;         ///< number of chains, at least 2
  Index blocks = 10;          ///< states kept per rung, as a multiple of the number of chains, at least 1
  double freeze_below = 0.3;  ///< acceptance of trades below which the model is frozen, in (0, 1)
  double refuse_below = 0.1;  ///< acceptance below which an update is refused, in [0, freeze_below)
  double settle = 20;         ///< autocorrelation times before a reservoir is collected, at least 1
  double apart = 2;           ///< autocorrelation times between its blocks, above 0
  int most_steps = 2000;      ///< at most, to measure an autocorrelation time, to settle, and for all blocks
  int renew_every = 1;        ///< updates between renewals of a block of a reservoir, in turn; 0: never
  bool jumps = true;          ///< propose states around samples as well (jumps.hpp), once per update;
                              ///< examples/guide/chains.md measures it
  static constexpr const char* name = "trajectory";  ///< in files

  /// The same number for every batch.
  Index count(Index /*batch*/) const { return chains; }
  /// The ladder.
  template <class M>
  class Memory;
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Trajectory& options) {
  const auto& [chains, blocks, freeze_below, refuse_below, settle, apart, most_steps, renew_every,
               jumps] = options;  // every field, or this does not compile
  f("chains", chains);
  f("blocks", blocks);
  f("freeze_below", freeze_below);
  f("refuse_below", refuse_below);
  f("settle", settle);
  f("apart", apart);
  f("most_steps", most_steps);
  f("renew_every", renew_every);
  f("jumps", jumps);
}

template <class M>
class Trajectory::Memory {
  using B = typename M::Backend;
  using T = ScalarOf<B>;
  using StateView = typename M::StateView;

 public:
  /// \throws ValueError if an option is out of range
  Memory(const Trajectory& policy, const M& model)
      : policy_(checked(policy)),
        ladder_(model, policy.chains, policy.blocks),
        fallback_(model),
        jumps_(model, policy.chains),
        work_(make_workspace(model, policy.chains)),
        born_(static_cast<std::size_t>(policy.chains)) {}

  /// The chains and the lowest rung's reservoir are drawn from the model without weights.
  void begin(const B& on, const M& model, StateView states, Draws draws) {
    seed_ = seed_for(draws.seed, SeedFor::trajectory);
    clock_ = 0;
    ladder_.begin(on, model, {.seed = seed_, .step = clock_});
    clock_ += static_cast<std::uint64_t>(policy_.blocks);
    chains_.emplace(states);
    climb(on, model);
    fallback_ = model;
    renewed_ = clock_;
  }
  /// Moves the chains by `steps` steps, each a transition and a trade, and a block of a reservoir.
  void advance(const B& on, const M& model, StateView data, StateView states, typename M::Workspace& work,
               int steps, Draws /*draws*/) {
    refresh(on, model, states);
    if (policy_.jumps) {
      jumps_.aim(on, model, data, next());
      jumps_.jump(on, model, states, next());
    }
    for (int k = 0; k < steps; ++k) ladder_.move(on, model, states, born_, work, next());
    if (policy_.renew_every > 0 && ++updates_ % static_cast<std::uint64_t>(policy_.renew_every) == 0)
      renew(on);
    energies_ = ladder_.energies(on, model, states);
    chains_.emplace(states);
    if (*std::min_element(born_.begin(), born_.end()) > renewed_) {
      renewed_ = clock_;
      ++renewals_;
    }
  }
  /// Compares the new model with the last rung. Trades; or freezes the model; or rejects it, and the chains
  /// are then states of the rung.
  bool refuses(const B& on, const M& model) {
    refresh(on, model, *chains_);
    const Draws draws = next();
    const Partners partners = ladder_.drawn_partners(draws);
    const PairEnergies pairs = ladder_.compare(on, model, *chains_, partners);
    // The chains were drawn from the model before the update. What seems to decide is judged by all members.
    acceptance_ = acceptance(pairs, energies_, pairs.upper_y - pairs.lower_y);
    if (!(acceptance_ >= policy_.freeze_below))
      acceptance_ = acceptance(pairs, energies_, ladder_.gaps(on, model));
    if (!(acceptance_ >= policy_.refuse_below)) {
      ++refusals_;
      rate_share_ /= 2;
      born_ = ladder_.draw(on, fallback_, *chains_, draws);
      return true;
    }
    ladder_.trade(on, model, *chains_, born_, partners, pairs, draws);
    if (acceptance_ < policy_.freeze_below) freeze(on, model);
    return false;
  }
  /// The last model that was frozen, or the one that training began with.
  const M& fallback() const { return fallback_; }
  /// The factor by which refusals have reduced the learning rate.
  double rate_share() const { return rate_share_; }
  /// log Z of the model, from the chains and the ladder; nothing before the first update.
  std::optional<LogZEstimate> log_z(const B& on, const M& model, StateView states) {
    if (ladder_.rungs().empty()) return {};
    refresh(on, model, states);
    return ladder_.log_z(on, model, states);
  }
  /// Rungs, share of accepted trades, autocorrelation times of the last rung's chains, refusals, and how many
  /// times all chains were replaced by states born at the bottom since the time before.
  void report(std::vector<std::pair<std::string, double>>& metrics) const {
    metrics.emplace_back("rungs", static_cast<double>(ladder_.rungs().size()));
    metrics.emplace_back("trade_rate", acceptance_);
    metrics.emplace_back("jump_rate", jumps_.rate());
    metrics.emplace_back("integrated_time", times_.integrated);
    metrics.emplace_back("exponential_time", times_.exponential);
    metrics.emplace_back("refusals", static_cast<double>(refusals_));
    metrics.emplace_back("renewals", static_cast<double>(renewals_));
  }
  /// The ladder.
  const Ladder<M>& ladder() const { return ladder_; }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("ladder", ladder_);
    f("fallback", fallback_);
    f("born", born_);
    f("renewed", renewed_);
    f("renewals", renewals_);
    f("seed", seed_);
    f("clock", clock_);
    f("updates", updates_);
    f("turns", turns_);
    f("rate_share", rate_share_, [](double share) { return share > 0 && share <= 1; });
    f("trade_rate", acceptance_);
    f("integrated_time", times_.integrated);
    f("exponential_time", times_.exponential);
    f("refusals", refusals_);
  }

 private:
  static const Trajectory& checked(const Trajectory& policy) {
    const auto& [chains, blocks, freeze_below, refuse_below, settle, apart, most_steps, renew_every, jumps] =
        policy;
    detail::check_count("Trajectory", "chains", chains, 2);
    check<ValueError>(blocks >= 1 && blocks <= 1'000'000, "Trajectory: blocks is ", blocks,
                      ", expected 1 to 1000000");
    check<ValueError>(freeze_below > 0 && freeze_below < 1, "Trajectory: freeze_below is ", freeze_below,
                      ", expected above 0 and below 1");
    check<ValueError>(refuse_below >= 0 && refuse_below < freeze_below, "Trajectory: refuse_below is ",
                      refuse_below, ", expected at least 0 and below freeze_below, ", freeze_below);
    check<ValueError>(settle >= 1 && settle < 1e6, "Trajectory: settle is ", settle, ", expected at least 1");
    check<ValueError>(apart > 0 && apart < 1e6, "Trajectory: apart is ", apart, ", expected above 0");
    detail::check_count("Trajectory", "most_steps", most_steps);
    detail::check_count("Trajectory", "renew_every", renew_every, 0);
    return policy;
  }

  // Every pass over a layer has an address of its own.
  Draws next() { return {.seed = seed_, .step = clock_++}; }
  int steps_for(double times) const {
    return static_cast<int>(
        std::min(std::ceil(times * times_.integrated), static_cast<double>(policy_.most_steps)));
  }
  // One block of one rung, in turn, from the lowest rung up: newborn states climb.
  void renew(const B& on) {
    const auto rungs = static_cast<std::uint64_t>(ladder_.rungs().size()) - 1;
    if (rungs == 0) return void(ladder_.renew(on, 0, ladder_.drawn_partners(next()).block, next()));
    const std::uint64_t turn = turns_++;
    ladder_.renew(on, static_cast<Index>(1 + turn % rungs),
                  static_cast<Index>(turn / rungs % static_cast<std::uint64_t>(policy_.blocks)), next());
  }
  // The share of trades with these members that chains of the new model accept, though they were drawn from
  // another one, under which they have these energies; 0 if their weights degenerate.
  double acceptance(const PairEnergies& pairs, const Eigen::VectorXd& energies,
                    const Eigen::VectorXd& members) const {
    const Eigen::VectorXd log_weights = energies - pairs.upper_x;
    const bool usable = 2 * effective_sample_size(log_weights) >= static_cast<double>(policy_.chains);
    return usable ? harmonium::acceptance(pairs.upper_x - pairs.lower_x,
                                          (log_weights.array() - log_weights.maxCoeff()).exp(), members)
                  : 0;
  }
  // Chains of the lowest rung become those of the model that training begins with, whose weights may be
  // large: by way of models with a share of them.
  void climb(const B& on, const M& model) {
    M next_rung = model;
    for (double reached = 0; reached < 1;) {
      const Draws draws = next();
      double share = 1;
      for (;; share = (reached + share) / 2) {
        for_each_parameter(
            [&](const ParameterName&, Role role, auto x, auto whole) {
              if (role == Role::weight) on.update(SetToMultiple<T>{static_cast<T>(share)}, x, whole);
            },
            next_rung, model);
        born_ = ladder_.draw(on, next_rung, *chains_, draws);
        const PairEnergies pairs = ladder_.compare(on, next_rung, *chains_, ladder_.drawn_partners(next()));
        const double accepted = acceptance(pairs, pairs.lower_x, ladder_.gaps(on, next_rung));
        if (!(accepted < policy_.freeze_below) || share - reached < 1e-3) break;
      }
      if (share < 1) freeze(on, next_rung);
      reached = share;
    }
  }
  // Chains are brought to equilibrium with the whole ladder: what it has below must be able to arrive, or a
  // mode that chains have lost stays lost.
  void freeze(const B& on, const M& model) {
    const StateView states = *chains_;
    const auto move = [&] {
      if (policy_.renew_every > 0) renew(on);
      if (policy_.jumps) jumps_.jump(on, model, states, next());
      ladder_.move(on, model, states, born_, work_, next());
    };
    times_ = measure_autocorrelation(
        on, move, [&] { return ConstViewOf<B>(states.visible); }, policy_.most_steps);
    for (int i = steps_for(policy_.settle); i > 0; --i) move();
    const int between = std::min(steps_for(policy_.apart),
                                 std::max(1, policy_.most_steps / static_cast<int>(policy_.blocks)));
    ladder_.freeze(on, model, [&](StateView out) {
      for (int i = between; i > 0; --i) move();
      on.copy(states.visible, out.visible);
      refresh(on, model, out);
      return born_;
    });
    fallback_ = model;
    rate_share_ = 1;
  }

  Trajectory policy_;
  Ladder<M> ladder_;
  M fallback_;
  Jumps<M> jumps_;
  typename M::Workspace work_;
  std::optional<StateView> chains_;  // of the last update
  Births born_;                      // when they were drawn from the lowest rung
  Eigen::VectorXd energies_;         // theirs, under the model that they were drawn from
  AutocorrelationTimes times_;
  std::uint64_t seed_ = 0, clock_ = 0, updates_ = 0, turns_ = 0, refusals_ = 0, renewed_ = 0, renewals_ = 0;
  double rate_share_ = 1, acceptance_ = 1;
};

}  // namespace harmonium
