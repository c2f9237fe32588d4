// The README's fifteen lines: a user trains on their own matrix.
#include <harmonium/harmonium.hpp>
#include <iostream>

using namespace harmonium;

double from_elsewhere(
    const Rbm<Bernoulli, Bernoulli>& rbm);  // another translation unit with the same headers

int main() {
  Eigen::MatrixXf data = (Eigen::MatrixXf::Random(20, 2000).array() > 0).cast<float>();
  data.bottomRows(10) = data.topRows(10);  // a sample is a column; its lower half repeats the upper one

  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 20, .hidden = 16, .seed = 1}};
  ContrastiveDivergence trainer{rbm, {.epochs = 5, .batch_size = 20, .seed = 1}};
  trainer.fit(data, ProgressBar{}, EarlyStopping{.patience = 5});

  std::cout << "log likelihood a sample: " << exact_log_likelihood(rbm, data).mean() << '\n'
            << "features of the first sample: " << mean_hidden(rbm, data.leftCols<1>().eval()).transpose()
            << '\n';
  return exact_log_z(rbm) == from_elsewhere(rbm) ? 0 : 1;
}
