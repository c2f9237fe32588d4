#include "autoencoder_results.hpp"

#include <algorithm>
#include <numeric>

#include "../digits.hpp"

namespace mnist {
namespace {

using namespace digit_pictures;

// The mean squared distance between digits and their reconstructions by principal components, summed over
// pixels.
double squared_error(const PrincipalComponents& pca, const Dataset& digits) {
  double sum = 0;
  for (Index first = 0; first < digits.size(); first += 1000) {
    std::vector<Index> columns(static_cast<std::size_t>(std::min<Index>(1000, digits.size() - first)));
    std::iota(columns.begin(), columns.end(), first);
    const Eigen::MatrixXd x = digits.subset(columns).to_matrix<double>();
    sum += (x - decode(pca, encode(pca, x))).squaredNorm();
  }
  return sum / static_cast<double>(digits.size());
}

// Digits, their reconstructions by the autoencoder and by as many principal components, one below another.
Image draw_reconstructions(const Autoencoder<AutoencoderUnits>& network, const PrincipalComponents& pca,
                           const Dataset& test, const Cpu<float>& on) {
  const Eigen::MatrixXf digits = one_of_each(test).to_matrix<float>();
  const Eigen::MatrixXf linear = decode(pca, encode(pca, digits.cast<double>())).cast<float>();
  return stack({tiles(digits, digit_tiles(10)), tiles(reconstruct(network, digits, on), digit_tiles(10)),
                tiles(linear, digit_tiles(10))});
}

// The two directions in which codes of digits vary most: 2 x digits.
Eigen::MatrixXd plane_of_codes(const Autoencoder<AutoencoderUnits>& network, const Dataset& digits,
                               const Cpu<float>& on) {
  const Eigen::MatrixXf codes = encode(network, digits.to_matrix<float>(), on);
  return encode(principal_components(Dataset(codes), 2), codes.cast<double>());
}

const ScatterOptions scatter = {.title = "Codes of test digits",
                                .x_title = "first principal component of the codes",
                                .y_title = "second principal component"};

}  // namespace

CodeResults show_codes(const Run& run, const Autoencoder<AutoencoderUnits>& network, const Mnist& mnist) {
  const Cpu<float> on = cpu(run.settings);
  const PrincipalComponents pca =
      principal_components(mnist.train, std::min<Index>(code_rows(network), mnist.train.rows()));
  CodeResults results{.pca_test = squared_error(pca, mnist.test),
                      .pca_train = squared_error(pca, mnist.train),
                      .reconstructions = draw_reconstructions(network, pca, mnist.test, on),
                      .plane = plane_of_codes(network, mnist.test, on)};
  write_png(run.settings.path("reconstructions.png"), results.reconstructions);
  write_file(run.settings.path("codes.svg"), draw_scatter(results.plane, mnist.test.labels(), scatter));
  return results;
}

void add_codes(HtmlReport& report, const CodeResults& codes, const Dataset& test) {
  add_pictures(report,
               {{codes.reconstructions,
                 "Test digits, their reconstructions by the autoencoder, and by as many principal components "
                 "do."}});
  report.add_scatter(codes.plane, test.labels(), scatter);
}

}  // namespace mnist
