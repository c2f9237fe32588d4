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
      sum += row_on_host(on, out);
    });
  return sum;
}

}  // namespace detail

/// Lower bound on log p(v) of each of some samples of any kind, given log Z of the top RBM: exact, or from
/// `sandwich(dbn, ...)`. For a single RBM it is log p(v). \throws as `free_energy`; ShapeError also if the
/// DBN has no layers; ValueError also if samples is below 2
template <class Units, class B, SamplesFor<B> Data>
DbnBound log_likelihood_bound(const Dbn<Units, B>& dbn, const Data& data, double log_z_of_top,
                              const BoundOptions& options = {},
                              const std::type_identity_t<B>& on = B::all()) {
  constexpr const char* caller = "log_likelihood_bound";
  check_shapes(caller, dbn);
  check<ValueError>(options.samples >= 2, caller, ": samples is ", options.samples, ", expected at least 2");
  const auto& source = source_of<B>(data);
  DbnBound result{.bounds = Eigen::VectorXd(source.size())};
  double variance = 0;
  const auto bound = [&](Index first, ConstViewOf<B> v) {
    HostMatrix<DoubleIn<B>> terms(v.cols, options.samples);
    for (int s = 0; s < options.samples; ++s)
      terms.col(s) = detail::climb_to_top(on, dbn, v,
                                          {.seed = options.seed,
                                           .step = static_cast<std::uint64_t>(s) << 8,
                                           .first_sample = static_cast<std::uint32_t>(first),
                                           .stream = Stream::bound});
    const double count = options.samples;
    for (Index c = 0; c < v.cols; ++c) {
      Eigen::Array<DoubleIn<B>, Eigen::Dynamic, 1> own = terms.row(c).transpose();
      double value = own.mean();
      if (options.importance_weighted) {
        value = log_mean_exp(own);
        own = (own - value).exp();  // the standard error of a logarithm, to first order
      }
      result.bounds(first + c) = value - log_z_of_top;
      variance += (own - own.mean()).square().sum() / (count - 1) / count;
    }
  };
  detail::visit_rbm(dbn, 0, [&](const auto& rbm) {
    detail::for_each_sample_block(on, caller, rbm.visible.rows(), source, bound);
  });
  result.mean = result.bounds.mean();
  result.standard_error = std::sqrt(variance) / static_cast<double>(source.size());
  return result;
}

namespace detail {
/// f(top RBM, samples): samples of any kind, drawn by passing them up through the layers below.
template <class B, class Units, class Data, class F>
void at_top(const B& on, const char* caller, const Dbn<Units, B>& dbn, const Data& data, std::uint64_t seed,
            F f) {
  check_shapes(caller, dbn);
  const auto give = [&](const auto& samples) {
    visit_rbm(dbn, dbn.depth() - 1, [&](const auto& rbm) { f(rbm, samples); });
  };
  if (source_of<B>(data).size() == 0 || dbn.depth() == 1) return give(data);
  Draws draws{.seed = seed, .stream = Stream::bound};
  Matrix<B> x, above;
  visit_rbm(dbn, 0, [&](const auto& rbm) {
    const Matrix<B> input = hidden_inputs(on, caller, rbm, data);
    pass_on(on, rbm.hidden, true, draws.in(Stream::hidden), ConstViewOf<B>(input), x);
  });
  for (Index i = 1; i + 1 < dbn.depth(); ++i)
    visit_rbm(dbn, i, [&](const auto& rbm) {
      ++draws.step;
      pass_through(on, rbm, true, true, draws, ConstViewOf<B>(x), above);
      std::swap(x, above);
    });
  give(x);
}
}  // namespace detail

/// log Z of a DBN's top RBM from both sides. Its base rates, and the starts of half its long chains, are
/// drawn by passing samples of any kind (possibly none) up through the layers below. \throws ShapeError if
/// the DBN has no layers, the data's rows do not match the visible layer, or weights their layers \throws
/// ValueError if an option is out of range, or a number is missing \throws DataError if one is not finite
template <class Units, class B, SamplesFor<B> Data>
Sandwich sandwich(const Dbn<Units, B>& dbn, const Data& data, const SandwichOptions& options = {},
                  const std::type_identity_t<B>& on = B::all()) {
  Sandwich result;
  detail::at_top(on, "sandwich", dbn, data, options.seed,
                 [&](const auto& rbm, const auto& samples) { result = sandwich(rbm, samples, options, on); });
  return result;
}

}  // namespace harmonium
