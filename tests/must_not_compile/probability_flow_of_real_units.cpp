// expect: MinimumProbabilityFlow goes through the states of each visible unit
#include <harmonium/training/minimum_probability_flow.hpp>

int main() {
  harmonium::Rbm<harmonium::Gaussian, harmonium::Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  harmonium::MinimumProbabilityFlow trainer{rbm, {.epochs = 3}};
}
