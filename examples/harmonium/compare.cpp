#include "compare.hpp"

#include <cstdio>

#include "outcome.hpp"

using namespace harmonium;

namespace program {

Coverage compare_samples(const Model& model, const Columns& columns, const Eigen::MatrixXf& rows,
                         const Eigen::MatrixXf& held_out, Index samples, int steps, std::uint64_t seed,
                         int threads) {
  const Cpu<double> on(processors(threads).threads());
  const CoverageOptions options{.most_samples = samples, .seed = seed};
  const auto drawn = [&](Eigen::MatrixXf states) {
    draw_bits(columns, seed, states);
    return states;
  };
  const Eigen::MatrixXf generated = model.generate(samples, steps, seed);
  return held_out.cols() == 0 ? coverage(generated, drawn(rows), options, on)
                              : coverage(generated, drawn(rows), drawn(held_out), options, on);
}

std::optional<Coverage> compared_for_report(const Model& model, const Columns& columns,
                                            const Eigen::MatrixXf& rows, const Eigen::MatrixXf& held_out,
                                            int threads) {
  constexpr Index most = 500, fewest = 50, most_weights = 500'000;
  if (rows.cols() < fewest || model.weights().size() > most_weights) return {};
  // As many of each set are compared as the smallest has: too few held-out rows would leave little.
  const bool enough = held_out.cols() >= std::min(most, rows.cols()) / 2;
  return compare_samples(model, columns, rows, enough ? held_out : Eigen::MatrixXf(rows.rows(), 0),
                         std::min(most, rows.cols()), 1000, 1, threads);
}

std::string text_of(const Coverage& c) {
  std::string text;
  const auto add = [&]<class... Values>(const char* format, Values... values) {
    char line[200];
    std::snprintf(line, sizeof line, format, values...);
    text += line;
  };
  add("adversarial accuracy         %10.3f +- %.3f (0.5 is ideal: above, samples differ from the rows; "
      "below, "
      "they copy them)\n",
      c.nearest.mean(), c.nearest.error);
  if (c.held_out) {
    add("  beside held-out rows       %10.3f +- %.3f\n", c.held_out->mean(), c.held_out->error);
    add("privacy loss                 %10.3f (0 is ideal)\n", *c.privacy_loss());
  }
  add("correlation of covariances   %10.3f", c.pairs);
  if (c.held_out_pairs) add(" (of held-out rows %.3f)", *c.held_out_pairs);
  add("\ncorrelation of third moments %10.3f", c.triples);
  if (c.held_out_triples) add(" (of held-out rows %.3f)", *c.held_out_triples);
  add("\nclusters, %% of rows        ");
  for (const double share : c.shares) add(" %6.1f", 100 * share);
  add("\n          %% of samples     ");
  for (const double share : c.sample_shares) add(" %6.1f", 100 * share);
  return text + '\n';
}

}  // namespace program
