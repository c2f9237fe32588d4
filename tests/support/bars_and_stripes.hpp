// How well bars and stripes are learned, whose best likelihood is known.
#pragma once

#include <cmath>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "catch.hpp"

namespace test {

/// Trains an RBM on bars and stripes of `side` x `side` pixels: the mean exact log likelihood has to come
/// within `margin` nats of that of the best possible model, `best`.
inline void check_bars_and_stripes(harmonium::Index side, harmonium::Index hidden, double weight_scale,
                                   double best, double margin,
                                   const harmonium::ContrastiveDivergenceOptions<>& options) {
  using namespace harmonium;
  const Dataset data = bars_and_stripes(side);
  Rbm<Bernoulli, Bernoulli> rbm{
      {.visible = side * side, .hidden = hidden, .seed = 1, .weight_scale = weight_scale}};
  ContrastiveDivergence{rbm, options, Cpu<float>{}}.fit(data);
  const double likelihood = exact_log_likelihood(rbm, data.to_matrix<float>()).mean();
  // The empirical distribution: all pictures are equally frequent, but blank and full come twice.
  const double n = std::pow(2, side + 1), possible = -((n - 4) * std::log(n) + 4 * std::log(n / 2)) / n;
  CHECK_THAT(possible, Catch::Matchers::WithinAbs(best, 0.001));
  CHECK(likelihood > possible - margin);
  CHECK(likelihood < possible);  // it cannot be exceeded if log Z is right
}

}  // namespace test
