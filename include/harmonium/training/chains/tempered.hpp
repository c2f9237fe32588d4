/// \file
/// Parallel tempering (Swendsen and Wang, 1986; Desjardins, Courville, Bengio, Vincent and Delalleau, 2010):
/// chains on a ladder of temperatures swap places, so that those at the model's own temperature move between
/// modes. The spacing of the ladder adapts until all neighbours swap equally often.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../core/counts.hpp"
#include "../../core/host_matrix.hpp"
#include "../../core/metropolis.hpp"
#include "../../models/tempering.hpp"

namespace harmonium {

/// Persistent chains, each the coldest of a ladder from beta 0 (independent units near the data's means) to
/// beta 1 (the model).
struct Tempered {
  Index chains = 100;       ///< number of ladders, and so of chains at beta 1; at least 1
  Index temperatures = 10;  ///< rungs of a ladder, at least 2
  double adapt = 0.02;      ///< how fast rungs move to where swaps are equally frequent; 0: evenly spaced
  static constexpr const char* name = "tempered";  ///< in files

  /// The same number for every batch.
  Index count(Index /*batch*/) const { return chains; }
  /// The chains at all temperatures.
  template <class M>
  class Memory;
};

/// Options by name: see training/run/option_words.hpp.
template <class F>
void for_each_option(F&& f, const Tempered& options) {
  const auto& [chains, temperatures, adapt] = options;  // every field, or this does not compile
  f("chains", chains);
  f("temperatures", temperatures);
  f("adapt", adapt);
}

template <class M>
class Tempered::Memory {
  using B = typename M::Backend;
  using T = ScalarOf<B>;

 public:
  /// \throws ValueError if an option is out of range, or the model has no tempered transition
  Memory(const Tempered& policy, const M& model) : policy_(policy) {
    check<ValueError>(TemperedModel<M>, "Tempered: the model has no tempered transition");
    check<ValueError>(policy.temperatures >= 2 && policy.temperatures <= 10'000, "Tempered: temperatures is ",
                      policy.temperatures, ", expected 2 to 10000");
    check<ValueError>(policy.adapt >= 0 && policy.adapt <= 1, "Tempered: adapt is ", policy.adapt,
                      ", expected 0 to 1");
    detail::check_count("Tempered", "chains", policy.chains);
    const Index rungs = policy.temperatures, columns = policy.chains * rungs;
    detail::check_count("Tempered", "the number of chains at all temperatures", columns);
    state_ = make_state(model, columns);
    detail::clear_state(B{}, state_.columns(0, columns));
    work_ = make_workspace(model, columns);
    if constexpr (TemperedModel<M>) means_ = make_means(model);
    betas_ = Matrix<B>(2, columns);
    interactions_ = Matrix<B>(1, columns);
    host_betas_ = HostMatrix<T>(2, columns);
    host_ = HostMatrix<T>(1, columns);
    for (Index i = 0; i < columns; ++i) place_.push_back(i);
    for (Index i = 0; i < rungs; ++i)
      ladder_.push_back(static_cast<double>(i) / static_cast<double>(rungs - 1));
    rates_.assign(static_cast<std::size_t>(rungs - 1), 0.5);
  }

  /// All chains start at samples of the visible layer.
  void begin(const B& on, const M& model, typename M::StateView /*states*/, Draws draws) {
    start(on, model, all(), draws);
  }
  /// Runs `steps` steps at all temperatures, with swaps after each; `states` are then those of the coldest
  /// chains.
  void advance(const B& on, const M& model, typename M::StateView data, typename M::StateView states,
               typename M::Workspace& work, int steps, Draws draws) {
    if constexpr (TemperedModel<M>) {
      follow(on, model, data, work);
      refresh(on, model, all());  // as for `Persistent`
      for (int k = 0; k < steps; ++k, ++draws.step) {
        upload_betas(on);
        tempered_transition(on, model, betas_, means_, all(), work_, draws);
        on.fill(interactions_, 0);
        add_interaction(on, model, means_, all(), work_, T(1), interactions_);
        // Waits for a device: the host keeps track of which chain is on which rung, and of the rungs' betas.
        on.download(interactions_, View<T>(host_));
        trade(draws.in(Stream::swap));
      }
      const std::span<const Index> coldest(place_.data() + (policy_.temperatures - 1) * policy_.chains,
                                           static_cast<std::size_t>(policy_.chains));
      on.gather(ConstViewOf<B>(all().visible), coldest, T(1), states.visible);
      refresh(on, model, states);
    }
  }
  /// Lowest and mean share of accepted swaps between neighbours, over the last hundred or so.
  void report(std::vector<std::pair<std::string, double>>& metrics) const {
    double lowest = 1, sum = 0;
    for (const double rate : rates_) {
      lowest = std::min(lowest, rate);
      sum += rate;
    }
    metrics.emplace_back("swap_rate", sum / static_cast<double>(rates_.size()));
    metrics.emplace_back("lowest_swap_rate", lowest);
  }
  /// The ladder's inverse temperatures, from 0 to 1.
  const std::vector<double>& ladder() const { return ladder_; }
  /// Share of accepted swaps between rungs i and i + 1.
  const std::vector<double>& swap_rates() const { return rates_; }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    const auto shares = [](const std::vector<double>& numbers) {
      return std::all_of(numbers.begin(), numbers.end(), [](double x) { return x >= 0 && x <= 1; });
    };
    const auto each_once = [](std::vector<Index> numbers) {
      std::sort(numbers.begin(), numbers.end());
      for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] != static_cast<Index>(i)) return false;
      return true;
    };
    f("ladders", all());
    f("place", place_, each_once);
    f("betas", ladder_, shares);
    f("swap_rates", rates_, shares);
    f("followed", followed_);
    if constexpr (TemperedModel<M>) f("means", means_);
  }

 private:
  auto all() { return state_.columns(0, policy_.chains * policy_.temperatures); }
  // place_[rung * chains + chain] is the column of that chain on that rung: swaps exchange column numbers,
  // not states.
  Index& place(Index rung, Index chain) {
    return place_[static_cast<std::size_t>(rung * policy_.chains + chain)];
  }

  // The hottest chains' distribution follows the data's means.
  void follow(const B& on, const M& model, typename M::StateView data, typename M::Workspace& work) {
    const Index n = data.visible.cols;
    if (weights_.cols() < n) weights_ = Matrix<B>(1, n);
    const auto weights = view_of(weights_).columns(0, n);
    const double share = followed_ ? 0.01 : 1.0;
    followed_ = true;
    on.fill(weights, static_cast<T>(share / static_cast<double>(n)));
    track_means(on, model, data, weights, static_cast<T>(1 - share), means_, work);
    prepare_tempering(on, model, means_);
  }
  void upload_betas(const B& on) {
    for (Index rung = 0; rung < policy_.temperatures; ++rung)
      for (Index chain = 0; chain < policy_.chains; ++chain) {
        const double beta = ladder_[static_cast<std::size_t>(rung)];
        host_betas_(0, place(rung, chain)) = static_cast<T>(beta);
        host_betas_(1, place(rung, chain)) = static_cast<T>(1 - beta);
      }
    on.upload(View<const T>(host_betas_), betas_);
  }

  // Alternates between even and odd pairs of neighbours; host_ holds the interactions.
  void trade(Draws draws) {
    const double ladders = static_cast<double>(policy_.chains);
    for (auto low = static_cast<Index>(draws.step % 2); low + 1 < policy_.temperatures; low += 2) {
      const auto rung = static_cast<std::size_t>(low);
      const double gap = ladder_[rung + 1] - ladder_[rung];
      double accepted = 0;
      for (Index chain = 0; chain < policy_.chains; ++chain) {
        Index &hot = place(low, chain), &cold = place(low + 1, chain);
        const double gain = gap * (static_cast<double>(host_(0, hot)) - static_cast<double>(host_(0, cold)));
        const PhiloxBlock block =
            draws.block_of_row(static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(chain), 0);
        if (!accepts(block, gain)) continue;
        std::swap(hot, cold);
        ++accepted;
      }
      rates_[rung] += 0.02 * (accepted / ladders - rates_[rung]);
    }
    space();
  }

  // Gaps widen where swaps are more frequent than on average, and narrow where they are rarer.
  void space() {
    double mean = 0, sum = 0;
    for (const double rate : rates_) mean += rate / static_cast<double>(rates_.size());
    std::vector<double>& gaps = gaps_;
    gaps.resize(rates_.size());
    for (std::size_t i = 0; i < gaps.size(); ++i)
      sum += gaps[i] = (ladder_[i + 1] - ladder_[i]) * std::exp(policy_.adapt * (rates_[i] - mean));
    for (std::size_t i = 0; i + 1 < gaps.size(); ++i) ladder_[i + 1] = ladder_[i] + gaps[i] / sum;
  }

  Tempered policy_;
  typename M::State state_;
  typename M::Workspace work_;
  detail::MeansOf<M> means_;
  Matrix<B> betas_, interactions_, weights_;
  HostMatrix<T> host_betas_, host_;
  bool followed_ = false;
  std::vector<Index> place_;
  std::vector<double> ladder_, rates_, gaps_;
};

}  // namespace harmonium
