#include "compare.hpp"

#include <algorithm>
#include <cstdio>
#include <harmonium/io/pictures/markup.hpp>

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
  const Eigen::MatrixXf generated = model.generate(samples, steps, seed).values;
  return held_out.cols() == 0 ? coverage(generated, drawn(rows), options, on)
                              : coverage(generated, drawn(rows), drawn(held_out), options, on);
}

std::optional<Coverage> compared_for_report(const Model& model, const Columns& columns,
                                            const Eigen::MatrixXf& rows, const Eigen::MatrixXf& held_out,
                                            int threads) {
  constexpr Index most_weights = 500'000;
  // Each set is there several times, in double precision: no more than 8 MB of a wide table.
  const Index most = std::clamp<Index>(1'000'000 / std::max<Index>(1, rows.rows()), fewest_compared, 500);
  if (rows.cols() < fewest_compared || model.weights().size() > most_weights) return {};
  const bool enough = enough_held_out(held_out.cols(), std::min(most, rows.cols()));
  return compare_samples(model, columns, rows, enough ? held_out : Eigen::MatrixXf(rows.rows(), 0),
                         std::min(most, rows.cols()), 1000, 1, threads);
}

void print_coverage(const Coverage& c, const char* rows, const std::string& data) {
  const auto number = [](double x, int decimals, std::size_t width) {
    const std::string digits = detail::fixed_text(x, decimals);
    return std::string(width - std::min(width, digits.size()), ' ') + digits;
  };
  const auto with_error = [&](const AdversarialAccuracy& a) {
    return number(a.mean(), 3, 11) + " +- " + number(a.error, 3, 0);
  };
  const auto beside_held_out = [&](const std::optional<double>& x) {
    return x ? " (of held-out rows " + number(*x, 3, 0) + ")\n" : std::string("\n");
  };
  std::string text = "adversarial accuracy        " + with_error(c.nearest) +
                     " (0.5 is ideal: above, samples differ from the rows; below, they copy them)\n";
  if (c.held_out)
    text += "  beside held-out rows      " + with_error(*c.held_out) + "\nprivacy loss                " +
            number(*c.privacy_loss(), 3, 11) + " (0 is ideal)\n";
  text += "correlation of covariances  " + number(c.pairs, 3, 11) + beside_held_out(c.held_out_pairs) +
          "correlation of third moments" + number(c.triples, 3, 11) + beside_held_out(c.held_out_triples) +
          "clusters, % of rows        ";
  for (const double share : c.shares) text += ' ' + number(100 * share, 1, 6);
  text += "\n          % of samples     ";
  for (const double share : c.sample_shares) text += ' ' + number(100 * share, 1, 6);
  std::printf("%ld samples of the model beside as many %s of %s\n%s\n", static_cast<long>(c.codes.cols()),
              rows, data.c_str(), text.c_str());
}

}  // namespace program
