/// \file
/// Variational lower bound on a DBN's log likelihood (Hinton, Osindero and Teh, 2006; Salakhutdinov and
/// Murray, 2008, section 5), estimated from stochastic upward passes. With q(h | v) the conditional
/// distribution of each RBM's hidden layer given the layer below, F(v) the free energy, and G(h) that of the
/// hidden states, G(h) = -log of the sum over v of exp(-E(v, h)),
///
///     log p(v) >= E_q[sum over RBMs below the top of (G_i(x_i+1) - F_i(x_i)) - F_top(x_top)] - log Z_top,
///
/// x_0 = v: the terms of log p(x_i | x_i+1) - log q(x_i+1 | x_i) that do not cancel.
#pragma once

#include <vector>

#include "../../core/host_matrix.hpp"
#include "../reconstruction.hpp"
#include "sandwich.hpp"

namespace harmonium {

/// How to estimate the bound.
struct BoundOptions {
  int samples = 10;        ///< upward passes per sample, at least 2
  std::uint64_t seed = 0;  ///< of the upward passes
  /// Take the log of the mean of exponentials instead of the mean: a bound that gets tighter with more
  /// samples (Burda, Grosse and Salakhutdinov, 2016).
  bool importance_weighted = false;
};

/// A lower bound on log p(v) of samples, in nats.
struct DbnBound {
  Eigen::VectorXd bounds = {};  ///< one per sample
  double mean = 0;              ///< over samples
  double standard_error = 0;  ///< of the mean, from the upward passes alone; the error of log Z comes on top
};

namespace detail {

/// out += G(h) - F(v) of an RBM, with h drawn on the way up; returns h.
template <class V, class H, class B>
Matrix<B> climb(const B& on, const Rbm<V, H, B>& rbm, ConstViewOf<B> v, Draws draws, ViewOf<B> out) {
  Matrix<B> input(rbm.hidden.rows(), v.cols), h(rbm.hidden.rows(), v.cols), down(rbm.visible.rows(), v.cols);
  hidden_input(on, rbm, v, input);
  sample(on, rbm.hidden, input, h, draws);
  visible_input(on, rbm, h, down);
  add_energy(on, rbm.visible, v, -1, out);
  add_log_partition(on, rbm.hidden, input, 1, out);
  add_energy(on, rbm.hidden, h, 1, out);
  add_log_partition(on, rbm.visible, down, -1, out);
  return h;
}

/// One estimate of the bound plus log Z of the top RBM for each column.
template <class Units, class B>
Eigen::VectorXd climb_to_top(const B& on, const Dbn<Units, B>& dbn, ConstViewOf<B> v, Draws draws) {
  using T = ScalarOf<B>;
  HostMatrix<T> host(1, v.cols);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(v.cols);
  Matrix<B> x(v.rows, v.cols), out(1, v.cols);
  on.copy(v, x);
  for (Index i = 0; i < dbn.depth(); ++i, ++draws.step)
    visit_rbm(dbn, i, [&](const auto& rbm) {
      on.fill(out, T(0));
      if (i + 1 < dbn.depth()) {
        x = climb(on, rbm, ConstViewOf<B>(x), draws, view_of(out));
      } else {
        auto state = make_state(rbm, v.cols);
        on.copy(x, state.columns(0, v.cols).visible);
        refresh(on, rbm, state.columns(0, v.cols));
        add_free_energy(on, rbm, state.columns(0, v.cols), T(-1), out);
      }
      on.download(out, View<T>(host));
      sum += host.row(0).transpose().template cast<double>();
    });
  return sum;
}

}  // namespace detail

/// Lower bound on log p(v) of each column of v (V x n), given log Z of the top RBM: exact, or from
/// `sandwich(dbn, ...)`. For a single RBM it is log p(v).
/// \throws ShapeError if v's rows do not match the visible layer, v has no columns, or the DBN has no layers
/// \throws ValueError if samples is below 2
template <class Units, class B>
DbnBound log_likelihood_bound(const Dbn<Units, B>& dbn, std::type_identity_t<ConstViewOf<B>> v,
                              double log_z_of_top, const BoundOptions& options = {}, const B& on = B::all()) {
  detail::check_input("log_likelihood_bound", dbn, v.rows);
  check<ShapeError>(v.cols >= 1, "log_likelihood_bound: v has no columns");
  check<ValueError>(options.samples >= 2, "log_likelihood_bound: samples is ", options.samples,
                    ", expected at least 2");
  DbnBound result{.bounds = Eigen::VectorXd(v.cols)};
  double variance = 0;
  constexpr Index block = 1000;
  for (Index first = 0; first < v.cols; first += block) {
    const Index n = std::min(block, v.cols - first);
    Eigen::MatrixXd terms(n, options.samples);
    for (int s = 0; s < options.samples; ++s)
      terms.col(s) = detail::climb_to_top(on, dbn, v.columns(first, n),
                                          {.seed = options.seed,
                                           .step = static_cast<std::uint64_t>(s) << 8,
                                           .first_sample = static_cast<std::uint32_t>(first),
                                           .stream = Stream::bound});
    const double count = options.samples;
    for (Index c = 0; c < n; ++c) {
      Eigen::ArrayXd own = terms.row(c).transpose();
      double value = own.mean();
      if (options.importance_weighted) {
        value = log_mean_exp(own);
        own = (own - value).exp();  // the standard error of a logarithm, to first order
      }
      result.bounds(first + c) = value - log_z_of_top;
      variance += (own - own.mean()).square().sum() / (count - 1) / count;
    }
  }
  result.mean = result.bounds.mean();
  result.standard_error = std::sqrt(variance) / static_cast<double>(v.cols);
  return result;
}

/// log Z of a DBN's top RBM from both sides. Its base rates, and the starts of half its long chains, are
/// drawn by passing the data (V x n; may have no columns) up through the layers below. \throws ShapeError if
/// the DBN has no layers, or the data's rows do not match the visible layer \throws ValueError if an option
/// is out of range
template <class Units, class B>
Sandwich sandwich(const Dbn<Units, B>& dbn, std::type_identity_t<ConstViewOf<B>> data,
                  const SandwichOptions& options = {}, const B& on = B::all()) {
  check<ShapeError>(dbn.depth() >= 1, "sandwich: the DBN has no layers");
  if (data.cols > 0) detail::check_input("sandwich", dbn, data.rows);
  Matrix<B> x(data.rows, data.cols), above;
  if (data.cols > 0) on.copy(data, x);
  Draws draws{.seed = options.seed, .stream = Stream::bound};
  for (Index i = 0; i + 1 < dbn.depth() && data.cols > 0; ++i, ++draws.step)
    detail::visit_rbm(dbn, i, [&](const auto& rbm) {
      detail::pass_through(on, rbm, true, true, draws, ConstViewOf<B>(x), above);
      std::swap(x, above);
    });
  Sandwich result;
  detail::visit_rbm(dbn, dbn.depth() - 1,
                    [&](const auto& rbm) { result = sandwich(rbm, ConstViewOf<B>(x), options, on); });
  return result;
}

}  // namespace harmonium
