// How good an autoencoder's codes are: pictures, and a comparison with principal components.
#pragma once

#include "results.hpp"

namespace mnist {

struct CodeResults {
  double pca_test, pca_train;  // squared error of as many principal components as a code has numbers
  Image reconstructions;
  Eigen::MatrixXd plane;  // 2 x test digits: their codes along the two directions in which they vary most
};

// Measures, draws and writes the pictures.
CodeResults show_codes(const Run& run, const Autoencoder<AutoencoderUnits>& network, const Mnist& mnist);

void add_codes(HtmlReport& report, const CodeResults& codes, const Dataset& test);

}  // namespace mnist
