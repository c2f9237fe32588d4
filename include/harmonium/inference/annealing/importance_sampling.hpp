/// \file
/// Annealed importance sampling (Neal, 2001; Salakhutdinov and Murray, 2008) of an RBM's log Z, from the base
/// rates to the model and in reverse (Burda, Grosse and Salakhutdinov, 2015). At inverse temperature beta
/// both layers' biases are (1 - beta) base + beta model and the weights are beta W, so that with A the hidden
/// layer's log-partition
///
///     log f(v; beta) = -E_shape(v) + bias_v(beta) . v + A(beta W^T v; bias_h(beta)).
///
/// Unit types need nothing extra for this: a layer already has all of it. Chains are columns of one matrix.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "path.hpp"

namespace harmonium {

/// How to anneal.
struct AnnealingOptions {
  Index chains = 100;              ///< at least 1
  std::vector<double> betas = {};  ///< from 0 to 1, non-decreasing; empty: `uniform_betas(1000)`
  std::uint64_t seed = 0;          ///< of the chains
};

namespace detail {

/// The options' schedule. \throws ValueError if it is not a valid one
inline std::vector<double> checked_betas(const char* caller, std::vector<double> betas) {
  if (betas.empty()) return uniform_betas(1000);
  check<ValueError>(
      betas.size() >= 2 && betas.size() < (std::size_t{1} << 30) && betas.front() == 0 && betas.back() == 1,
      caller, ": betas must begin with 0 and end with 1");
  for (std::size_t i = 1; i < betas.size(); ++i)
    check<ValueError>(betas[i] >= betas[i - 1], caller, ": beta ", i, " is ", betas[i],
                      ", below the one before it, ", betas[i - 1]);
  return betas;
}

template <class V, class H, class B>
void check_base(const char* caller, const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base) {
  check_shapes(caller, rbm);
  check<ShapeError>(base.visible.rows() == rbm.visible.rows() && base.hidden.rows() == rbm.hidden.rows(),
                    caller, ": the base has ", base.visible.rows(), " visible and ", base.hidden.rows(),
                    " hidden rows, the RBM has ", rbm.visible.rows(), " and ", rbm.hidden.rows());
}

/// Chains that follow a schedule, forwards or in reverse, and their log weights.
template <class R>
class Annealer;
template <class V, class H, class B>
class Annealer<Rbm<V, H, B>> {
  using T = ScalarOf<B>;

 public:
  /// \param on, rbm and base must outlive the annealer
  Annealer(const B& on, const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base, Index chains)
      : on_(on),
        rbm_(rbm),
        base_(base),
        visible_(rbm.visible),
        hidden_(rbm.hidden),
        next_hidden_(rbm.hidden),
        difference_(rbm.visible.rows(), 1),
        v_(rbm.visible.rows(), chains),
        down_(rbm.visible.rows(), chains),
        input_(rbm.hidden.rows(), chains),
        scaled_(rbm.hidden.rows(), chains),
        h_(rbm.hidden.rows(), chains),
        changes_(flush_every, chains),
        host_changes_(flush_every, chains),
        log_weights_(Eigen::VectorXd::Zero(chains)) {
    for_each_bias(rbm_.visible, [&](auto bias, Index first) {
      on_.copy(bias, view_of(difference_).rows_from(first, bias.rows));
    });
    for_each_bias(base_.visible, [&](auto bias, Index first) {
      on_.update(Subtract{}, view_of(difference_).rows_from(first, bias.rows), ConstViewOf<B>(bias));
    });
  }

  /// Starts the chains at draws from the base.
  void start_at_base(Draws draws) {
    on_.fill(down_, T(0));
    sample(on_, base_.visible, down_, v_, draws);
  }
  /// Starts the chains at given visible states.
  void start_at(ConstViewOf<B> v) { on_.copy(v, v_); }

  /// Goes through the inverse temperatures in order, adding up log f(v; next) - log f(v; this). Uses two
  /// steps of draws for each, from draws.step on. Allocates nothing.
  void run(std::span<const double> betas, Draws draws) {
    set_biases(hidden_, base_.hidden, rbm_.hidden, betas[0]);
    Index row = 0;
    for (std::size_t k = 1; k < betas.size(); ++k, draws.step += 2) {
      const double beta = betas[k];
      const auto change = view_of(changes_).rows_from(row, 1);
      on_.fill(change, T(0));
      hidden_input(on_, rbm_, v_, input_);
      scale_input(betas[k - 1]);
      add_log_partition(on_, hidden_, scaled_, T(-1), change);
      set_biases(next_hidden_, base_.hidden, rbm_.hidden, beta);
      std::swap(hidden_, next_hidden_);
      scale_input(beta);
      add_log_partition(on_, hidden_, scaled_, T(1), change);
      on_.sum_over_units(ScaledStateBody{}, difference_, 1, v_, static_cast<T>(beta - betas[k - 1]), change);
      if (++row == flush_every || k + 1 == betas.size()) flush(std::exchange(row, 0));
      if (k + 1 < betas.size()) move(beta, draws);
    }
  }
  /// The accumulated log weights, one per chain.
  const Eigen::VectorXd& log_weights() const { return log_weights_; }

 private:
  static constexpr Index flush_every = 32;

  // One step of Gibbs sampling at a temperature; scaled_ already holds the hidden layer's input at it.
  void move(double beta, Draws draws) {
    sample(on_, hidden_, scaled_, h_, draws);
    on_.multiply(Op::plain, Op::plain, static_cast<T>(beta), rbm_.weights, h_, T(0), down_);
    set_biases(visible_, base_.visible, rbm_.visible, beta);
    draws.step += 1;
    sample(on_, visible_, down_, v_, draws);
  }
  template <class L>
  void set_biases(L& layer, const L& base, const L& model, double beta) {
    const auto a = static_cast<T>(1 - beta), b = static_cast<T>(beta);
    for_each_parameter(
        [&](const ParameterName&, Role role, auto x, auto from, auto to) {
          if (role == Role::bias) on_.update(SetToCombination<T>{a, b}, x, from, to);
        },
        layer, base, model);
  }
  void scale_input(double beta) {
    on_.update(SetToMultiple<T>{static_cast<T>(beta)}, view_of(scaled_), ConstViewOf<B>(input_));
  }
  // Sums are kept on the host, in double precision.
  void flush(Index rows) {
    on_.download(ConstViewOf<B>(changes_).rows_from(0, rows), View<T>(host_changes_).rows_from(0, rows));
    for (Index c = 0; c < log_weights_.size(); ++c)
      for (Index r = 0; r < rows; ++r) log_weights_(c) += static_cast<double>(host_changes_(r, c));
  }

  const B& on_;
  const Rbm<V, H, B>& rbm_;
  const BaseRates<V, H, B>& base_;
  Layer<V, B> visible_;
  Layer<H, B> hidden_, next_hidden_;
  Matrix<B> difference_, v_, down_, input_, scaled_, h_, changes_;
  HostMatrix<T> host_changes_;
  Eigen::VectorXd log_weights_;
};

/// log Z of the base.
template <class V, class H, class B>
double log_z_of_base(const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base) {
  Rbm<V, H, B> independent = rbm;
  independent.visible = base.visible;
  independent.hidden = base.hidden;
  const auto precise = convert<Cpu<double>>(independent);
  const Cpu<double> on;
  const Eigen::MatrixXd none_v = Eigen::MatrixXd::Zero(rbm.visible.rows(), 1),
                        none_h = Eigen::MatrixXd::Zero(rbm.hidden.rows(), 1);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(1, 1);
  add_log_partition(on, precise.visible, View<const double>(none_v), 1, sum);
  add_log_partition(on, precise.hidden, View<const double>(none_h), 1, sum);
  return sum(0, 0);
}

}  // namespace detail

/// Annealing from the base to the model: log Z of the base plus the log weight, for each chain. The mean of
/// their exponentials is an unbiased estimate of Z, so its logarithm tends to lie below log Z. \throws
/// ValueError if an option is out of range \throws ShapeError if the base belongs to another RBM
template <class V, class H, class B>
Eigen::VectorXd annealed_log_weights(const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base,
                                     const AnnealingOptions& options = {}, const B& on = B::all()) {
  const auto betas = detail::checked_betas("annealed_log_weights", options.betas);
  detail::check_count("annealed_log_weights", "chains", options.chains);
  detail::check_base("annealed_log_weights", rbm, base);
  detail::Annealer<Rbm<V, H, B>> annealer(on, rbm, base, options.chains);
  annealer.start_at_base({.seed = options.seed, .stream = Stream::annealing});
  annealer.run(betas, {.seed = options.seed, .step = 1, .stream = Stream::annealing});
  return annealer.log_weights().array() + detail::log_z_of_base(rbm, base);
}

/// Annealing from the model to the base, one chain from each column of `starts` (V x n): log Z of the base
/// minus the log weight, for each chain. If the starts are draws from the model, the mean of the exponentials
/// of minus these numbers is an unbiased estimate of 1 / Z, so that minus its logarithm tends to lie above
/// log Z; otherwise it bounds nothing. `chains` is not used. \throws ValueError if the schedule is not a
/// valid one \throws ShapeError if the rows of base or starts do not match the RBM, or there are no starts
template <class V, class H, class B>
Eigen::VectorXd reverse_annealed_log_weights(const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base,
                                             std::type_identity_t<ConstViewOf<B>> starts,
                                             const AnnealingOptions& options = {}, const B& on = B::all()) {
  auto betas = detail::checked_betas("reverse_annealed_log_weights", options.betas);
  detail::check_base("reverse_annealed_log_weights", rbm, base);
  check<ShapeError>(starts.rows == rbm.visible.rows() && starts.cols >= 1,
                    "reverse_annealed_log_weights: the starts are ", starts.rows, " x ", starts.cols,
                    ", the RBM has ", rbm.visible.rows(), " visible rows");
  std::reverse(betas.begin(), betas.end());
  detail::Annealer<Rbm<V, H, B>> annealer(on, rbm, base, starts.cols);
  annealer.start_at(starts);
  annealer.run(betas, {.seed = options.seed, .step = std::uint32_t{1} << 31, .stream = Stream::annealing});
  return -annealer.log_weights().array() + detail::log_z_of_base(rbm, base);
}

}  // namespace harmonium
