// expect: (could not convert|no matching|no known conversion)
#include <harmonium/inference/layers.hpp>

int main() {
  const harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli> rbm{{.visible = 3, .hidden = 2}};
  const Eigen::MatrixXf a(3, 5), b(3, 5);
  mean_hidden(rbm, a + b);
}
