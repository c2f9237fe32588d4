/// \file
/// Generating samples: Gibbs sampling in an RBM, or in a DBN's top RBM and then one pass down.
#pragma once

#include "../core/counts.hpp"
#include "../core/variant.hpp"
#include "../models/tempering.hpp"
#include "reconstruction.hpp"

namespace harmonium {

/// How to generate.
struct GenerateOptions {
  Index samples = 100;     ///< number of chains, each of which yields one sample
  int steps = 1000;        ///< steps of each chain, at least 1
  std::uint64_t seed = 0;  ///< of the chains
  bool means = false;      ///< return the visible means of the last step (smooth pictures) instead of draws
  /// Steps before those, followed by as many at inverse temperatures that rise from 0 to 1, so that chains
  /// start in more of the model's modes.
  int tempering = 0;
};

namespace detail {
/// Plain steps, then as many at inverse temperatures that rise to 1. Only the centered interaction is scaled
/// (models/tempering.hpp); its offsets are the chains' means after the plain steps.
template <class V, class H, class B>
void cool_down(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> chains, RbmWorkspace<B>& work, int steps,
               std::uint64_t seed) {
  using T = ScalarOf<B>;
  const Index count = chains.visible.cols;
  auto means = make_means(rbm);
  Matrix<B> shares(1, count), betas(2, count);
  Draws draws{.seed = seed, .step = std::uint32_t{1} << 31};
  for (int step = 0; step < steps; ++step, ++draws.step) transition(on, rbm, chains, chains, work, draws);
  on.fill(shares, T(1) / static_cast<T>(count));
  track_means(on, rbm, chains, shares, T(0), means, work);
  prepare_tempering(on, rbm, means);
  for (int step = 1; step <= steps; ++step, ++draws.step) {
    const double beta = static_cast<double>(step) / steps;
    on.fill(view_of(betas).rows_from(0, 1), static_cast<T>(beta));
    on.fill(view_of(betas).rows_from(1, 1), static_cast<T>(1 - beta));
    tempered_transition(on, rbm, ConstViewOf<B>(betas), means, chains, work, draws);
  }
}
}  // namespace detail

/// Samples from chains that start at draws of the visible layer at zero input; V x samples. \throws
/// ValueError if samples or steps is not positive, or tempering is negative \throws ShapeError if the weights
/// do not fit the layers
template <class V, class H, class B>
Matrix<B> generate(const Rbm<V, H, B>& rbm, GenerateOptions options = {},
                   const std::type_identity_t<B>& on = {}) {
  detail::check_count("generate", "samples", options.samples);
  check<ValueError>(options.steps >= 1, "generate: steps is ", options.steps, ", expected at least 1");
  check<ValueError>(options.tempering >= 0, "generate: tempering is ", options.tempering,
                    ", expected at least 0");
  check_shapes("generate", rbm);
  auto state = make_state(rbm, options.samples);
  auto work = make_workspace(rbm, options.samples);
  const auto chains = state.columns(0, options.samples);
  const B rounded = rounding(on);
  start(rounded, rbm, chains, {.seed = options.seed});
  if (options.tempering > 0) detail::cool_down(on, rbm, chains, work, options.tempering, options.seed);
  for (int step = 0; step < options.steps; ++step)
    transition(rounded, rbm, chains, chains, work,
               {.seed = options.seed, .step = static_cast<std::uint64_t>(step)});
  // Holds the visible input of the last step.
  if (options.means) mean(on, rbm.visible, work.visible, chains.visible);
  return std::move(state.visible);
}

namespace detail {
/// Samples of the top RBM, `top(rbm)`, passed down once. Of `options`, steps (the number of the next draw),
/// seed and means are used.
template <class Units, class B, class Top>
Matrix<B> generate_below(const B& on, const Dbn<Units, B>& dbn, const GenerateOptions& options, Top top) {
  check_shapes("generate", dbn);
  Matrix<B> x, below;
  for (Index i = dbn.depth(); i-- > 0;)
    detail::visit_variant(
        [&](const auto& rbm) {
          if (i + 1 == dbn.depth()) {
            x = top(rbm);
            return;
          }
          pass_through(rounding(on), rbm, false, !(options.means && i == 0),
                       Draws{.seed = options.seed, .step = static_cast<std::uint64_t>(options.steps + i)},
                       ConstViewOf<B>(x), below);
          std::swap(x, below);
        },
        dbn.rbms[static_cast<std::size_t>(i)]);
  return x;
}
}  // namespace detail

/// Samples from chains in the top RBM, passed down once; V x samples. \throws ValueError if samples or steps
/// is not positive, or tempering is negative \throws ShapeError if the DBN has no layers, or weights do not
/// fit them
template <class Units, class B>
Matrix<B> generate(const Dbn<Units, B>& dbn, GenerateOptions options = {},
                   const std::type_identity_t<B>& on = {}) {
  return detail::generate_below(on, dbn, options, [&](const auto& rbm) {
    GenerateOptions of_top = options;
    of_top.means = options.means && dbn.depth() == 1;
    return generate(rbm, of_top, on);
  });
}

}  // namespace harmonium
