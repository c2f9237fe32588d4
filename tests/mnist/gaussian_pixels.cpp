#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

// Grey digits without the pixels that hardly vary, each pixel standardized to mean 0 and variance 1 over the
// training digits.
struct StandardizedDigits {
  Eigen::MatrixXf train, test;
};

StandardizedDigits standardized_digits() {
  const Mnist mnist = read_mnist(HARMONIUM_MNIST_DATA);
  const Eigen::MatrixXd train = mnist.train.to_matrix<double>(), test = mnist.test.to_matrix<double>();
  const Eigen::VectorXd mean = train.rowwise().mean();
  const Eigen::VectorXd deviation = ((train.colwise() - mean).array().square().rowwise().mean()).sqrt();
  std::vector<Index> rows;
  for (Index r = 0; r < train.rows(); ++r)
    if (deviation(r) > 0.1) rows.push_back(r);
  const auto standardize = [&](const Eigen::MatrixXd& digits) -> Eigen::MatrixXf {
    Eigen::MatrixXf result(static_cast<Index>(rows.size()), digits.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
      result.row(static_cast<Index>(i)) =
          ((digits.row(rows[i]).array() - mean(rows[i])) / deviation(rows[i])).cast<float>();
    return result;
  };
  return {standardize(train), standardize(test)};
}

}  // namespace

TEST_CASE("sixteen hidden units explain grey digits far better than a diagonal Gaussian",
          "[slow][gaussian]") {
  const StandardizedDigits digits = standardized_digits();
  // The log density of a Gaussian with mean 0 and variance 1 in each pixel, as in the training digits; the
  // best without hidden units.
  const double diagonal =
      (-0.5 * (digits.test.cast<double>().array().square() + std::log(2 * 3.14159265358979323846)))
          .colwise()
          .sum()
          .mean();

  Rbm<Gaussian, Bernoulli> rbm{{.visible = digits.train.rows(), .hidden = 16, .seed = 1}};
  ContrastiveDivergence trainer{rbm,
                                {.epochs = 10,
                                 .batch_size = 100,
                                 .chains = Persistent{.chains = 100},
                                 .optimizer = Momentum{.rate = linear(0.01, 0), .momentum = 0.5},
                                 .seed = 1}};
  trainer.fit(digits.train);

  const double learned = exact_log_likelihood(rbm, digits.test).mean();
  CAPTURE(diagonal, learned, digits.train.rows());
  CHECK(learned > diagonal + 70);
  CHECK(rbm.visible.parameters.col(1).mean() >
        0.2f);  // the hidden units have taken over part of the variance
}
