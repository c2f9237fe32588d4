/// \file
/// Chains jump to where the data are (the independence sampler of Metropolis and Hastings; Hastings, 1970). A
/// mode that gains weight during training, but has had next to none, is in no reservoir, and no chain finds
/// it; without chains there, nothing holds it back, until the model consists of it alone. Such modes are
/// where data are, or where the hidden units mix what they know of the data. So hidden states h_j, drawn
/// given the samples of a batch, and half of them recombined from those of two samples, propose states from
/// q(v) = mean over j of p(v | h_j). Its density is known, so that the model's distribution stays as it is.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../backend/on_host.hpp"
#include "../../core/metropolis.hpp"
#include "../../inference/annealing/log_weights.hpp"
#include "../../models/energy_model.hpp"

namespace harmonium {

/// A model whose visible units are independent given a hidden layer.
template <class M>
concept JumpingModel = EnergyModel<M> &&
    requires(const M& model, typename M::StateView state, const typename M::Backend& on,
             ViewOf<typename M::Backend> out, Draws draws) {
  { model.hidden.group } -> std::convertible_to<Index>;
  sample(on, model.hidden, state.input, out, draws);
  visible_input(on, model, ConstViewOf<typename M::Backend>(out), out);
};

/// Jumps of a number of chains. Those of a model that has no hidden layer stay where they are.
template <EnergyModel M>
class Jumps {
 public:
  /// Needs no memory.
  Jumps(const M& /*model*/, Index /*chains*/) {}
  /// Does nothing.
  template <class... Any>
  void aim(const Any&...) {}
  /// Does nothing.
  template <class... Any>
  void jump(const Any&...) {}
  /// 0
  double rate() const { return 0; }
};

/// Jumps of chains of a model with a hidden layer.
template <JumpingModel M>
class Jumps<M> {
  using B = typename M::Backend;
  using T = ScalarOf<B>;
  using StateView = typename M::StateView;

 public:
  /// Memory. \param model has the shape of all that follow \param chains is their number
  Jumps(const M& model, Index chains)
      : chains_(chains),
        most_aims_(std::min(chains, Index{256})),
        visible_(model.visible),
        target_(make_state(model, chains)),
        hidden_(model.hidden.rows(), most_aims_),
        inputs_(model.visible.rows(), most_aims_),
        chosen_(model.visible.rows(), chains),
        both_(model.visible.rows(), 2 * chains),
        products_(most_aims_, chains),
        sums_(1, chains) {}

  /// Jumps will lead to where these samples (up to date with the model) are; of more than 256, or more than
  /// there are chains, to the first ones.
  void aim(const B& on, const M& model, StateView data, Draws draws) {
    aims_ = std::min(most_aims_, data.visible.cols);
    visible_ = model.visible;
    const auto h = view_of(hidden_).columns(0, aims_), inputs = view_of(inputs_).columns(0, aims_),
               sums = view_of(sums_).columns(0, aims_);
    sample(on, model.hidden, data.columns(0, aims_).input, h, draws.in(Stream::hidden));
    recombine(on, model.hidden.group, h, draws);
    visible_input(on, model, ConstViewOf<B>(h), inputs);
    on.fill(sums, T(0));
    add_log_partition(on, visible_, ConstViewOf<B>(inputs), T(1), sums);
    log_partitions_ = detail::row_on_host(on, ConstViewOf<B>(sums));
  }
  /// Each chain jumps, with the probability of Metropolis and Hastings. x is up to date, before and after.
  void jump(const B& on, const M& model, StateView x, Draws draws) {
    if (aims_ == 0) return;
    std::vector<Index> aims, from;
    for (Index i = 0; i < chains_; ++i) {
      aims.push_back(index_from(words(draws, i).word[2], aims_));
    }
    const ViewOf<B> chosen = chosen_, both = both_;
    const auto y = target_.columns(0, chains_);
    on.gather(ConstViewOf<B>(inputs_).columns(0, aims_), aims, T(1), chosen);
    sample(on, visible_, ConstViewOf<B>(chosen), y.visible, draws.in(Stream::visible));
    refresh(on, model, y);
    const Eigen::VectorXd gains = log_weights(on, model, y) - log_weights(on, model, x);
    Index jumped = 0;
    for (Index i = 0; i < chains_; ++i) {
      const bool jumps = accepts(words(draws, i), gains(i));
      from.push_back(jumps ? chains_ + i : i);
      jumped += jumps ? 1 : 0;
    }
    rate_ = static_cast<double>(jumped) / static_cast<double>(chains_);
    if (jumped == 0) return;
    on.copy(x.visible, both.columns(0, chains_));
    on.copy(y.visible, both.columns(chains_, chains_));
    on.gather(ConstViewOf<B>(both), from, T(1), x.visible);
    refresh(on, model, x);
  }
  /// The share of the last jumps that were accepted.
  double rate() const { return rate_; }

 private:
  static PhiloxBlock words(Draws draws, Index chain) {
    return draws.in(Stream::swap).block_of_row(0, static_cast<std::uint32_t>(chain), 0);
  }
  // Every other sample's hidden units become in part those of another sample.
  void recombine(const B& on, Index group, ViewOf<B> h, Draws draws) const {
    HostMatrix<T> drawn(h.rows, h.cols);
    on.download(ConstViewOf<B>(h), View<T>(drawn));
    HostMatrix<T> mixed = drawn;
    for (Index c = 1; c < h.cols; c += 2) {
      const PhiloxBlock own = words(draws, c);
      const double share = uniform_from<double>(own.word[0]) / 2;
      const auto other = index_from(own.word[1], h.cols);
      for (Index row = 0; row < h.rows; row += group) {
        const PhiloxBlock drawn_for_unit =
            draws.in(Stream::swap)
                .block_of_row(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(c), 1);
        if (uniform_from<double>(drawn_for_unit.word[0]) < share)
          mixed.block(row, c, group, 1) = drawn.block(row, other, group, 1);
      }
    }
    on.upload(View<const T>(mixed), h);
  }
  // log of p / q, up to a constant: with p(v | h) = exp(input' v - E(v)) / Z(input), q is exp(-E) times a
  // mean over the samples that are aimed at.
  Eigen::VectorXd log_weights(const B& on, const M& model, StateView state) {
    const auto products = view_of(products_).rows_from(0, aims_);
    on.multiply(Op::transposed, Op::plain, 1, ConstViewOf<B>(inputs_).columns(0, aims_), state.visible, 0,
                products);
    on.fill(sums_, T(0));
    add_free_energy(on, model, state, T(-1), sums_);
    add_energy(on, visible_, ConstViewOf<B>(state.visible), T(1), sums_);
    Eigen::VectorXd weights = detail::row_on_host(on, ConstViewOf<B>(sums_));
    const Eigen::MatrixXd logs = detail::on_host(on, ConstViewOf<B>(products));
    for (Index i = 0; i < weights.size(); ++i) weights(i) -= log_mean_exp(logs.col(i) - log_partitions_);
    return weights;
  }

  Index chains_, most_aims_, aims_ = 0;
  decltype(M::visible) visible_;  // of the model when it was aimed
  typename M::State target_;
  Matrix<B> hidden_, inputs_, chosen_, both_, products_, sums_;
  Eigen::VectorXd log_partitions_;
  double rate_ = 0;
};

}  // namespace harmonium
