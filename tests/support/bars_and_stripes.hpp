// How well bars and stripes are learned, whose best likelihood is known.
#pragma once

#include <cmath>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

namespace test {

/// Mean exact log likelihoods: after training, and of the best possible model.
struct Learned {
  double likelihood, best;
};

/// Trains an RBM on bars and stripes of `side` x `side` pixels.
inline Learned bars_and_stripes_learned(harmonium::Index side, harmonium::Index hidden, double weight_scale,
                                        const harmonium::ContrastiveDivergenceOptions<>& options) {
  using namespace harmonium;
  const Dataset data = bars_and_stripes(side);
  Rbm<Bernoulli, Bernoulli> rbm{
      {.visible = side * side, .hidden = hidden, .seed = 1, .weight_scale = weight_scale}};
  ContrastiveDivergence{rbm, options, Cpu<float>{}}.fit(data);
  // The empirical distribution: all pictures are equally frequent, but blank and full come twice.
  const double n = std::pow(2, side + 1);
  return {exact_log_likelihood(rbm, data.to_matrix<float>()).mean(),
          -((n - 4) * std::log(n) + 4 * std::log(n / 2)) / n};
}

}  // namespace test
