// Compiled to time compilers: the umbrella header and one trained RBM.
#include <harmonium/harmonium.hpp>

int main() {
  Eigen::MatrixXf data = Eigen::MatrixXf::Zero(20, 100);
  harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli> rbm{{.visible = 20, .hidden = 16}};
  harmonium::ContrastiveDivergence{rbm, {.epochs = 1}}.fit(data);
}
