// Contrastive divergence checked against its exact expectation: the mean over chains of k steps is computed
// by summing over all states, and so is the gradient of the likelihood that it approaches as k grows.
#pragma once

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/statistics.hpp"

namespace test {

using namespace harmonium;

/// The statistics that multiply the parameters of a layer of one type in -E(x), in the order of the walk, for
/// the rows of x from `row` on.
template <class U>
void add_statistics(const Layer<U, Cpu<double>>& layer, const oracle::Numbers& x, std::size_t row,
                    oracle::Numbers& numbers) {
  const auto rows = static_cast<std::size_t>(layer.rows());
  for (std::size_t i = row; i < row + rows; ++i) numbers.push_back(x[i]);
  if constexpr (std::is_same_v<U, Gaussian> || std::is_same_v<U, Rectified>)
    for (std::size_t i = 0; i < rows; ++i)
      numbers.push_back(-0.5 * std::exp(layer.parameters(static_cast<Index>(i), 1)) * x[row + i] *
                        x[row + i]);
}
template <class... U>
void add_statistics(const Layer<Mixed<U...>, Cpu<double>>& layer, const oracle::Numbers& x, std::size_t row,
                    oracle::Numbers& numbers) {
  const auto add = [&](const auto& part) {
    add_statistics(part, x, row, numbers);
    row += static_cast<std::size_t>(part.rows());
  };
  std::apply([&](const auto&... part) { (add(part), ...); }, layer.parts);
}

/// Mean and variance, over p(v), of the expectation given v of d(-energy)/d(parameter), in the order of the
/// walk: the product of v and h for weights, and the statistics of each layer.
template <class Model>
std::pair<oracle::Numbers, oracle::Numbers> moments(const Model& rbm, const oracle::Distribution& p) {
  const oracle::Machine machine = machine_of(rbm);
  const oracle::States hidden(machine.hidden);
  std::vector<oracle::Numbers> statistics;  // of each hidden state
  for (const oracle::Numbers& h : hidden.states) {
    statistics.push_back(h);
    add_statistics(rbm.hidden, h, 0, statistics.back());
  }
  oracle::Numbers mean, variance;
  for (std::size_t i = 0; i < p.states.size(); ++i) {
    if (p.probabilities[i] < 1e-25) continue;  // the distant corners of a Gaussian's grid
    const oracle::Numbers& v = p.states[i];
    const oracle::Numbers p_h = hidden.conditional(oracle::hidden_input(machine, v));
    oracle::Numbers of_h(statistics[0].size(), 0.0);
    for (std::size_t k = 0; k < p_h.size(); ++k)
      for (std::size_t j = 0; j < of_h.size(); ++j) of_h[j] += p_h[k] * statistics[k][j];
    const auto own = of_h.begin() + rbm.hidden.rows();  // after E[h | v]
    oracle::Numbers f;
    for (auto y = of_h.begin(); y != own; ++y)
      for (const double x : v) f.push_back(x * *y);
    add_statistics(rbm.visible, v, 0, f);
    f.insert(f.end(), own, of_h.end());
    mean.resize(f.size());
    variance.resize(f.size());
    for (std::size_t j = 0; j < f.size(); ++j) {
      mean[j] += p.probabilities[i] * f[j];
      variance[j] += p.probabilities[i] * f[j] * f[j];
    }
  }
  for (std::size_t j = 0; j < mean.size(); ++j) variance[j] -= mean[j] * mean[j];
  return {mean, variance};
}

/// Can the library compute log Z of this model?
template <class R>
inline constexpr bool has_exact_likelihood =
    decltype(R::visible)::finite || decltype(R::hidden)::finite || std::is_same_v<R, GaussianGaussian>;

/// A model whose chains forget slowly enough for the bias of CD-1 to be visible. Two layers with infinitely
/// many states are small and have small weights, so that the oracle can sum over them and the sum is finite.
template <class R>
R biased_rbm() {
  if constexpr (decltype(R::visible)::finite || decltype(R::hidden)::finite) {
    constexpr bool spins = std::is_same_v<typename decltype(R::visible)::Unit, Spin> ||
                           std::is_same_v<typename decltype(R::hidden)::Unit, Spin>;
    constexpr bool infinite = !decltype(R::visible)::finite || !decltype(R::hidden)::finite;
    return small_rbm<R>(12, spins && infinite ? 0.6 : 1.2);  // a spin's states are twice as far apart
  } else {
    R rbm({.visible = 2, .hidden = 1});
    randomise(rbm, 12);
    rbm.weights << 0.6, 0.5;
    return rbm;
  }
}

/// The gradients of CD-1, CD-5 and CD-25 have the right mean, and approach that of the likelihood; the latter
/// is also checked by finite differences of the library's exact likelihood, where there is one.
template <class Model>
void check_bias(Model rbm) {
  const auto begin = rbm;
  const oracle::Machine machine = machine_of(rbm);
  // A few samples, each repeated many times, so that the positive phase is exact.
  const Index samples = 4, chains = 40'000;
  const Eigen::MatrixXd few = some_states(rbm, samples, 5);
  const Eigen::MatrixXd data = few.replicate(1, chains / samples);
  oracle::Distribution p;
  for (Index c = 0; c < samples; ++c) {
    p.states.push_back(column_of(few, c));
    p.probabilities.push_back(0.25);
  }
  const oracle::Numbers positive = moments(rbm, p).first;
  const oracle::Numbers model_mean = moments(rbm, oracle::visible_distribution(machine)).first;

  // The likelihood's gradient: by enumeration, and by finite differences of the library's exact likelihood.
  oracle::Numbers exact = positive;
  for (std::size_t i = 0; i < exact.size(); ++i) exact[i] -= model_mean[i];
  if constexpr (has_exact_likelihood<Model>) {
    const auto likelihood = [&](const Model& m) {
      return exact_log_likelihood(m, few, Cpu<double>{}).mean();
    };
    CHECK(worst_slope(rbm, exact, likelihood) < 1e-9);
  }

  const oracle::GibbsChain chain(machine);
  std::vector<double> biases;
  int steps_so_far = 0;
  for (const int steps : {1, 5, 25}) {
    for (; steps_so_far < steps; ++steps_so_far) p = chain.step(p);
    const auto [negative, variance] = moments(rbm, p);
    biases.push_back(largest_difference(negative, model_mean));

    // Named policies: a variant of all would be compiled for each of the models.
    const ContrastiveDivergenceOptions<DataChains, Momentum> options{
        .batch_size = chains,
        .steps = steps,
        .optimizer = {.rate = 0.0},
        .max_gradient_norm = 0,
        .centered = false,
        .zero_sum = false,
        .seed = static_cast<std::uint64_t>(steps)};
    ContrastiveDivergence trainer{rbm, options};
    trainer.step({.values = data});
    REQUIRE(rbm == begin);  // a rate of zero
    const oracle::Numbers gradient = flatten(trainer.gradient());
    REQUIRE(gradient.size() == positive.size());
    double worst = 0, worst_from_exact = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double error = std::sqrt(variance[i] / static_cast<double>(chains)) + 1e-12;
      worst = std::fmax(worst, std::abs(gradient[i] - (positive[i] - negative[i])) / error);
      worst_from_exact = std::fmax(worst_from_exact, std::abs(gradient[i] - exact[i]) / error);
    }
    INFO(steps << " steps, bias " << biases.back());
    CHECK(worst < sigmas);
    if (steps == 1) CHECK(worst_from_exact > sigmas);  // the bias is large enough to be seen
    if (steps == 25) CHECK(worst_from_exact < sigmas);
  }
  CHECK(biases[0] > 2 * biases[1]);
  CHECK(biases[1] > 2 * biases[2]);
}

}  // namespace test
