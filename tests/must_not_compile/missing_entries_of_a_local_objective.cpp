// expect: a local objective needs every entry
#include <harmonium/data/missing.hpp>
#include <harmonium/training/pseudo_likelihood.hpp>

int main() {
  harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  harmonium::PseudoLikelihood trainer{rbm, {.epochs = 3}};
  trainer.fit(harmonium::MissingData(Eigen::MatrixXf::Zero(4, 5)));
}
