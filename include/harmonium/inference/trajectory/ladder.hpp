/// \file
/// A ladder of models along a training run (parallel trajectory tempering: Béreux, Decelle, Furtlehner and
/// Seoane, 2026). Each rung is a model that was frozen on the way, with a reservoir of states drawn from it.
/// The lowest one has no weights, so it is drawn exactly and its log Z is known. Chains trade states with the
/// rung below them, so that what they visit is born at the bottom again and again, and the reservoirs give
/// log Z rung by rung.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "../../backend/on_host.hpp"
#include "../../core/metropolis.hpp"
#include "column_ratios.hpp"
#include "rung.hpp"

namespace harmonium {

/// The rungs, from the bottom to the last frozen model, and memory for trading with `columns` chains at once.
template <EnergyModel M>
class Ladder {
  using B = typename M::Backend;
  using T = ScalarOf<B>;
  using StateView = typename M::StateView;

 public:
  /// Empty, with memory. \param model has the shape of all rungs \param columns is the number of chains that
  /// trade at once, at least 1 \param blocks how many times as many states a reservoir has, at least 1 \param
  /// meet do all columns trade with all members of the reservoir? Otherwise each column is a ladder of its
  /// own
  Ladder(const M& model, Index columns, Index blocks, bool meet = true)
      : columns_(columns),
        blocks_(blocks),
        meet_(meet),
        like_(model),
        other_(make_state(model, columns)),
        risen_(make_state(model, columns)),
        work_(make_workspace(model, columns)),
        both_(model.visible.rows(), 2 * columns),
        sums_(1, columns) {}

  /// The rungs, the lowest first.
  const std::vector<Rung<M>>& rungs() const { return rungs_; }
  /// The last one. There must be one.
  const Rung<M>& top() const { return rungs_.back(); }

  /// Column by column.
  Partners partners(Index block) const {
    Partners all{.block = block};
    for (Index i = 0; i < columns_; ++i) all.columns.push_back(i);
    return all;
  }
  /// A block, at random unless it is given, and where columns meet, rotated at random.
  Partners drawn_partners(Draws draws, std::optional<Index> block = {}) const {
    const PhiloxBlock words = draws.in(Stream::swap).block_of_row(0, 0, 1);
    Partners all = partners(block.value_or(index_from(words.word[0], blocks_)));
    if (meet_)
      std::rotate(all.columns.begin(), all.columns.begin() + index_from(words.word[1], columns_),
                  all.columns.end());
    return all;
  }

  /// Begins anew with the lowest rung: the model without weights.
  void begin(const B& on, const M& model, Draws draws) {
    rungs_.clear();
    Rung<M> rung = empty_rung();
    rung.model = model;
    for_each_parameter(
        [&](const ParameterName&, Role role, auto x) {
          if (role == Role::weight) on.fill(x, 0);
        },
        rung.model);
    const auto state = risen_.columns(0, columns_);
    double sum = 0;
    for (Index block = 0; block < blocks_; ++block, ++draws.step) {
      start(on, rung.model, state, draws);
      keep(on, rung, block, state, newborn(draws));
      sum += log_z_of_independent(on, rung.model, state);
    }
    log_z_of_lowest_ = sum / static_cast<double>(blocks_);
    rungs_.push_back(std::move(rung));
  }

  /// Free energies of x (up to date with the model) and of partners in the top rung, under both models.
  PairEnergies compare(const B& on, const M& model, StateView x, const Partners& partners) {
    return compare(on, model, x, rungs_.back(), partners);
  }
  /// Free energy under a model, less that under the top rung, of each member of this one's reservoir.
  Eigen::VectorXd gaps(const B& on, const M& model) {
    const Rung<M>& rung = top();
    Eigen::VectorXd all = -Eigen::Map<const Eigen::VectorXd>(rung.energies.data(), columns_ * blocks_);
    const auto other = other_.columns(0, columns_);
    for (Index block = 0; block < blocks_; ++block) {
      on.copy(members(rung, block), other.visible);
      refresh(on, model, other);
      all.segment(block * columns_, columns_) += energies(on, model, other);
    }
    return all;
  }
  /// Trades x (up to date with the model) for partners in the top rung, pair by pair, with probability min(1,
  /// exp(gain)). Both distributions stay as they are. x is up to date afterwards, too; `born`, one per
  /// column, trades with it.
  void trade(const B& on, const M& model, StateView x, Births& born, const Partners& partners,
             const PairEnergies& pairs, Draws draws) {
    trade(on, model, x, born, rungs_.back(), partners, pairs, draws);
  }
  /// One step of chains with a model above the ladder: a transition, and a trade with partners drawn at
  /// random. x is up to date, before and after.
  void move(const B& on, const M& model, StateView x, Births& born, typename M::Workspace& work,
            Draws draws) {
    transition(on, model, x, x, work, draws);
    const Partners partners = drawn_partners(draws);
    trade(on, model, x, born, partners, compare(on, model, x, partners), draws);
  }
  /// Renews a block of a rung's reservoir: it trades with that of the rung below and takes a step. The lowest
  /// rung's are drawn afresh. One rung after the other, from below, lets newborn states climb several.
  /// Returns the share of trades that were to be accepted, 1 at the bottom.
  double renew(const B& on, Index number, Index block, Draws draws) {
    Rung<M>& rung = rungs_[static_cast<std::size_t>(number)];
    const Partners below_it = drawn_partners(draws, block);
    const auto state = risen_.columns(0, columns_);
    if (number == 0) {
      start(on, rung.model, state, draws);
      keep(on, rung, block, state, newborn(draws));
      return 1;
    }
    Rung<M>& below = rungs_[static_cast<std::size_t>(number - 1)];
    if (number == 1) renew(on, 0, block, draws);
    Births born = load(on, rung, block, state);
    const PairEnergies pairs = compare(on, rung.model, state, below, below_it);
    weigh(rung, block, pairs);
    trade(on, rung.model, state, born, below, below_it, pairs, draws);
    transition(on, rung.model, state, state, work_, draws);
    keep(on, rung, block, state, born);
    return pairs.acceptance();
  }
  /// A block of the top rung's states, for `model`. Returns when they were born.
  Births draw(const B& on, const M& model, StateView out, Draws draws) {
    const Index block = drawn_partners(draws).block;
    on.copy(members(rungs_.back(), block), out.visible);
    refresh(on, model, out);
    return births(rungs_.back(), block);
  }

  /// log Z of the top rung: that of the lowest one, and Bennett's acceptance ratio between all neighbours.
  /// The error is that between columns (column_ratios.hpp).
  LogZEstimate log_z() const { return ratios().estimate(); }
  /// log Z of a model, by one more ratio, between all states of the top rung and chains of the model (up to
  /// date).
  LogZEstimate log_z(const B& on, const M& model, StateView chains) {
    Rung<M> rung = empty_rung();
    rung.down.resize(static_cast<std::size_t>(columns_));
    for (Index block = 0; block < blocks_; ++block) {
      const PairEnergies pairs = compare(on, model, chains, partners(block));
      weights(rung.up, block) = pairs.lower_y - pairs.upper_y;
      if (block == 0) weights(rung.down, 0) = pairs.lower_x - pairs.upper_x;
    }
    ColumnRatios sum = ratios();
    sum.climb(rung.up, rung.down);
    return sum.estimate();
  }

  /// Freezes a model as the next rung. `sample(out)` is called once per block, writes states drawn from it,
  /// up to date, and returns when they were born.
  template <class Sample>
  void freeze(const B& on, const M& model, Sample sample) {
    Rung<M> rung = empty_rung();
    rung.model = model;
    const auto state = risen_.columns(0, columns_);
    for (Index block = 0; block < blocks_; ++block) {
      const Births born = sample(state);
      keep(on, rung, block, state, born);
      weigh(rung, block, compare(on, model, state, partners(block)));
    }
    rungs_.push_back(std::move(rung));
  }

  /// Free energy of each column of a state that is up to date.
  Eigen::VectorXd energies(const B& on, const M& model, StateView state) {
    on.fill(sums_, T(0));
    add_free_energy(on, model, state, T(1), sums_);
    return detail::row_on_host(on, sums_);
  }

  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("rungs", rungs_, empty_rung());
    f("log_z_of_lowest", log_z_of_lowest_);
  }

 private:
  Rung<M> empty_rung() const {
    const auto count = static_cast<std::size_t>(columns_ * blocks_);
    const std::vector<double> zeros(count);
    return {like_, Matrix<B>(like_.visible.rows(), columns_ * blocks_), zeros, zeros, zeros, Births(count)};
  }
  // A block's part of numbers that a rung has for each of its members.
  Eigen::Map<Eigen::VectorXd> weights(std::vector<double>& numbers, Index block) const {
    return {numbers.data() + static_cast<std::ptrdiff_t>(block * columns_), columns_};
  }
  void weigh(Rung<M>& rung, Index block, const PairEnergies& pairs) const {
    weights(rung.up, block) = pairs.lower_y - pairs.upper_y;
    weights(rung.down, block) = pairs.lower_x - pairs.upper_x;
  }
  ViewOf<B> members(Rung<M>& rung, Index block) const {
    return view_of(rung.states).columns(block * columns_, columns_);
  }
  ConstViewOf<B> members(const Rung<M>& rung, Index block) const {
    return ConstViewOf<B>(rung.states).columns(block * columns_, columns_);
  }
  void keep(const B& on, Rung<M>& rung, Index block, StateView state, const Births& born) {
    on.copy(state.visible, members(rung, block));
    weights(rung.energies, block) = energies(on, rung.model, state);
    std::copy(born.begin(), born.end(), rung.born.begin() + block * columns_);
  }
  Births load(const B& on, const Rung<M>& rung, Index block, StateView state) {
    on.copy(members(rung, block), state.visible);
    refresh(on, rung.model, state);
    return births(rung, block);
  }
  Births births(const Rung<M>& rung, Index block) const {
    const auto first = rung.born.begin() + block * columns_;
    return Births(first, first + columns_);
  }
  Births newborn(Draws draws) const { return Births(static_cast<std::size_t>(columns_), draws.step); }

  PairEnergies compare(const B& on, const M& model, StateView x, Rung<M>& rung, const Partners& partners) {
    const auto other = other_.columns(0, columns_);
    PairEnergies pairs;
    pairs.upper_x = energies(on, model, x);
    on.copy(x.visible, other.visible);
    refresh(on, rung.model, other);
    pairs.lower_x = energies(on, rung.model, other);
    on.gather(members(std::as_const(rung), partners.block), partners.columns, T(1), other.visible);
    refresh(on, model, other);
    pairs.upper_y = energies(on, model, other);
    pairs.lower_y = weights(rung.energies, partners.block)(partners.columns);
    return pairs;
  }
  void trade(const B& on, const M& model, StateView x, Births& born, Rung<M>& rung, const Partners& partners,
             const PairEnergies& pairs, Draws draws) {
    const Index block = partners.block;
    // Columns of [x, y]: where the upper and the lower states come from.
    std::vector<Index> upper(static_cast<std::size_t>(columns_)), lower(upper.size());
    auto kept = weights(rung.energies, block);
    bool any = false;
    for (Index i = 0; i < columns_; ++i) {
      const PhiloxBlock words = draws.in(Stream::swap).block_of_row(0, static_cast<std::uint32_t>(i), 0);
      const bool trades = accepts(words, pairs.gain(i));
      const Index partner = partners.columns[static_cast<std::size_t>(i)];
      upper[static_cast<std::size_t>(i)] = trades ? columns_ + partner : i;
      lower[static_cast<std::size_t>(partner)] = trades ? i : columns_ + partner;
      if (trades) {
        std::uint64_t &own = born[static_cast<std::size_t>(i)],
                      &other = rung.born[static_cast<std::size_t>(block * columns_ + partner)];
        kept(partner) = pairs.lower_x(i);
        std::swap(own, other);
      }
      any = any || trades;
    }
    if (!any) return;
    const ViewOf<B> both = both_;
    on.copy(x.visible, both.columns(0, columns_));
    on.copy(members(rung, block), both.columns(columns_, columns_));
    on.gather(ConstViewOf<B>(both), upper, T(1), x.visible);
    on.gather(ConstViewOf<B>(both), lower, T(1), members(rung, block));
    refresh(on, model, x);
  }

  ColumnRatios ratios() const {
    ColumnRatios sum(log_z_of_lowest_, columns_, meet_);
    for (std::size_t i = 1; i < rungs_.size(); ++i) sum.climb(rungs_[i].up, rungs_[i].down);
    return sum;
  }
  // Without weights, p(v) is known: it is that of the visible layer alone. log Z = -F(v) - log p(v) for any
  // v.
  double log_z_of_independent(const B& on, const M& model, StateView state) {
    Matrix<B> nothing(model.visible.rows(), columns_);
    on.fill(nothing, T(0));
    on.fill(sums_, T(0));
    add_free_energy(on, model, state, T(-1), sums_);
    add_energy(on, model.visible, ConstViewOf<B>(state.visible), T(1), sums_);
    add_log_partition(on, model.visible, ConstViewOf<B>(nothing), T(1), sums_);
    return detail::row_on_host(on, sums_).mean();
  }

  Index columns_, blocks_;
  bool meet_;
  M like_;
  typename M::State other_, risen_;
  typename M::Workspace work_;
  Matrix<B> both_, sums_;
  std::vector<Rung<M>> rungs_;
  double log_z_of_lowest_ = 0;
};

}  // namespace harmonium
