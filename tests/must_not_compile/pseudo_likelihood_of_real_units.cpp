// expect: PseudoLikelihood goes through the states of each visible unit
#include <harmonium/training/pseudo_likelihood.hpp>

int main() {
  harmonium::Rbm<harmonium::Gaussian, harmonium::Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  harmonium::PseudoLikelihood trainer{rbm, {.epochs = 3}};
}
