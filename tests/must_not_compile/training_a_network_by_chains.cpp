// expect: ContrastiveDivergence trains an EnergyModel
#include <harmonium/models/network.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

int main() {
  harmonium::Network<harmonium::Stack<harmonium::Bernoulli>> network{{.sizes = {4, 3}}};
  harmonium::ContrastiveDivergence trainer{network, {.epochs = 3}};
}
